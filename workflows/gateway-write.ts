/** What every write of a rollout to its gateway carries. The revision was raised by the event before. */
import type { GatewayWrite } from '../activities/index.ts';
import { passesFreeze, type RolloutState } from '../src/state/rollout/index.ts';

export function gatewayWrite(workflowId: string, state: RolloutState): GatewayWrite {
  const { plan, revision, leftNothing } = state;
  return {
    serviceId: plan.serviceId,
    target: plan.target,
    generation: plan.generation,
    revision,
    idempotencyKey: `${workflowId}/${plan.generation}/${revision}`,
    stableHash: plan.stableHash,
    ...(plan.parts && { parts: plan.parts }),
    stableGeneration: plan.stableGeneration,
    candidateHash: plan.candidateHash,
    ...(plan.strategy === 'blueGreen' && { deployedAs: 'BLUE_GREEN' as const }),
    ...(plan.backup && { backupHash: plan.backup.hash }),
    ...(leftNothing === true && { leftNothing }),
    passesFreeze: passesFreeze(state),
  };
}
