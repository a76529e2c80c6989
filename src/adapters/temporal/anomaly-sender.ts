/**
 * Hands an anomaly to whatever changes a service: its rollout and its experiment, of which one may be waiting for the other; else to its cycle,
 * which is started with it. Which workflow runs is found out by sending, so nothing can change between a look and the signal. What fails
 * half-way is sent to both again: a message is taken once by its id.
 */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { AnomalySender } from '../../ports/alerts.ts';
import { signalCycle } from './signal-cycle.ts';

/** What cannot be told within this time is told again later. */
const TIMEOUT_MS = 5_000;

export function createAnomalySender(client: Client, taskQueue: string): AnomalySender {
  const signal = async (workflowId: string, payload: unknown): Promise<boolean> => {
    try {
      await client.workflow.getHandle(workflowId).signal('anomaly', payload);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };

  return {
    send: (serviceId, payload) =>
      client.withDeadline(Date.now() + TIMEOUT_MS, async () => {
        const told: string[] = [];
        for (const workflowId of [`rollout/${serviceId}`, `experiment/${serviceId}`])
          if (await signal(workflowId, payload)) told.push(workflowId);
        if (told.length > 0) return told.join(', ');
        const workflowId = `cycle/${serviceId}`;
        if (payload.severity === 'low' && payload['security'] !== true)
          return (await signal(workflowId, payload)) ? workflowId : 'nobody: a low anomaly starts nothing';
        await signalCycle(client, taskQueue, serviceId, payload);
        return workflowId;
      }),
  };
}
