/** Hands an anomaly to a service's cycle, which is started with it unless it runs: no moment in between can lose it. */
import type { Client } from '@temporalio/client';

export async function signalCycle(
  client: Client,
  taskQueue: string,
  serviceId: string,
  anomaly: Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.workflow.signalWithStart('optimizationCycle', {
    taskQueue,
    workflowId: `cycle/${serviceId}`,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ serviceId, trigger: 'event' }],
    signal: 'anomaly',
    signalArgs: [anomaly],
  });
}
