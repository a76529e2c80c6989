/**
 * 20,000 alerts over HTTP, in batches as a sentinel under fire sends them, while a rollout soaks at 5 %, and one rollback in the middle of them: how long the rollback takes, how many signals
 * the alerts become, and whether one of them is lost. Counted in the database and at the gateway, after all of it has been delivered.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Pool } from 'pg';
import { liveConfigurationSchema, type LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import { poll } from '../../src/embedded/poll.ts';
import { randomFromSeed } from '../../src/math/index.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, INCUMBENT, startLab, type Lab } from '../support/optimizer-lab.ts';
import type { Bench } from './bench.ts';
import { benchFolder } from './lab-folder.ts';

const ALERTS = 20_000;
/** Alerts in one POST, and POSTs under way at once. */
const BATCH = 20;
const SENDERS = 16;
const KINDS = 12;
const LIMIT_MS = 120_000;
const SOURCE = 'bench/storm';

/** None is critical: the rollout must be there for the rollback to end it. */
const SEVERITIES = ['low', 'medium', 'high'] as const;

export const storm: Bench = {
  summary: `${ALERTS} alerts and one rollback in the middle: its time, the signals, what is lost`,
  run: async ({ seed, onProgress }) => {
    const lab = await startLab({
      dataDir: benchFolder(),
      seed,
      mode: 'recommend',
      rollout: { soak: '15m' },
      onProgress,
    });
    const pool = new Pool({ connectionString: lab.stack.postgres.url, max: 2 });
    try {
      const rollout = await atFirstStep(lab);
      const send = alertsFrom(lab, seed);
      let rollback: ReturnType<typeof takeBack> | null = null;
      const beganMs = performance.now();
      await Promise.all(
        Array.from({ length: SENDERS }, async (_, sender) => {
          for (let first = sender * BATCH; first < ALERTS; first += SENDERS * BATCH) {
            await send(first);
            if (first === ALERTS / 2) rollback = takeBack(lab, rollout);
            if (first % 2_500 === 0) onProgress(`alert ${first} of ${ALERTS}`);
          }
        }),
      );
      const seconds = (performance.now() - beganMs) / 1_000;
      const { ms, decidedMs, writtenMs, verified } = await (rollback ?? takeBack(lab, rollout));
      await delivered(lab, pool);
      const { kept, signals } = await counted(pool);
      const figures = {
        alerts: ALERTS,
        lost: ALERTS - kept,
        signals,
        rollbackMs: Math.round(ms),
        decidedMs,
        writtenMs,
        verified: verified ? 1 : 0,
        alertsPerSecond: Math.round(ALERTS / seconds),
      };
      return {
        table: [['what', 'figure'], ...Object.entries(figures).map(([what, n]) => [what, String(n)])],
        figures,
      };
    } finally {
      await pool.end();
      await lab.stop();
    }
  },
};

async function atFirstStep(lab: Lab) {
  const { client, settings } = lab;
  await lab.admissible();
  const rollout = await client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: `rollout/${settings.serviceId}`,
    workflowIdConflictPolicy: 'FAIL',
    args: [{ serviceId: settings.serviceId, change: { model: GOOD_CANDIDATE }, by: 'bench' }],
  });
  const served = await poll(async () => ((await read(lab)).weight_pct === 5 ? true : undefined), {
    timeoutMs: LIMIT_MS,
    everyMs: 50,
  });
  if (!served) throw new Error('the rollout did not reach its first step');
  return rollout;
}

/** Sends a batch, of which the first has this number, until ingest has taken it. */
function alertsFrom({ stack, settings }: Lab, seed: number): (first: number) => Promise<void> {
  const { next } = randomFromSeed(seed);
  const url = `http://127.0.0.1:${stack.ports.otlpHttp}/v1/events`;
  const alert = (no: number) => ({
    specversion: '1.0',
    source: SOURCE,
    id: String(no),
    type: 'com.llmdevops.sentinel.anomaly.v1',
    data: {
      anomaly_type: `kind-${Math.floor(next() * KINDS)}`,
      severity: SEVERITIES[Math.floor(next() * SEVERITIES.length)] ?? 'low',
      affected_services: [settings.serviceId],
    },
  });
  return async (first) => {
    const body = JSON.stringify(Array.from({ length: BATCH }, (_, i) => alert(first + i)));
    for (;;) {
      const { status } = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body,
      });
      if (status === 202) return;
      if (status !== 503) throw new Error(`alerts from ${first}: ingest answered ${status}`);
      await delay(50);
    }
  };
}

/** From the signal to the gateway's own read-back with the stable configuration alone. */
async function takeBack(lab: Lab, rollout: WorkflowHandle) {
  const sentMs = performance.now();
  await rollout.signal('rollback', { by: 'bench', reason: 'measuring' });
  const after = await poll(
    async () => {
      const live = await read(lab);
      return live.candidate ? undefined : live;
    },
    { timeoutMs: LIMIT_MS, everyMs: 2 },
  );
  const ms = performance.now() - sentMs;
  await rollout.result();
  const parts = await partsOf(rollout);
  return { ms, ...parts, verified: after?.stable.configuration['model'] === INCUMBENT };
}

/**
 * What the time went to, by the server's own clock: from the accepted signal until the workflow has asked for the activity that takes the candidate back,
 * and from there until that activity, which waits for the gateway's answer and writes it down, has ended.
 */
async function partsOf(rollout: WorkflowHandle): Promise<{ decidedMs: number; writtenMs: number }> {
  const events = (await rollout.fetchHistory()).events ?? [];
  const from = events.findIndex(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'rollback',
  );
  const since = events.slice(from);
  const asked = since.find((event) => event.activityTaskScheduledEventAttributes);
  const ended = since.find((event) => event.activityTaskCompletedEventAttributes);
  const msOf = (event: (typeof events)[number] | undefined): number =>
    Number(event?.eventTime?.seconds ?? Number.NaN) * 1_000 + (event?.eventTime?.nanos ?? 0) / 1e6;
  return {
    decidedMs: Math.round(msOf(asked) - msOf(events[from])),
    writtenMs: Math.round(msOf(ended) - msOf(asked)),
  };
}

async function delivered({ stores }: Lab, pool: Pool): Promise<void> {
  const done = await poll(
    async () => {
      const { rows } = await pool.query(`SELECT 1 FROM alerts WHERE state = 'waiting' LIMIT 1`);
      return rows.length === 0 && (await stores.alerts.nextTryAtMs()) === null ? true : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 200 },
  );
  if (!done) throw new Error('the alerts were not delivered in time');
}

async function counted(pool: Pool): Promise<{ readonly kept: number; readonly signals: number }> {
  const { rows } = await pool.query<{ kept: number; signals: number }>(
    `SELECT count(*)::int AS kept,
       count(DISTINCT d.no) FILTER (WHERE d.delivered_to LIKE 'rollout/%' OR d.delivered_to LIKE 'cycle/%')::int AS signals
     FROM alerts a JOIN alert_deliveries d ON d.no = a.delivery_no
     WHERE a.source = $1 AND d.delivered_at_ms IS NOT NULL`,
    [SOURCE],
  );
  return rows[0] ?? { kept: 0, signals: 0 };
}

async function read({ gatewayUrl, settings }: Lab): Promise<LiveConfiguration> {
  const answer = await fetch(`${gatewayUrl}/api/v1/configurations/${settings.serviceId}`);
  return liveConfigurationSchema.parse(await answer.json());
}
