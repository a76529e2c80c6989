/**
 * Harm that begins late is seen late by a process that remembers the healthy start, so the watching process starts anew
 * at each weight and after every `RESTART_EVERY_LABELS` labels. Restart j (from 1) may spend 6 alpha / (pi^2 j^2): the sum
 * over all restarts stays within alpha. statistics.md 1.6; golden family `harm_restarts`.
 */
import { emptyTlg, foldTlg, type RatePair, type TlgNull, type TlgState } from './tlg.ts';
import { emptyOneSample, foldOneSample, type OneSampleNull, type OneSampleState } from './one-sample.ts';

/** Labels of the watched arm after which the process starts anew. */
export const RESTART_EVERY_LABELS = 2000;

/**
 * The running process, the number of the restart it belongs to, whether the process before it ended at its limit or above, and the first alarm
 * (sticky), if any.
 */
export interface Restarting<P> {
  readonly restart: number;
  readonly labels: number;
  readonly step: number | null;
  readonly process: P;
  readonly endedAbove: boolean;
  readonly alarm: { readonly restart: number; readonly logE: number; readonly limit: number } | null;
}

/** How restarts are spaced and what they may spend in total. */
export interface RestartPlan {
  readonly alpha: number;
  readonly everyLabels?: number;
}

const requireAlpha = (alpha: number): void => {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must be between 0 and 1, got ${alpha}`);
};

/**
 * Evidence that restart j (from 1) needs: ln(pi^2 j^2 / (6 alpha)).
 * @throws RangeError naming restart or alpha.
 */
export const restartLimit = (restart: number, alpha: number): number => {
  if (!Number.isSafeInteger(restart) || restart < 1) {
    throw new RangeError(`restart must be a whole number from 1, got ${restart}`);
  }
  requireAlpha(alpha);
  return Math.log((Math.PI ** 2 * restart ** 2) / (6 * alpha));
};

const requirePlan = ({ alpha, everyLabels }: RestartPlan): void => {
  requireAlpha(alpha);
  if (everyLabels !== undefined && !(everyLabels > 0)) {
    throw new RangeError(`everyLabels must be above 0, got ${everyLabels}`);
  }
};

/** A watch that has seen nothing, around an empty process of any kind. */
export const emptyRestarting = <P>(process: P): Restarting<P> => ({
  restart: 1,
  labels: 0,
  step: null,
  process,
  endedAbove: false,
  alarm: null,
});

/** Whether the process starts anew at a block of this step: known before the block is. */
export const restartsAt = (
  state: Restarting<unknown>,
  step: number,
  everyLabels: number = RESTART_EVERY_LABELS,
): boolean => state.step !== null && (step !== state.step || state.labels >= everyLabels);

/** Advances one block: starts the process anew where it is due, folds, and raises the alarm where the limit is met. */
export const foldRestarting = <P extends { readonly logE: number }>(
  state: Restarting<P>,
  step: number,
  labels: number,
  empty: () => P,
  fold: (process: P) => P,
  plan: RestartPlan,
): Restarting<P> => {
  requirePlan(plan);
  if (!Number.isFinite(step)) throw new RangeError(`step must be a finite number, got ${step}`);
  const due = restartsAt(state, step, plan.everyLabels);
  const restart = due ? state.restart + 1 : state.restart;
  const process = fold(due ? empty() : state.process);
  const limit = restartLimit(restart, plan.alpha);
  return {
    restart,
    labels: (due ? 0 : state.labels) + labels,
    step,
    process,
    endedAbove: due ? state.process.logE >= restartLimit(state.restart, plan.alpha) : state.endedAbove,
    alarm: state.alarm ?? (process.logE >= limit ? { restart, logE: process.logE, limit } : null),
  };
};

/**
 * Whether the watch sees it now, and not only once: the running process is at its limit, or the one before it was when it ended. It is over when
 * a whole process of `everyLabels` labels has ended below its limit, so a restart alone does not make it flicker.
 */
export const isAboveNow = (state: Restarting<{ readonly logE: number }>, alpha: number): boolean =>
  state.endedAbove || state.process.logE >= restartLimit(state.restart, alpha);

/** A two-arm watch that has seen nothing. */
export const emptyRestartingTlg = (): Restarting<TlgState> => emptyRestarting(emptyTlg());

/**
 * One more block of both arms; `step` is any number that changes with the weight. The candidate's labels count towards restarts.
 * @throws RangeError naming the field, as `foldTlg`.
 */
export const foldRestartingTlg = (
  state: Restarting<TlgState>,
  block: RatePair,
  step: number,
  hypothesis: TlgNull,
  plan: RestartPlan,
): Restarting<TlgState> =>
  foldRestarting(state, step, block.nB, emptyTlg, (process) => foldTlg(process, block, hypothesis), plan);

/** A one-arm watch that has seen nothing. */
export const emptyRestartingOneSample = (): Restarting<OneSampleState> => emptyRestarting(emptyOneSample());

/** One more block of one arm against a fixed limit. @throws RangeError naming the field, as `foldOneSample`. */
export const foldRestartingOneSample = (
  state: Restarting<OneSampleState>,
  block: { readonly n: number; readonly s: number },
  step: number,
  hypothesis: OneSampleNull,
  plan: RestartPlan,
): Restarting<OneSampleState> =>
  foldRestarting(
    state,
    step,
    block.n,
    emptyOneSample,
    (process) => foldOneSample(process, block, hypothesis),
    plan,
  );
