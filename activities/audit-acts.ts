/** Writes what people and detectors did to a change into the audit log, as its state remembers it. */
import type { LeaseHolder } from '../src/ports/stores.ts';
import { OURSELVES, type LogEntry } from '../src/state/log-kept.ts';
import type { ActivityPorts } from './ports.ts';

/** A rollout's state, or an experiment's, as far as it is read here. */
interface Acted {
  readonly plan: { readonly serviceId: string; readonly generation: number };
  readonly log: readonly LogEntry[];
}

/** Key: workflow, generation and the entry itself; a second run adds nothing. `by` is as it was typed. */
export async function auditActs(
  ports: Pick<ActivityPorts, 'audit'>,
  { plan, log }: Acted,
  holder: LeaseHolder,
): Promise<void> {
  for (const { atMs, what, by, why } of log) {
    if (OURSELVES.has(by)) continue;
    await ports.audit.append({
      id: `${holder.workflowId}/${plan.generation}/${atMs}/${what}/${by}`,
      serviceId: plan.serviceId,
      actor: by,
      action: what,
      detail: { reason: why, generation: plan.generation },
      atMs,
    });
  }
}
