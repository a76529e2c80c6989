/** Six hundred reads queued on the main task queue: looks of a gateway that never answers. Fills and empties the queue; measures nothing. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { poll } from '../../../src/embedded/poll.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import type { Lab } from '../../support/optimizer-lab.ts';
import { admitted } from '../../support/rollout.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { floodWithLooks } from './flood-workflow.ts';

export const QUEUED_READS = 600;
const QUEUE = 'bench-flood';
const SERVICE = 'bench-flooded';

/** Starts the reads, waits until the worker's slots are full of them, and answers what ends them. */
export async function startFlood(
  lab: Lab,
  proxy: FaultProxy,
): Promise<{ readonly stop: () => Promise<void> }> {
  const { address, namespace } = lab.stack.temporal;
  proxy.set(SERVICE, { fault: 'hold', matches: () => true });
  const state = admitted({ serviceId: SERVICE, target: { driver: 'rest', url: proxy.url } });
  const { plan } = state;
  const holder = { workflowId: 'bench-flood', firstRunId: 'run', runId: 'run' };
  const request: Parameters<typeof floodWithLooks>[0]['request'] = {
    serviceId: SERVICE,
    target: plan.target,
    generation: plan.generation,
    revision: 1,
    idempotencyKey: 'bench-flood',
    stableHash: plan.stableHash,
    stableGeneration: plan.stableGeneration,
    candidateHash: plan.candidateHash,
    state,
    holder,
  };
  const workflowsPath = fileURLToPath(new URL('./flood-workflow.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, namespace, taskQueue: QUEUE, workflowBundle });
  const running = worker.run();
  const flood = await lab.client.workflow.start<typeof floodWithLooks>('floodWithLooks', {
    taskQueue: QUEUE,
    workflowId: 'bench-flood',
    args: [{ taskQueue: TASK_QUEUE, count: QUEUED_READS, request }],
  });
  const full = await poll(
    async () => {
      const { raw } = await flood.describe();
      const pending = raw.pendingActivities?.length ?? 0;
      return pending === QUEUED_READS && proxy.struck(SERVICE) >= 40 ? true : undefined;
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
  if (full === undefined) throw new Error(`the queue was not full of ${QUEUED_READS} reads within a minute`);
  return {
    stop: async () => {
      await flood.terminate('the bench is over');
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
