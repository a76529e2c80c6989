/** What ingest is proven and measured on: a broker, a database, and an ingest process that is killed and started again on the same ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Pool } from 'pg';
import { poll } from '../../src/embedded/poll.ts';
import { startKafka, type TestKafka } from './kafka.ts';
import { reservePorts } from './ports.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

const MAIN = new URL('../../workers/main.ts', import.meta.url).pathname;
const READY_MS = 180_000;

export interface Stage {
  readonly kafka: TestKafka;
  readonly postgres: TestPostgres;
  readonly pool: Pool;
  readonly httpUrl: string;
  readonly grpcAddress: string;
  readonly topic: string;
  /** `kill -9`, then the next process. */
  killIngest(): Promise<void>;
  /** Of the present ingest process. */
  readonly ingestPid: () => number | undefined;
  /** Since its start. */
  readonly ingestAgeMs: () => number;
  /** `/health` of ingest; null while it does not answer. */
  health(): Promise<Health | null>;
  /** Another ingest process of the same group, on ports of its own. */
  startAnother(): Promise<AnotherIngest>;
  stop(): Promise<void>;
}

export interface AnotherIngest {
  health(): Promise<Health | null>;
  /** Ends it as its administrator would. */
  end(): Promise<void>;
}

export interface Health {
  readonly log: {
    readonly state: string;
    readonly messages: number;
    readonly batches: number;
    /** Batches that another reader had stored. */
    readonly moved: number;
    readonly assigned: readonly { readonly behind: number | null }[];
  };
}

export interface StageOptions {
  /** A broker for measurements. */
  readonly fast?: boolean;
  readonly partitions?: number;
  /** Where ingest leaves a profile of each of its processes that ends by itself. */
  readonly profileDir?: string;
  /** Where alerts are delivered to; left out: nowhere, they wait. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
  /** What happens before the first ingest process: a backlog, for one. */
  readonly before?: (stage: Pick<Stage, 'kafka' | 'topic' | 'pool'>) => Promise<void>;
}

export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const { fast = false, partitions = 4, before, profileDir } = options;
  const { address, namespace } = options.temporal ?? { address: '127.0.0.1:1', namespace: 'default' };
  const [kafka, postgres] = await Promise.all([startKafka({ fast }), startPostgres()]);
  const topic = 'llm.observatory.feedback';
  await kafka.createTopics([topic], partitions);
  const { url, pool } = await postgres.createDatabase();
  const [http = 0, grpc = 0] = await reservePorts(2);
  const profiling = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
  const launch = (httpPort: number, grpcPort: number): ChildProcess => {
    const ports = [`--otlp-http-port=${httpPort}`, `--otlp-grpc-port=${grpcPort}`];
    const args = [
      '--roles=ingest',
      ...ports,
      '--log-level=info',
      `--address=${address}`,
      `--namespace=${namespace}`,
    ];
    return spawn(process.execPath, [...profiling, '--import', 'tsx', MAIN, ...args], {
      env: { ...process.env, DATABASE_URL: url, KAFKA_BROKERS: kafka.brokers },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  };
  let child: ChildProcess | null = null;
  let startedAtMs = 0;
  const start = async (): Promise<void> => {
    startedAtMs = performance.now();
    child = launch(http, grpc);
    await isReady(child);
  };
  await before?.({ kafka, topic, pool });
  await start();
  const httpUrl = `http://127.0.0.1:${http}`;
  return {
    kafka,
    postgres,
    pool,
    topic,
    httpUrl,
    grpcAddress: `127.0.0.1:${grpc}`,
    ingestPid: () => child?.pid,
    ingestAgeMs: () => performance.now() - startedAtMs,
    killIngest: async () => {
      await end(child, 'SIGKILL');
      await start();
    },
    health: () => healthAt(httpUrl),
    startAnother: async () => {
      const [otherHttp = 0, otherGrpc = 0] = await reservePorts(2);
      const other = launch(otherHttp, otherGrpc);
      await isReady(other);
      return {
        health: () => healthAt(`http://127.0.0.1:${otherHttp}`),
        end: () => end(other, 'SIGTERM'),
      };
    },
    stop: async () => {
      await end(child, 'SIGTERM');
      await Promise.all([kafka.remove(), postgres.stop()]);
    },
  };
}

/** Waits until it says that it is. */
async function isReady(started: ChildProcess): Promise<void> {
  let ready = false;
  const said: string[] = [];
  if (started.stderr === null) throw new Error('ingest has no standard error');
  createInterface(started.stderr).on('line', (line) => {
    ready ||= line.includes('"msg":"ready"');
    said.push(line);
    said.splice(0, said.length - 5);
  });
  const is = await poll(() => (ready ? true : started.exitCode === null ? undefined : false), {
    timeoutMs: READY_MS,
  });
  if (is !== true) throw new Error(`ingest did not start: ${said.join(' ')}`);
}

async function end(child: ChildProcess | null, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function healthAt(httpUrl: string): Promise<Health | null> {
  try {
    return (await (await fetch(`${httpUrl}/health`)).json()) as Health;
  } catch {
    return null;
  }
}
