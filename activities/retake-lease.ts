/** Takes the change lease anew for a run that was reset: the generation of the run before must not write any more. */
import { Failure } from '../src/domain/failure.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import { recorded } from './control.ts';
import { servedBy } from './ours.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';

export interface LeaseRetaken {
  readonly atMs: number;
  readonly generation: number;
}

/**
 * Mutate (lease and configuration in the store). Key: the holder's run; a second run answers the same generation. Final: StaleGeneration
 * when somebody else has the service by now, at the gateway or in the store: a rollback is never undone by a reset.
 */
export async function retakeLease(
  ports: ActivityPorts,
  { holder, ...write }: GatewayWrite & { readonly holder: LeaseHolder },
): Promise<LeaseRetaken> {
  const { serviceId, generation: before, candidateHash } = write;
  const gateway = ports.orchestratorFor(write.target);
  const live = await gateway.read(serviceId);
  await servedBy(ports, write, live, gateway);
  const { body } = await recorded(ports, serviceId, before, candidateHash);
  const nowMs = ports.nowMs();
  const taken = await ports.leases.acquire({ serviceId, holder, gatewayGeneration: live.generation, nowMs });
  if (taken.kind === 'held') {
    throw new Failure('StaleGeneration', `${serviceId} is held by ${taken.by.holder.workflowId} by now`);
  }
  const { generation } = taken;
  const { configurations, audit } = ports;
  const entry = { serviceId, body, hash: candidateHash, source: holder.workflowId };
  await configurations.record({ ...entry, generation, status: 'trying' }, nowMs);
  await configurations.end(serviceId, before, 'superseded', nowMs);
  await ports.pairs.carryLimits(serviceId, before, generation);
  await audit.append({
    id: `${holder.workflowId}/${holder.runId}/retaken`,
    serviceId,
    actor: 'optimizer',
    action: 'leaseRetaken',
    detail: { from: before, generation, reason: 'the run was reset' },
    atMs: nowMs,
  });
  return { atMs: nowMs, generation };
}
