/** How far an experiment is: labels per arm, at most how many it takes, and when they will be there. Pure. Shown to people; decides nothing. */
import { inForce } from './allocation.ts';
import { endsAtMs, type ExperimentRunState } from './state.ts';

/** `labels` are those of the arm with the fewest, among those that were not put out, since what answers has changed last. `expectedAtMs` is null while none arrives. */
export interface ExperimentProgress {
  readonly labels: number;
  /** At most: the cap of the sizing. */
  readonly of: number;
  /** Per arm, as they came so far; before the first ones as planned. */
  readonly perHour: number;
  readonly expectedAtMs: number | null;
  /** The longest duration ends before. */
  readonly isTooLate: boolean;
}

const HOUR_MS = 3_600_000;

/** Null in an experiment that is over, or on its way to its end. */
export function experimentProgress(state: ExperimentRunState): ExperimentProgress | null {
  const { plan, phase, totals, foldedToMs, startedAtMs } = state;
  if (phase === 'ended' || phase === 'restoring' || phase === 'graduating') return null;
  const { weights } = inForce(state);
  const isOut = (id: string): boolean => plan.allocation.kind === 'elimination' && weights[id] === 0;
  const left = plan.arms.filter(({ id }) => !isOut(id));
  const ever = Math.min(...left.map(({ id }) => totals[id]?.labels ?? 0));
  const labels = Math.min(...left.map(({ id }) => phaseLabels(state, id) ?? ever));
  const of = plan.design.capPerArm;
  const countedMs = startedAtMs === null ? 0 : foldedToMs - startedAtMs;
  const perHour =
    ever > 0 && countedMs > 0 ? (ever * HOUR_MS) / countedMs : plan.sizing.labelsPerHour / plan.arms.length;
  const fromMs = Math.max(foldedToMs, startedAtMs ?? 0);
  const missing = Math.max(0, of - labels);
  const expectedAtMs =
    perHour > 0 ? Math.round(fromMs + (missing * HOUR_MS) / perHour + plan.matureAfterMs) : null;
  return {
    labels,
    of,
    perHour: Math.round(perHour),
    expectedAtMs,
    isTooLate: expectedAtMs !== null && expectedAtMs > endsAtMs(state),
  };
}

/** As the verdict counts them; null before the first look. */
function phaseLabels({ plan, verdict }: ExperimentRunState, id: string): number | null {
  const looks = verdict?.perVariant ?? [];
  if (id !== plan.design.control) return looks.find(({ variant }) => variant === id)?.labels.variant ?? null;
  return looks.length === 0 ? null : Math.max(...looks.map(({ labels }) => labels.control));
}
