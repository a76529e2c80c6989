/** Takes the change lease of a service for a workflow. */
import { Failure } from '../src/domain/failure.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { ActivityPorts } from './ports.ts';

/** The workflow that started the holder, and its run at that time. */
export interface Parent {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * The generation under which the holder may now change the service. A holder that Temporal reports closed is replaced; a lease that
 * the workflow's parent holds moves to it in one step, whatever run the parent is in by now.
 * Throws ChangeInFlight naming who holds it otherwise.
 */
export async function takeLease(
  ports: Pick<ActivityPorts, 'leases' | 'workflows' | 'nowMs'>,
  serviceId: string,
  holder: LeaseHolder,
  gatewayGeneration: number,
  parent: Parent | null = null,
): Promise<number> {
  const request = { serviceId, holder, gatewayGeneration, nowMs: ports.nowMs() };
  const first = await ports.leases.acquire(request);
  if (first.kind === 'acquired') return first.generation;
  const replace = first.by.holder;
  const second = (await isHeldBy(ports, replace, parent))
    ? await ports.leases.acquire({ ...request, inheritFrom: replace })
    : (await ports.workflows.isClosed(replace))
      ? await ports.leases.acquire({ ...request, replace })
      : first;
  if (second.kind === 'acquired') return second.generation;
  throw new Failure(
    'ChangeInFlight',
    `${serviceId} is held by ${second.by.holder.workflowId} (run ${second.by.holder.runId}) since ${new Date(second.by.acquiredAtMs).toISOString()}`,
  );
}

async function isHeldBy(
  { workflows }: Pick<ActivityPorts, 'workflows'>,
  held: LeaseHolder,
  parent: Parent | null,
): Promise<boolean> {
  if (parent?.workflowId !== held.workflowId) return false;
  if ([held.runId, held.firstRunId].includes(parent.runId)) return true;
  return (await workflows.firstRunOf(parent)) === held.firstRunId;
}
