/** The planned rise of the exposed share. A step is due by itself only while nothing stops the experiment, and nobody has set the share by hand. */
import { askFor, inForce, mayNotRaise } from './allocation.ts';
import type { ExperimentRunState, RampState } from './state.ts';

/** A step lasts from when it was served; after a pause or a hold it begins anew. */
export function rampClock(state: ExperimentRunState, atMs: number): RampState {
  const { plan, ramp } = state;
  const isLast = ramp.index >= plan.ramp.exposedPct.length - 1;
  if (isLast || ramp.isOver || ramp.nextAtMs !== null || mayNotRaise(state)) return ramp;
  // The present step may be still to be written.
  if (state.served !== 'yes' || inForce(state).exposedPct !== plan.ramp.exposedPct[ramp.index]) return ramp;
  return { ...ramp, nextAtMs: atMs + plan.ramp.everyMs };
}

export function rampDue(state: ExperimentRunState): ExperimentRunState {
  const { plan, ramp, phase } = state;
  const index = ramp.index + 1;
  const exposedPct = plan.ramp.exposedPct[index];
  if (phase !== 'running' || mayNotRaise(state) || ramp.nextAtMs === null || exposedPct === undefined)
    return state;
  const why = `step ${index + 1} of ${plan.ramp.exposedPct.length} of the ramp`;
  return {
    ...askFor(state, { exposedPct, by: 'optimizer', why }),
    ramp: { ...ramp, index, nextAtMs: null },
  };
}
