/**
 * Plays random sequences as real workflows, many at once: a Temporal development server that continues rollouts as new after a few looks, a real
 * PostgreSQL, the reference gateway, and a worker in this process. The end of each is held against the reducer's.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Pool } from 'pg';
import { pino } from 'pino';
import { createControlActivities, type ActivityPorts } from '../../../activities/index.ts';
import { withFailures } from '../../../activities/failures.ts';
import { bootstrap } from '../../../deploy/bootstrap.ts';
import { migrate } from '../../../deploy/migrate.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import { startGateway } from '../../../src/gateway/index.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import type { RolloutState } from '../../../src/state/rollout/index.ts';
import { buildBundle, PAYLOAD_CONVERTER_PATH } from '../../../workers/build-bundle.ts';
import { createPorts, driverFor } from '../../../workers/ports.ts';
import { seedGateway } from '../../../workers/seed-gateway.ts';
import { CONTROL_TASK_QUEUE, TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { freePorts, postgresProcess, temporalProcess } from '../chaos/processes.ts';
import { testPlan } from '../rollout.ts';
import { longSequence } from '../rollout-sequences.ts';
import { temporaryFolder } from '../servers.ts';
import { testSettings } from '../settings.ts';
import { differencesOfGateway, differencesOfState } from './compare.ts';
import { scriptOf, type Bodies } from './script.ts';
import { Stage } from './stage.ts';

export interface Played {
  readonly sequences: number;
  /** How many ended as what. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** How many continued as new at least once. */
  readonly continued: number;
  readonly problems: readonly string[];
}

const BODIES: Bodies = {
  stable: { model: 'gpt-4o-2024-05-13' },
  candidate: { model: 'gpt-4o-2024-08-06' },
};
const SEQUENCE_LIMIT_MS = 120_000;

export async function playSequences(options: {
  readonly count: number;
  readonly seed: number;
  readonly atATime: number;
  readonly onProgress: (line: string) => void;
}): Promise<Played> {
  const { count, seed, atATime, onProgress } = options;
  const theatre = await openTheatre();
  const left = fc.sample(longSequence, { seed, numRuns: count }).map((given, i) => ({ ...given, i }));
  const outcomes = new Map<string, number>();
  const problems: string[] = [];
  let continued = 0;
  let ended = 0;
  try {
    const slot = async (): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const { i, plan, moves } = next;
        const found = await theatre.play(`sequence-${seed}-${i}`, plan, moves);
        outcomes.set(found.outcome, (outcomes.get(found.outcome) ?? 0) + 1);
        if (found.continued) continued += 1;
        problems.push(...found.problems.map((problem) => `sequence ${i} of seed ${seed}: ${problem}`));
        ended += 1;
        if (ended % 25 === 0) onProgress(`${ended} of ${count} sequences played`);
      }
    };
    await Promise.all(Array.from({ length: atATime }, slot));
  } finally {
    await theatre.close();
  }
  return { sequences: count, outcomes, continued, problems };
}

type Sequence = Parameters<Parameters<typeof longSequence.map>[0]>[0];

async function openTheatre() {
  // Activities that fail because the script says so are not news.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const dataDir = temporaryFolder();
  const ports = await freePorts();
  const postgres = await postgresProcess(dataDir, ports.postgres);
  const temporal = await temporalProcess(dataDir, ports.temporal, 20);
  const address = `127.0.0.1:${ports.temporal}`;
  await Promise.all([postgres.start(), temporal.start()]);
  await Promise.all([
    migrate(postgres.url),
    bootstrap({ address, namespace: 'default', sweepEveryMs: null, maintenanceEveryMs: null }),
  ]);
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    stateDir: join(dataDir, 'gateway'),
    upstream: {
      validate: () => [],
      complete: async () => ({ kind: 'notRecorded', message: 'this upstream answers nothing' }),
    },
    emitters: [],
    logger: pino({ level: 'silent' }),
  });
  const pool = new Pool({ connectionString: postgres.url, max: 10 });
  pool.on('error', () => undefined);
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const real = createPorts(pool, client, driverFor());
  const stages = new Map<string, Stage>();
  const workers = await startWorkers(address, real, stages);

  const record = async (serviceId: string): Promise<void> => {
    await real.services.put(testSettings(serviceId, { orchestrator: { url: gateway.url } }));
    const body = BODIES.stable;
    const entry = {
      serviceId,
      generation: 1,
      body,
      hash: real.hash(canonicalJson(body)),
      status: 'trying',
      source: 'sequence',
    } as const;
    await real.configurations.record(entry, Date.now());
    await real.configurations.promote(serviceId, 1, Date.now());
    await seedGateway(gateway.url, { serviceId, model: BODIES.stable['model'] ?? '', unit: 'request' });
  };

  const play = async (serviceId: string, differences: Sequence['plan'], moves: Sequence['moves']) => {
    await record(serviceId);
    const plan = testPlan({
      ...differences,
      backup: null,
      serviceId,
      target: { driver: 'rest', url: gateway.url },
      stableHash: real.hash(canonicalJson(BODIES.stable)),
      candidateHash: real.hash(canonicalJson(BODIES.candidate)),
      soakMs: 1,
      lookMs: 20,
      watchMs: 0,
      admittedAtMs: Date.now(),
    });
    const stage = new Stage(plan, BODIES, scriptOf(plan, BODIES, moves), real, client);
    stages.set(serviceId, stage);
    const handle = await client.workflow.start('canaryRollout', {
      taskQueue: TASK_QUEUE,
      workflowId: `rollout/${serviceId}`,
      args: [{ serviceId, change: BODIES.candidate }],
    });
    const untilMs = Date.now() + SEQUENCE_LIMIT_MS;
    while (!stage.finished && Date.now() < untilMs && stage.problems.length === 0) {
      const { waiting } = stage;
      if (waiting && (await waitsAt(handle, waiting.at))) await stage.wake(waiting.message);
      await delay(30);
    }
    const { finished, script } = stage;
    const problems = [...stage.problems];
    if (!finished) {
      problems.push('the rollout did not end');
      await handle.terminate('the sequence is over').catch(() => undefined);
      return { outcome: 'none', continued: false, problems };
    }
    await handle.result().catch(() => undefined);
    const live = await createRestOrchestrator({ url: gateway.url }).read(serviceId);
    problems.push(
      ...differencesOfState(script.state, finished),
      ...differencesOfGateway(script.gateway, live),
    );
    if (!stage.isOver) problems.push('the script was not played to its end');
    const described = await handle.describe();
    const continued = described.runId !== handle.firstExecutionRunId;
    return { outcome: finished.outcome ?? 'none', continued, problems };
  };

  return {
    play,
    close: async () => {
      await workers.stop();
      await pool.end();
      await connection.close();
      await gateway.close();
      await temporal.kill();
      await postgres.kill();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Whether the workflow has come to where the script says that nothing goes on. */
async function waitsAt(handle: WorkflowHandle, at: RolloutState): Promise<boolean> {
  const shown = await handle.query<RolloutState>('state').catch(() => null);
  if (!shown) return false;
  const of = ({ phase, revision, looks, paused, held }: RolloutState) =>
    canonicalJson({ phase, revision, looks, paused: paused !== null, held: held !== null });
  return 'looks' in shown && of(shown) === of(at);
}

interface Admitting {
  readonly input: { readonly serviceId: string };
  readonly holder: LeaseHolder;
}

interface Renewing {
  readonly serviceId: string;
  readonly holder: LeaseHolder;
}

async function startWorkers(address: string, ports: ActivityPorts, stages: ReadonlyMap<string, Stage>) {
  const { leases } = ports;
  const control = createControlActivities(ports);
  const stageOf = (serviceId: string): Stage => {
    const stage = stages.get(serviceId);
    if (!stage) throw new Error(`${serviceId}: no sequence has named it`);
    return stage;
  };
  const connection = await NativeConnection.connect({ address });
  const common = { connection, dataConverter: { payloadConverterPath: PAYLOAD_CONVERTER_PATH } };
  const workers = [
    await Worker.create({
      ...common,
      taskQueue: TASK_QUEUE,
      workflowBundle: { code: await buildBundle() },
      maxCachedWorkflows: 60,
      activities: {
        admitRollout: withFailures(({ input, holder }: Admitting) => stageOf(input.serviceId).admit(holder)),
        look: withFailures((request: Parameters<Stage['look']>[0]) =>
          stageOf(request.serviceId).look(request),
        ),
        finishRollout: withFailures(async ({ state }: { readonly state: RolloutState }) => {
          stageOf(state.plan.serviceId).finished = state;
        }),
        // What an anomaly starts besides is not part of a sequence.
        startCycle: async () => false,
        renewLeaseRun: ({ serviceId, holder }: Renewing) => leases.renewRun(serviceId, holder),
      },
    }),
    await Worker.create({
      ...common,
      taskQueue: CONTROL_TASK_QUEUE,
      activities: {
        setWeight: (write: Parameters<typeof control.setWeight>[0]) =>
          withFailures(() => stageOf(write.serviceId).writes('setWeight', () => control.setWeight(write)))(),
        promoteCandidate: (write: Parameters<typeof control.promoteCandidate>[0]) =>
          withFailures(() =>
            stageOf(write.serviceId).writes('promoteCandidate', () => control.promoteCandidate(write)),
          )(),
        takeBackCandidate: (write: Parameters<typeof control.takeBackCandidate>[0]) =>
          withFailures(() =>
            stageOf(write.serviceId).writes('takeBackCandidate', () => control.takeBackCandidate(write)),
          )(),
      },
    }),
  ];
  const running = workers.map((worker) => worker.run());
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(running);
      await connection.close();
    },
  };
}
