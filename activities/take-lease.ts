/** Takes the change lease of a service for a workflow. */
import { Failure } from '../src/domain/failure.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { ActivityPorts } from './ports.ts';

/**
 * The generation under which the holder may now change the service. A holder that Temporal reports closed is replaced.
 * Throws ChangeInFlight naming who holds it otherwise.
 */
export async function takeLease(
  ports: Pick<ActivityPorts, 'leases' | 'workflows' | 'nowMs'>,
  serviceId: string,
  holder: LeaseHolder,
  gatewayGeneration: number,
): Promise<number> {
  const request = { serviceId, holder, gatewayGeneration, nowMs: ports.nowMs() };
  const first = await ports.leases.acquire(request);
  if (first.kind === 'acquired') return first.generation;
  const replace = first.by.holder;
  const second = (await ports.workflows.isClosed(replace))
    ? await ports.leases.acquire({ ...request, replace })
    : first;
  if (second.kind === 'acquired') return second.generation;
  throw new Failure(
    'ChangeInFlight',
    `${serviceId} is held by ${second.by.holder.workflowId} (run ${second.by.holder.runId}) since ${new Date(second.by.acquiredAtMs).toISOString()}`,
  );
}
