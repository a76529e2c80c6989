/** Rollouts in real time on a real Temporal server with real workers, database and gateway, which tests make vanish. */
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { Pool } from 'pg';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { fileURLToPath } from 'node:url';
import { createWorkflowDirectory } from '../../../src/adapters/temporal/index.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { PAYLOAD_CONVERTER_PATH } from '../../../workers/build-bundle.ts';
import { CONTROL_TASK_QUEUE, TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { useServers } from '../../support/servers.ts';
import type { Shown } from '../../workflow/support/environment.ts';
import { CANDIDATE, createWorld, INCUMBENT, SERVICE, type World } from '../activities/world.ts';

export const ROLLOUT_ID = `rollout/${SERVICE}`;
export const RESTORE_ID = `restore/${SERVICE}`;

export const INPUT = {
  serviceId: SERVICE,
  change: { model: CANDIDATE },
  by: 'ann',
  steps: [50, 100],
  force: true,
};

export interface Place {
  readonly client: Client;
  readonly world: World;
  /** Starts the product's workers, whose workflow code may be another one. They end with the test. */
  work(tamper?: (code: string) => string): Promise<{ stop(): Promise<void> }>;
  rollout(): Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** The rollout's state once it is as wanted. */
  until(wanted: (state: Shown) => boolean): Promise<Shown>;
  liveWhen(wanted: (live: LiveConfiguration) => boolean): Promise<LiveConfiguration>;
  /** One sweep of the fleet, by its workflow. */
  sweep(): Promise<{ readonly repaired?: readonly { readonly kind: string; readonly why: string }[] }>;
  statusOf(generation: number): Promise<string | undefined>;
}

const LIMIT = { timeoutMs: 100_000, everyMs: 50 } as const;

/**
 * Registers the servers of a file; what it answers opens a place of its own for a test. A weight's lease ends during none, however slow the
 * machine, unless the test says when.
 */
export function useVanishing(): (options?: { readonly lease: string }) => Promise<Place> {
  const servers = useServers();
  let connection: Connection;
  let native: NativeConnection;
  let code = '';
  const pools: Pool[] = [];
  beforeAll(async () => {
    const { address } = servers.temporal;
    connection = await Connection.connect({ address });
    native = await NativeConnection.connect({ address });
    ({ code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
      payloadConverterPath: PAYLOAD_CONVERTER_PATH,
      logger: new DefaultLogger('ERROR'),
    }));
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await native.close();
    await connection.close();
  });

  return async ({ lease } = { lease: '10m' }) => {
    const { namespace } = servers.temporal;
    const client = new Client({ connection, namespace });
    const createDatabase = async () => {
      const url = await servers.freshDatabase();
      const pool = new Pool({ connectionString: url, max: 8 });
      pools.push(pool);
      return { url, pool };
    };
    for (const id of [ROLLOUT_ID, RESTORE_ID]) {
      await client.workflow
        .getHandle(id)
        .terminate('left by another test')
        .catch(() => undefined);
    }
    const world = await createWorld(
      { createDatabase },
      {
        realTime: true,
        workflows: createWorkflowDirectory(client, TASK_QUEUE),
        settings: {
          rollout: { block: '1s', look: '1s', soak: '1h', lease, maxRollout: '2h', minSamples: 20 },
        },
      },
    );
    const nowMs = Date.now();
    await world.feed({ count: 100, fromMs: nowMs - 20_000, toMs: nowMs - 1_000 });
    const rollout = () => client.workflow.getHandle(ROLLOUT_ID);
    return {
      client,
      world,
      work: async (tamper = (given) => given) => {
        const common = { connection: native, namespace, shutdownGraceTime: 0 };
        const activities = world.activities;
        const workers = [
          await Worker.create({
            ...common,
            taskQueue: TASK_QUEUE,
            workflowBundle: { code: tamper(code) },
            activities,
          }),
          await Worker.create({ ...common, taskQueue: CONTROL_TASK_QUEUE, activities }),
        ];
        const runs = workers.map((worker) => worker.run());
        const stop = async () => {
          for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
          await Promise.all(runs);
        };
        onTestFinished(stop);
        return { stop };
      },
      rollout: () =>
        client.workflow.start('canaryRollout', {
          taskQueue: TASK_QUEUE,
          workflowId: ROLLOUT_ID,
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
          args: [INPUT],
        }),
      until: async (wanted) => {
        let last: unknown;
        const seen = await poll(async () => {
          const state = await rollout()
            .query<Shown>('state')
            .catch((error: unknown) => void (last = error));
          last = state ?? last;
          return state && wanted(state) ? state : undefined;
        }, LIMIT);
        if (!seen) throw new Error(`the state never came: ${JSON.stringify(last)} ${String(last)}`);
        return seen;
      },
      liveWhen: async (wanted) => {
        const seen = await poll(async () => {
          const live = await world.live();
          return wanted(live) ? live : undefined;
        }, LIMIT);
        if (!seen) throw new Error(`never served as wanted: ${JSON.stringify(await world.live())}`);
        return seen;
      },
      sweep: () =>
        client.workflow.execute('fleetSweep', {
          taskQueue: TASK_QUEUE,
          workflowId: `sweep-${Date.now()}`,
          args: [],
        }),
      statusOf: async (generation) => (await world.stores.configurations.get(SERVICE, generation))?.status,
    };
  };
}

/** What a gateway serves when nothing is being tried. */
export const isStableAlone = ({ stable, candidate }: LiveConfiguration): boolean =>
  candidate === null && stable.configuration['model'] === INCUMBENT;

/** Keeps the workers' log of workflow tasks that fail on purpose out of the tests' output. */
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
