/** Follows the rollout of a winner until it holds the service, so that no other change can get in between. Reads; writes nothing. */
import type { ActivityPorts } from '../ports.ts';

/** `taken`: the rollout holds the change lease, or did. `ended`: it was not admitted. `waits`: it is being admitted. */
export interface Graduation {
  readonly kind: 'taken' | 'ended' | 'waits';
  readonly reason: string;
  /** First run of the rollout, where it was asked whose child it is. */
  readonly runId?: string;
}

export interface GraduationRequest {
  readonly serviceId: string;
  readonly workflowId: string;
  /** Given when the rollout ran already: then it is followed only as a child of this one. */
  readonly startedBy?: string;
}

/** Read. The lease first: a rollout that was admitted and has closed since has taken it. */
export async function graduationOf(
  ports: Pick<ActivityPorts, 'leases' | 'workflows'>,
  { serviceId, workflowId, startedBy }: GraduationRequest,
): Promise<Graduation> {
  const lease = await ports.leases.current(serviceId);
  const running = startedBy === undefined ? null : await ports.workflows.running(workflowId);
  if (running && running.parentWorkflowId !== startedBy)
    return { kind: 'ended', reason: `${workflowId} runs already, and ${startedBy} did not start it` };
  const runId = running ? { runId: running.firstRunId } : {};
  if (lease?.holder.workflowId === workflowId)
    return { kind: 'taken', reason: `${workflowId} holds the service`, ...runId };
  const end = await ports.workflows.endOf(workflowId);
  if (end === null) return { kind: 'waits', reason: `${workflowId} is being admitted`, ...runId };
  // A rollout that was refused has failed; one that has ended otherwise was admitted first.
  const kind = end.status === 'completed' || end.status === 'cancelled' ? 'taken' : 'ended';
  return { kind, reason: `${workflowId} has ended (${end.status})`, ...runId };
}
