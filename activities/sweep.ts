/** The fast path: which services are due for a cycle, and which change nobody is in charge of any more. */
import { durationMs } from '../src/domain/duration.ts';
import type { WorkflowEnd } from '../src/ports/workflows.ts';
import type { ActivityPorts } from './ports.ts';
import { reconcile, type Repair } from './reconcile.ts';

export interface SweepSummary {
  readonly services: number;
  readonly started: readonly string[];
  /** Left out when nothing was. */
  readonly repaired?: readonly Repair[];
}

/**
 * Decide. Starts `cycle/<service>` for each adopted service that is not off and whose last cycle is older than
 * `cycle.every`; then the reconciler. A second run starts nothing twice: the workflow id is taken.
 */
export async function sweep(ports: ActivityPorts): Promise<SweepSummary> {
  const services = await ports.services.list();
  const started: string[] = [];
  for (const { serviceId, settings, adoptedAtMs } of services) {
    if (adoptedAtMs === null || settings.mode === 'off') continue;
    const [last] = await ports.decisions.list({ serviceId, kind: 'cycle', limit: 1 });
    const dueAtMs = last ? last.atMs + durationMs(settings.cycle.every) : 0;
    if (ports.nowMs() < dueAtMs) continue;
    if (await ports.workflows.startCycle(serviceId, 'schedule')) started.push(serviceId);
  }
  // Last: gateways that do not answer must not keep any cycle waiting.
  const repaired = await reconcile(ports);
  return { services: services.length, started, ...(repaired.length > 0 && { repaired }) };
}

/** Record. Starts `cycle/<service>` because of an event; false when one runs already. A second run changes nothing. */
export async function startCycle(
  ports: Pick<ActivityPorts, 'workflows'>,
  { serviceId }: { readonly serviceId: string },
): Promise<boolean> {
  return ports.workflows.startCycle(serviceId, 'event');
}

/** Record. Hands an anomaly that came when a change had just ended to the service's cycle. A second run signals it again, which is harmless. */
export async function tellCycle(
  ports: Pick<ActivityPorts, 'workflows'>,
  { serviceId, anomaly }: { readonly serviceId: string; readonly anomaly: Readonly<Record<string, unknown>> },
): Promise<void> {
  await ports.workflows.tellCycle(serviceId, anomaly);
}

/**
 * Decide. How the change under `workflowId` ended, null while it runs. For a cycle whose child's report got lost.
 */
export async function describeChange(
  ports: ActivityPorts,
  request: { readonly workflowId: string },
): Promise<{
  readonly workflowId: string;
  readonly outcome: string;
  readonly reason: string;
  readonly generation: number | null;
} | null> {
  const end: WorkflowEnd | null = await ports.workflows.endOf(request.workflowId);
  if (!end) return null;
  const result = (typeof end.result === 'object' && end.result !== null ? end.result : {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    workflowId: request.workflowId,
    outcome: typeof result['outcome'] === 'string' ? result['outcome'] : end.status,
    reason: typeof result['reason'] === 'string' ? result['reason'] : end.status,
    generation: typeof result['generation'] === 'number' ? result['generation'] : null,
  };
}
