/** A write that a standstill keeps waiting: the fleet's pause, or a freeze window of the service. Pure; whether one lasts is asked by each write. */
import { keepsTable, logged, type RolloutState } from './state.ts';

/** The write is tried again a look later, however often: nobody has found anything wrong with the change. */
export function stoodStill(state: RolloutState, atMs: number, reason: string): RolloutState {
  if (state.ending) return state;
  const { standstill } = state;
  const againAtMs = atMs + state.plan.lookMs;
  const waits = { ...state, standstill: { reason, sinceMs: standstill?.sinceMs ?? atMs, againAtMs } };
  return standstill?.reason === reason
    ? waits
    : logged(waits, { atMs, what: 'waits', by: 'optimizer', why: reason });
}

/**
 * Whether a write that gives the candidate more traffic, or promotes it, may be made in a freeze window: somebody has forced the change, on record, for
 * its first step, or for the whole of an immediate one. Of rollouts of before the fourth rules the first write alone waits.
 */
export function passesFreeze({ plan, phase, stepIndex, steps }: RolloutState): boolean {
  const forced = plan.forced === true;
  if (!keepsTable(plan, 4)) return forced || steps.length > 0;
  return forced && (plan.strategy === 'immediate' || (phase !== 'promoting' && stepIndex === 0));
}

/** When the write that waits is tried again; 0 where nothing waits to be written. */
export function triedAgainAtMs({ phase, standstill }: RolloutState): number {
  const writes = phase === 'applying' || phase === 'promoting' || phase === 'shadowing';
  return writes ? (standstill?.againAtMs ?? 0) : 0;
}
