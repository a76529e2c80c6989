/**
 * Ingest from Kafka on one machine, broker, database and sender beside it: how fast a backlog is taken, how long an event takes from its sending to
 * a window that can be asked for at 10,000 a second, and whether memory grows. `INGEST_BENCH_SECONDS` shortens the ten minutes of the latter two, `INGEST_BENCH_BACKLOG` the backlog. Where ingest spends its time is measured on a backlog of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { poll } from '../../src/embedded/poll.ts';
import { startStage, type Stage, type StageOptions } from '../support/ingest-stage.ts';
import type { Bench } from './bench.ts';
import { timeByPart } from './ingest/profile.ts';

const BACKLOG = Number(process.env['INGEST_BENCH_BACKLOG'] ?? 300_000);
const RATE = 10_000;
const LIMIT_MS = 600_000;
const CLOCK_TICKS_PER_SECOND = 100;
const SENDER = new URL('ingest/sender.ts', import.meta.url).pathname;

export const ingest: Bench = {
  summary: `events from Kafka: saturation, latency at ${RATE} a second, memory`,
  run: async ({ seed, onProgress }) => {
    const seconds = Number(process.env['INGEST_BENCH_SECONDS'] ?? 600);
    const withBacklog = {
      fast: true,
      before: async ({ kafka, topic }: Pick<Stage, 'kafka' | 'topic'>) => {
        onProgress(`sending a backlog of ${BACKLOG} events`);
        await once(startSender([kafka.brokers, topic, String(BACKLOG), '0', String(seed)]), 'exit');
      },
    };
    const profile = await profiled(withBacklog, onProgress);
    const stage = await startStage(withBacklog);
    try {
      const saturated = await drain(stage, onProgress);
      onProgress(`saturated: ${saturated.perSecond} events a second`);
      onProgress(`${RATE} events a second for ${seconds} s`);
      const steady = await hold(stage, seconds, seed + 1);
      const figures = {
        saturatedEventsPerSecond: saturated.perSecond,
        ingestCpuUsPerEvent: saturated.ingestUs,
        databaseCpuUsPerEvent: saturated.databaseUs,
        brokerCpuUsPerEvent: saturated.brokerUs,
        p50MsAt10k: steady.quantile(0.5),
        p95MsAt10k: steady.quantile(0.95),
        p99MsAt10k: steady.quantile(0.99),
        markersLost: steady.lost,
        offeredPerSecond: steady.offeredPerSecond,
        lagMessagesP95At10k: steady.lagP95,
        ingestCpuPctAt10k: steady.ingestCpuPct,
        databaseCpuPctAt10k: steady.databaseCpuPct,
        brokerCpuPctAt10k: steady.brokerCpuPct,
        rssGrowthMb: steady.rssGrowthMb,
        rssMb: steady.rssMb,
        seconds,
        cores: cpus().length,
      };
      return {
        table: [
          ['what', 'figure'],
          ...Object.entries(figures).map(([what, n]) => [what, String(n)]),
          ...profile.map(([part, pct]) => [`of the time of ingest, saturated: ${part}`, `${pct} %`]),
        ],
        figures,
      };
    } finally {
      await stage.stop();
    }
  },
};

/** Shares of ingest's time while it takes a backlog, in per cent. On a stage of its own: a process that is profiled is slower. */
async function profiled(
  withBacklog: StageOptions,
  onProgress: (line: string) => void,
): Promise<readonly (readonly [part: string, pct: number])[]> {
  const dir = mkdtempSync(join(tmpdir(), 'ingest-profile-'));
  try {
    const stage = await startStage({ ...withBacklog, profileDir: dir });
    let during: Awaited<ReturnType<typeof drain>>;
    try {
      during = await drain(stage, onProgress);
    } finally {
      await stage.stop();
    }
    const parts = timeByPart(dir, during);
    const all = parts.reduce((sum, [, ms]) => sum + ms, 0);
    return parts.map(([part, ms]) => [part, Math.round((ms / all) * 1_000) / 10]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function startSender(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', SENDER, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function storedIn(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT coalesce(sum(count), 0)::float8 AS count FROM metric_windows WHERE metric = 'error'`,
  );
  return rows[0]?.count ?? 0;
}

/** Between the first tenth and the last: neither the start of a process nor the last batch is counted. */
async function drain(stage: Stage, onProgress: (line: string) => void) {
  const reach = async (share: number) => {
    const done = await poll(
      async () => {
        const stored = await storedIn(stage.pool);
        return stored >= share * BACKLOG ? stored : undefined;
      },
      { timeoutMs: LIMIT_MS, everyMs: 25 },
    );
    if (done === undefined) throw new Error('the backlog is not taken');
    return { stored: done, atMs: performance.now(), ageMs: stage.ingestAgeMs(), cpu: await cpuOf(stage) };
  };
  const from = await reach(0.1);
  onProgress('the backlog is being taken');
  const to = await reach(0.9);
  await reach(1);
  const events = to.stored - from.stored;
  const us = (who: 'ingest' | 'database' | 'broker'): number =>
    Math.round(((to.cpu[who] - from.cpu[who]) * 1_000 * 10) / events) / 10;
  return {
    perSecond: Math.round((events / (to.atMs - from.atMs)) * 1_000),
    ingestUs: us('ingest'),
    databaseUs: us('database'),
    brokerUs: us('broker'),
    fromMs: from.ageMs,
    toMs: to.ageMs,
  };
}

async function hold(stage: Stage, seconds: number, seed: number) {
  const sender = startSender([stage.kafka.brokers, stage.topic, String(RATE), String(seconds), String(seed)]);
  if (!sender.stdout) throw new Error('the sender has no output');
  const pending = new Map<string, number>();
  const sending = { ended: false };
  let sent = 0;
  createInterface(sender.stdout).on('line', (line) => {
    const [name = '', value] = line.split(' ');
    if (name === 'sent') sent = Number(value);
    else pending.set(name, Number(value));
  });
  sender.once('exit', () => (sending.ended = true));
  const [latencies, rss, lags]: [number[], number[], number[]] = [[], [], []];
  const [beganMs, before] = [performance.now(), await cpuOf(stage)];
  let leftMs = Infinity;
  while (!sending.ended || (pending.size > 0 && performance.now() < leftMs)) {
    if (sending.ended) leftMs = Math.min(leftMs, performance.now() + 10_000);
    await delay(2);
    if (performance.now() - beganMs > rss.length * 1_000) {
      rss.push(rssMbOf(stage));
      void stage
        .health()
        .then((health) => lags.push(sumOf(health?.log.assigned.map(({ behind }) => behind ?? 0) ?? [])));
    }
    if (pending.size === 0) continue;
    const { rows } = await stage.pool.query<{ service_id: string }>(
      `SELECT DISTINCT service_id FROM metric_windows WHERE service_id = ANY ($1) AND metric = 'error'`,
      [[...pending.keys()]],
    );
    const nowMs = Date.now();
    for (const { service_id: marker } of rows) {
      latencies.push(nowMs - (pending.get(marker) ?? nowMs));
      pending.delete(marker);
    }
  }
  const after = await cpuOf(stage);
  const tookMs = performance.now() - beganMs;
  latencies.sort((a, b) => a - b);
  lags.sort((a, b) => a - b);
  const at = (sorted: readonly number[], q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
  const mean = (of: readonly number[]) => sumOf(of) / Math.max(1, of.length);
  const pct = (who: 'ingest' | 'database' | 'broker'): number =>
    Math.round(((after[who] - before[who]) / tookMs) * 100);
  // The first quarter warms up: caches fill and code is compiled.
  const quarter = Math.floor(rss.length / 4);
  return {
    quantile: (q: number): number => at(latencies, q),
    lagP95: at(lags, 0.95),
    lost: pending.size,
    offeredPerSecond: Math.round((sent / tookMs) * 1_000),
    ingestCpuPct: pct('ingest'),
    databaseCpuPct: pct('database'),
    brokerCpuPct: pct('broker'),
    rssGrowthMb: Math.round(mean(rss.slice(-quarter)) - mean(rss.slice(quarter, 2 * quarter))),
    rssMb: Math.round(mean(rss.slice(-quarter))),
  };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

const rssMbOf = (stage: Stage): number =>
  Number(/VmRSS:\s+(\d+) kB/u.exec(readFileSync(`/proc/${stage.ingestPid()}/status`, 'utf8'))?.[1]) / 1_024;

/** User and system time so far, ms: of ingest, of the broker, and of all processes of the database, those of connections that are gone too. */
async function cpuOf(stage: Stage): Promise<Readonly<Record<'ingest' | 'broker' | 'database', number>>> {
  const { rows } = await stage.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const server = Number(statOf(rows[0]?.pid)[PARENT]);
  const children = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').trim().split(' ');
  return {
    ingest: cpuMsOf(stage.ingestPid()),
    broker: cpuMsOf(stage.kafka.pid()),
    database: children.reduce((sum, pid) => sum + cpuMsOf(Number(pid)), cpuMsOf(server) + endedMsOf(server)),
  };
}

/** Where fields 4, 14 to 17 of proc_pid_stat are found: parent, user and system time, the same of children that have ended. */
const [PARENT, USER, SYSTEM, USER_OF_ENDED, SYSTEM_OF_ENDED] = [1, 11, 12, 13, 14] as const;

function statOf(pid: number | undefined): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended, and counts with its parent from now on.
    return [];
  }
}

const msOf = (stat: readonly string[], fields: readonly number[]): number =>
  (sumOf(fields.map((field) => Number(stat[field] ?? 0))) / CLOCK_TICKS_PER_SECOND) * 1_000;

const cpuMsOf = (pid: number | undefined): number => msOf(statOf(pid), [USER, SYSTEM]);
const endedMsOf = (pid: number): number => msOf(statOf(pid), [USER_OF_ENDED, SYSTEM_OF_ENDED]);
