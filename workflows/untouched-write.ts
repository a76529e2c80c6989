/**
 * What a rollout that has written nothing takes back with: a run before it, that was reset or ended, may have left a candidate. Its own revision stays 0, so
 * that it is the same write however often it is tried.
 */
import { patched } from '@temporalio/workflow';
import type { GatewayWrite } from '../activities/index.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';
import { gatewayWrite } from './gateway-write.ts';

/** What a compensation writes under. */
export type TakingBack = GatewayWrite & { readonly untouched?: true };

/** Null for runs of before the gateway was asked: those close at once. */
export function untouchedWrite(workflowId: string, state: RolloutState): TakingBack | null {
  if (!patched('2026-11-untouched-asks')) return null;
  return { ...gatewayWrite(workflowId, { ...state, revision: 1 }), untouched: true };
}
