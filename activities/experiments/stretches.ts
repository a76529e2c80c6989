/**
 * Which stretches of exposure time a look folds: for each allocation the time since the last look, up to what has matured. Time between two
 * writes belongs to neither. Reads; folds nothing.
 */
import { pieceMsOf, type PeriodWindow } from '../../src/decision/index.ts';
import type {
  AllocationPeriod,
  ExperimentPlan,
  ExperimentRunState,
} from '../../src/state/experiment/index.ts';
import type { ExperimentWindows } from '../../src/ports/experiments.ts';

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly period: AllocationPeriod;
}

/** What has matured by `nowMs`, ending with a whole block, so that no observation falls between two looks. */
export function maturedToMs(
  { plan, foldedToMs }: Pick<ExperimentRunState, 'plan' | 'foldedToMs'>,
  nowMs: number,
): number {
  const maturedMs = nowMs - plan.matureAfterMs;
  return Math.max(foldedToMs, Math.floor(maturedMs / plan.blockMs) * plan.blockMs);
}

export function stretchesOf(
  { periods, foldedToMs }: Pick<ExperimentRunState, 'periods' | 'foldedToMs'>,
  toMs: number,
): readonly Stretch[] {
  return periods
    .map((period) => ({
      period,
      fromMs: Math.max(period.fromMs, foldedToMs),
      toMs: Math.min(period.toMs ?? Infinity, toMs),
    }))
    .filter((stretch) => stretch.fromMs < stretch.toMs);
}

/**
 * The windows of the stretches, in the blocks that the plan has frozen, in order; each single mark where quality is graded. What came in
 * before the lease was taken anew is kept under the generation of before.
 */
export async function windowsOf(
  {
    experimentWindows,
  }: {
    readonly experimentWindows: Pick<ExperimentWindows, 'experimentWindows' | 'experimentScores'>;
  },
  { serviceId, generation, design, foldMs }: ExperimentPlan,
  stretches: readonly Stretch[],
): Promise<readonly PeriodWindow[]> {
  const isGraded = [design.primary, ...design.guardrails.map(({ metric }) => metric)].some(
    ({ kind }) => kind === 'score',
  );
  const windows: PeriodWindow[] = [];
  for (const { period, fromMs, toMs } of stretches) {
    const pieceMs = foldMs === undefined ? null : pieceMsOf(foldMs, toMs - fromMs);
    const of = { serviceId, generation: period.generation ?? generation };
    const stretch = { ...of, fromMs, toMs, periodFromMs: period.fromMs, pieceMs };
    const pieces = await experimentWindows.experimentWindows(stretch);
    const scores = isGraded ? await experimentWindows.experimentScores(stretch) : [];
    for (const [i, window] of pieces.entries()) {
      if (window.fromMs >= window.toMs) continue;
      windows.push({ window, weights: period.weights, ...(isGraded && { scores: scores[i] ?? {} }) });
    }
  }
  return windows;
}
