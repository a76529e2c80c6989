/** Ends the change that holds a service, for another that asked to supersede it. It takes no lease: admission does, once that is free. */
import type { LeaseHolder } from '../src/ports/stores.ts';
import { resolveInput, type AdmitRequest } from './admission.ts';
import type { ActivityPorts } from './ports.ts';

/** `waits`: somebody still holds the service. `told` says whether they were asked to take their change back. */
export type Room =
  | { readonly kind: 'free' }
  | { readonly kind: 'waits'; readonly holder: LeaseHolder; readonly told: boolean };

/** An emergency command ends by itself, takes no message, and is nobody's to end. */
const NEVER_ENDED = /^restore\//u;

/**
 * Decide, then tell. Validates the whole input first: nothing is ended for what would be refused. Then whoever holds the service is told to roll back,
 * unless it was told before (`toldRunId`), and who superseded whom goes to the audit log. Key: both runs. Final: as `admitRollout`.
 */
export async function makeRoom(
  ports: ActivityPorts,
  request: AdmitRequest & { readonly toldRunId: string | null },
): Promise<Room> {
  const { plan } = await resolveInput(ports, request);
  const { serviceId, requestedBy: by, reason, summary } = plan;
  return makeRoomFor(ports, request, { serviceId, by, reason, summary });
}

/** The same for a change that was validated already. */
export async function makeRoomFor(
  ports: ActivityPorts,
  request: AdmitRequest & { readonly toldRunId: string | null },
  change: {
    readonly serviceId: string;
    readonly by: string;
    readonly reason: string;
    readonly summary: string;
  },
): Promise<Room> {
  const { serviceId, by, reason, summary } = change;
  const lease = await ports.leases.current(serviceId);
  const ours = request.holder;
  if (!lease || [ours.workflowId, request.parent?.workflowId].includes(lease.holder.workflowId)) {
    return { kind: 'free' };
  }
  const { holder } = lease;
  if (await ports.workflows.isClosed(holder)) return { kind: 'free' };
  if (NEVER_ENDED.test(holder.workflowId)) return { kind: 'waits', holder, told: false };
  if (request.toldRunId === holder.firstRunId) return { kind: 'waits', holder, told: true };
  await ports.audit.append({
    id: `${ours.workflowId}/${ours.runId}/supersedes/${holder.workflowId}/${holder.firstRunId}`,
    serviceId,
    actor: by,
    action: 'supersede',
    detail: { superseded: holder.workflowId, runId: holder.runId, by: ours.workflowId, reason },
    atMs: ports.nowMs(),
  });
  const why = `superseded by ${ours.workflowId} (${summary}): ${reason}`;
  const told = await ports.workflows.signalRollback(holder.workflowId, { by, reason: why });
  return { kind: 'waits', holder, told };
}
