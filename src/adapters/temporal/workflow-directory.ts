/**
 * What activities ask of Temporal, over the client. A workflow that the server has never heard of counts as closed.
 */
import { WorkflowNotFoundError, WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { signalCycle } from './signal-cycle.ts';
import type { LeaseHolder } from '../../ports/stores.ts';
import type { WorkflowDirectory, WorkflowEnd } from '../../ports/workflows.ts';

const ENDS: Readonly<Record<string, WorkflowEnd['status']>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timedOut',
};

export function createWorkflowDirectory(client: Client, taskQueue: string): WorkflowDirectory {
  const endOf = async (workflowId: string, firstRunId?: string): Promise<WorkflowEnd | null> => {
    const handle = client.workflow.getHandle(
      workflowId,
      undefined,
      firstRunId ? { firstExecutionRunId: firstRunId } : {},
    );
    try {
      const { status, runId } = await handle.describe();
      if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') return null;
      const end = ENDS[status.name] ?? 'unknown';
      return {
        status: end,
        result: end === 'completed' ? await client.workflow.result(workflowId, runId) : null,
      };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { status: 'unknown', result: null };
      throw error;
    }
  };

  /** False when the id is taken. */
  const startOnce = async (type: string, workflowId: string, input: object): Promise<boolean> => {
    try {
      const options = { taskQueue, workflowId, workflowIdConflictPolicy: 'FAIL', args: [input] } as const;
      await client.workflow.start(type, options);
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  };

  return {
    endOf: (workflowId) => endOf(workflowId),

    isClosed: async (holder: LeaseHolder) => {
      try {
        const { status, raw } = await client.workflow.getHandle(holder.workflowId).describe();
        const firstRunId = raw.workflowExecutionInfo?.firstRunId;
        if (
          firstRunId !== undefined &&
          firstRunId !== null &&
          firstRunId !== '' &&
          firstRunId !== holder.firstRunId
        )
          return true;
        return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return true;
        throw error;
      }
    },

    startCycle: (serviceId, trigger) =>
      startOnce('optimizationCycle', `cycle/${serviceId}`, { serviceId, trigger }),

    startRestore: ({ serviceId, by, reason }) =>
      startOnce('restoreConfiguration', `restore/${serviceId}`, { serviceId, to: 'stable', by, reason }),

    firstRunOf: async ({ workflowId, runId }) => {
      try {
        const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
        return raw.workflowExecutionInfo?.firstRunId ?? null;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    running: async (workflowId) => {
      try {
        const { status, runId, parentExecution, raw } = await client.workflow
          .getHandle(workflowId)
          .describe();
        if (status.name !== 'RUNNING') return null;
        return {
          firstRunId: raw.workflowExecutionInfo?.firstRunId ?? runId,
          parentWorkflowId: parentExecution?.workflowId ?? null,
        };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },

    tellCycle: (serviceId, anomaly) => signalCycle(client, taskQueue, serviceId, anomaly),

    signalRollback: async (workflowId, message) => {
      try {
        await client.workflow.getHandle(workflowId).signal('rollback', message);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
