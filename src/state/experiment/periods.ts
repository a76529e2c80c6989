/** Which weights were in force when: periods are opened by what was read back, and closed before anything else is written. Pure. */
import type { AllocationPeriod, ExperimentRunState, Weights } from './state.ts';

/** Of those that are folded in as a whole; the decisions in the store have them all. */
const PERIODS_KEPT = 40;

export function openPeriod(
  state: ExperimentRunState,
  period: Pick<AllocationPeriod, 'fromMs' | 'exposedPct' | 'weights' | 'why'>,
): ExperimentRunState {
  const closed = closePeriod(state, period.fromMs);
  return kept({
    ...closed,
    periods: [...closed.periods, { ...period, generation: state.plan.generation, toMs: null }],
  });
}

/** The period that is open, if there is one, ends at `atMs`; never before it began. */
export function closePeriod(state: ExperimentRunState, atMs: number): ExperimentRunState {
  if (!state.periods.some(({ toMs }) => toMs === null)) return state;
  const periods = state.periods.map((period) =>
    period.toMs === null ? { ...period, toMs: Math.max(period.fromMs, atMs) } : period,
  );
  return kept({ ...state, periods });
}

function kept(state: ExperimentRunState): ExperimentRunState {
  const { periods, foldedToMs } = state;
  const from = periods.length - PERIODS_KEPT;
  return {
    ...state,
    periods: periods.filter(({ toMs }, i) => i >= from || toMs === null || toMs > foldedToMs),
  };
}

export function isSameAllocation(
  a: { readonly weights: Weights; readonly exposedPct: number },
  b: { readonly weights: Weights; readonly exposedPct: number },
): boolean {
  const arms = Object.keys(a.weights);
  return (
    a.exposedPct === b.exposedPct &&
    arms.length === Object.keys(b.weights).length &&
    arms.every((arm) => a.weights[arm] === b.weights[arm])
  );
}
