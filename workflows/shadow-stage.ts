/** A rollout's looks, at a shadow or at a step, and the write that begins a shadow: which activity, and the event it leads to. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, ControlActivities } from '../activities/index.ts';
import type { RolloutAction, RolloutEvent, RolloutState } from '../src/state/rollout/index.ts';
import { decideOptions, mutateOptions } from './activity-options.ts';

const decide = proxyActivities<Pick<Activities, 'look' | 'shadowLook'>>(decideOptions);
const mutate = proxyActivities<Pick<ControlActivities, 'setShadow'>>(mutateOptions);

type LookRequest = Parameters<Activities['look']>[0];

/** One look, at what the rollout does now. */
export async function lookAt(
  request: LookRequest,
): Promise<Extract<RolloutEvent, { kind: 'looked' | 'shadowLooked' }>> {
  return request.state.phase === 'shadowing'
    ? { kind: 'shadowLooked', look: await decide.shadowLook(request) }
    : { kind: 'looked', look: await decide.look(request) };
}

export async function beginShadow(
  request: Parameters<ControlActivities['setShadow']>[0],
): Promise<Extract<RolloutEvent, { kind: 'shadowSet' }>> {
  return { kind: 'shadowSet', ...(await mutate.setShadow(request)) };
}

/** How long a shadow's write lasts, and whether it is the first of a change that waits for the end of a freeze. */
export function leaseOf({ plan, looks }: RolloutState) {
  return { leaseMs: plan.leaseMs, starts: looks === 0 && plan.forced !== true };
}

/** Where a run may continue as new. Rollouts of before there was a backup route hand over while they soak only. */
export function mayHandOver({ phase, plan }: RolloutState, { kind }: RolloutAction): boolean {
  return phase === 'soaking' || phase === 'shadowing' || (plan.backup !== undefined && kind === 'wait');
}
