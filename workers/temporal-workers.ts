/**
 * The workers of the roles `workflow` and `activity`: one for workflows and ordinary activities, one for the control
 * queue with slots of its own. Wiring only.
 */
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities, createControlActivities, type ActivityPorts } from '../activities/index.ts';
import { CONTROL_TASK_QUEUE, TASK_QUEUE } from '../workflows/activity-options.ts';
import { PAYLOAD_CONVERTER_PATH } from './build-bundle.ts';

export interface TemporalWorkersOptions {
  readonly address: string;
  readonly namespace: string;
  /** Runs workflows: the code of the bundle. Null leaves that role out. */
  readonly bundle: { readonly code: string } | { readonly codePath: string } | null;
  /** Runs activities. Null leaves that role out. */
  readonly ports: ActivityPorts | null;
  /** What activities of the control queue touch: a database pool and connections of their own. The same ports when left out. */
  readonly controlPorts?: ActivityPorts | null;
}

export interface TemporalWorkers {
  /** Rejects when a worker fails, resolves after `stop`. */
  readonly done: Promise<void>;
  /** Stops polling, lets running activities finish (10 s at most), then closes the connection. */
  stop(): Promise<void>;
}

export async function startTemporalWorkers(options: TemporalWorkersOptions): Promise<TemporalWorkers> {
  const { namespace, bundle, ports } = options;
  const connection = await NativeConnection.connect({ address: options.address });
  const common = {
    connection,
    namespace,
    shutdownGraceTime: '10s',
    dataConverter: { payloadConverterPath: PAYLOAD_CONVERTER_PATH },
  } satisfies Partial<WorkerOptions>;
  const workers: Worker[] = [];
  if (bundle || ports) {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue: TASK_QUEUE,
        ...(bundle ? { workflowBundle: bundle } : {}),
        ...(ports ? { activities: createActivities(ports), maxConcurrentActivityTaskExecutions: 40 } : {}),
      }),
    );
  }
  if (ports) {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue: CONTROL_TASK_QUEUE,
        activities: createControlActivities(options.controlPorts ?? ports),
        // Slots cost next to nothing, and a write that hangs at a gateway keeps one until the driver gives it up.
        maxConcurrentActivityTaskExecutions: 200,
      }),
    );
  }
  const running = workers.map((worker) => worker.run());
  const done = Promise.all(running).then(() => undefined);
  return {
    done,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(running);
      await connection.close();
    },
  };
}
