/** Takes the change lease anew for a run that was reset: the generation of the run before must not write any more. */
import { Failure } from '../../src/domain/failure.ts';
import type { LeaseRetaken } from '../retake-lease.ts';
import type { ActivityPorts } from '../ports.ts';
import { armsServedBy, type OwnArmsWrite } from './our-arms.ts';

/**
 * Mutate (lease and arms in the store). Key: the holder's run; a second run answers the same generation. Final: StaleGeneration when somebody
 * else has the service by now, at the gateway or in the store: a rollback is never undone by a reset.
 */
export async function retakeExperimentLease(
  ports: ActivityPorts,
  { holder, ...write }: OwnArmsWrite,
): Promise<LeaseRetaken> {
  const { serviceId, generation: before } = write;
  const live = await ports.orchestratorFor(write.target).read(serviceId);
  await armsServedBy(ports, write, live);
  const arms = await ports.experiments.arms(serviceId, before);
  const nowMs = ports.nowMs();
  const taken = await ports.leases.acquire({ serviceId, holder, gatewayGeneration: live.generation, nowMs });
  if (taken.kind === 'held')
    throw new Failure('StaleGeneration', `${serviceId} is held by ${taken.by.holder.workflowId} by now`);
  const { generation } = taken;
  await ports.experiments.recordArms(serviceId, generation, arms);
  // The evidence goes on: a unit that is in it must not be counted a second time, nor change its arm.
  await ports.experiments.carryUnits(serviceId, before, generation);
  await ports.audit.append({
    id: `${holder.workflowId}/${holder.runId}/retaken`,
    serviceId,
    actor: 'optimizer',
    action: 'leaseRetaken',
    detail: { from: before, generation, reason: 'the run was reset' },
    atMs: nowMs,
  });
  return { atMs: nowMs, generation };
}
