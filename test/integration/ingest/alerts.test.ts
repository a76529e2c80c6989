/** Alerts from their sender to the workflow: over HTTP, PostgreSQL and a Temporal server, with nothing lost on the way. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { createAnomalySender } from '../../../src/adapters/temporal/index.ts';
import { startIngest, type Ingest } from '../../../src/ingest/index.ts';
import type { AnomalySender, AnomalySignal } from '../../../src/ports/alerts.ts';
import { useServers } from '../../support/servers.ts';
import { testSettings } from '../../support/settings.ts';

/** Nobody works on this task queue: signals stay where they are seen. */
const QUEUE = 'nobody';
const WINDOW_MS = 200;
/** Longer than the longest pause between two tries of a signal that is not taken. */
const SOON = { timeout: 120_000 };
const silent = pino({ level: 'silent' });

const servers = useServers();
let connection: Connection;
let client: Client;
let pool: Pool;
let stores: Stores;
let serviceId: string;
let services = 0;

beforeAll(async () => {
  const { address, namespace } = servers.temporal;
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
  pool = new Pool({ connectionString: await servers.freshDatabase(), max: 8 });
  stores = createStores(pool);
});
afterAll(async () => {
  await pool.end();
  await connection.close();
});
beforeEach(async () => {
  services += 1;
  serviceId = `bot-${services}`;
  await stores.services.put(testSettings(serviceId));
  await stores.services.adopt(serviceId, { nowMs: Date.now(), qualityReference: null });
});

/** @param clock of ingest; the real one unless told */
async function start(
  sender: AnomalySender = createAnomalySender(client, QUEUE),
  clock: () => number = Date.now,
): Promise<Ingest> {
  const ingest = await startIngest({
    clock,
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    store: stores.ingest,
    alerts: { store: stores.alerts, sender },
    logger: silent,
    alertWindowMs: WINDOW_MS,
  });
  onTestFinished(() => ingest.close());
  return ingest;
}

const event = (id: string, severity: string, more: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  source: '/sentinel',
  id: `${serviceId}/${id}`,
  type: 'com.llmdevops.sentinel.anomaly.v1',
  data: { anomaly_type: 'quality_drop', severity, affected_services: [serviceId], ...more },
});

async function post(ingest: Ingest, body: unknown) {
  const response = await fetch(`${ingest.httpUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Payloads of the `anomaly` signals that a workflow has got. */
async function signalsOf(workflowId: string): Promise<readonly AnomalySignal[]> {
  try {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signalled }) => {
      const data = signalled?.input?.payloads?.[0]?.data;
      return data ? [JSON.parse(Buffer.from(data).toString('utf8')) as AnomalySignal] : [];
    });
  } catch {
    return [];
  }
}

/** One that its sender did not report on in time is sent again under its id, and taken once by the workflow. */
const distinct = (signals: readonly AnomalySignal[]): readonly AnomalySignal[] => [
  ...new Map(signals.map((signal) => [signal.id, signal])).values(),
];

const rows = async (state: string) =>
  (
    await pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM alerts WHERE service_id = $1 AND state = $2',
      [serviceId, state],
    )
  ).rows[0]?.n;
const deliveredTo = async () =>
  (
    await pool.query<{ delivered_to: string }>(
      'SELECT delivered_to FROM alert_deliveries WHERE service_id = $1 AND delivered_at_ms IS NOT NULL ORDER BY no',
      [serviceId],
    )
  ).rows.map((row) => row.delivered_to);

async function running(workflowId: string): Promise<void> {
  const handle = await client.workflow.start('canaryRollout', { taskQueue: QUEUE, workflowId, args: [{}] });
  onTestFinished(async () => void (await handle.terminate('the test ends it').catch(() => undefined)));
}

describe('an alert', () => {
  it('is kept before it is answered, and reaches the rollout of the service that it names, once', async () => {
    await running(`rollout/${serviceId}`);
    const ingest = await start();
    expect(await post(ingest, event('a', 'high'))).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(await post(ingest, event('a', 'high'))).toMatchObject({ status: 202, body: { duplicates: 1 } });
    await expect.poll(deliveredTo, SOON).toEqual([`rollout/${serviceId}`]);
    expect(await signalsOf(`rollout/${serviceId}`)).toMatchObject([
      {
        anomaly_type: 'quality_drop',
        severity: 'high',
        affected_services: [serviceId],
        alerts: 1,
        security: false,
      },
    ]);
    await delay(2 * WINDOW_MS);
    expect(await signalsOf(`rollout/${serviceId}`)).toHaveLength(1);
  });

  it('reaches an experiment also while a rollout waits for its place', async () => {
    await running(`rollout/${serviceId}`);
    await running(`experiment/${serviceId}`);
    const ingest = await start();
    await post(ingest, event('a', 'critical'));
    await expect.poll(deliveredTo, SOON).toEqual([`rollout/${serviceId}, experiment/${serviceId}`]);
    for (const of of ['rollout', 'experiment'])
      expect(await signalsOf(`${of}/${serviceId}`)).toMatchObject([{ severity: 'critical' }]);
  });

  it('starts the cycle with it when nothing runs, and reaches the one that runs already', async () => {
    const ingest = await start();
    await post(ingest, event('a', 'critical'));
    await expect.poll(deliveredTo, SOON).toEqual([`cycle/${serviceId}`]);
    await post(ingest, event('b', 'medium', { anomaly_type: 'latency' }));
    await expect.poll(deliveredTo, SOON).toHaveLength(2);
    expect(await signalsOf(`cycle/${serviceId}`)).toMatchObject([
      { severity: 'critical' },
      { severity: 'medium' },
    ]);
    expect((await client.workflow.getHandle(`cycle/${serviceId}`).describe()).type).toBe('optimizationCycle');
  });

  it('reaches an experiment when that is what runs', async () => {
    await running(`experiment/${serviceId}`);
    await post(await start(), event('a', 'high'));
    await expect.poll(deliveredTo, SOON).toEqual([`experiment/${serviceId}`]);
  });

  it('that is low starts nothing, and that is on record', async () => {
    await post(await start(), event('a', 'low'));
    await expect.poll(deliveredTo, SOON).toEqual(['nobody: a low anomaly starts nothing']);
  });

  it('is taken raw, and as a security alert that does not wait', async () => {
    await running(`rollout/${serviceId}`);
    let nowMs = Date.now();
    const ingest = await start(undefined, () => nowMs);
    const raw = {
      alert_id: `${serviceId}/raw`,
      severity: 'warning',
      anomaly_type: 'Latency',
      service_name: serviceId,
    };
    const security = { ...event('s', 'low'), type: 'com.llmdevops.sentinel.security.alert.v1' };
    expect(await post(ingest, [raw, security])).toMatchObject({ status: 202, body: { accepted: 2 } });
    const signals = () => signalsOf(`rollout/${serviceId}`);
    await expect.poll(signals, SOON).toMatchObject([{ severity: 'low', security: true }]);
    nowMs += WINDOW_MS;
    await expect
      .poll(signals, SOON)
      .toMatchObject([{ security: true }, { severity: 'medium', anomaly_type: 'Latency' }]);
  });

  it('carries when it was raised, also after a restart; what is new beside it keeps its own time', async () => {
    const away = await start({ send: () => Promise.reject(new Error('Temporal is away')) });
    const before = Date.now();
    const old = { ...event('old', 'critical'), time: new Date(before - 6 * 86_400_000).toISOString() };
    expect(await post(away, [old, event('new', 'medium')])).toMatchObject({ body: { accepted: 2 } });
    await expect.poll(() => rows('assigned'), SOON).toBe(2);
    await away.close();
    await running(`rollout/${serviceId}`);
    await start();
    await expect.poll(() => signalsOf(`rollout/${serviceId}`), SOON).toHaveLength(2);
    const signals = await signalsOf(`rollout/${serviceId}`);
    const raisedOf = (severity: string) =>
      signals.find((each) => each.severity === severity)?.['raised_at_ms'] as number;
    expect(raisedOf('critical')).toBe(before - 6 * 86_400_000);
    expect(raisedOf('medium')).toBeGreaterThanOrEqual(before);
    expect(raisedOf('medium')).toBeLessThanOrEqual(Date.now());
  });

  it('of a service that nobody adopted is kept as such; one that cannot be read is put aside', async () => {
    const ingest = await start();
    const stranger = event('x', 'critical', { affected_services: ['stranger'] });
    const bad = event('y', 'dreadful');
    expect(await post(ingest, [stranger, bad])).toMatchObject({
      status: 207,
      body: {
        accepted: 1,
        unknownService: 1,
        setAside: [{ index: 1, problems: [{ field: 'data.severity' }] }],
      },
    });
    const kept = await pool.query(`SELECT state FROM alerts WHERE id = $1`, [`${serviceId}/x`]);
    expect(kept.rows).toEqual([{ state: 'unknownService' }]);
    await expect(client.workflow.getHandle('cycle/stranger').describe()).rejects.toThrow(/not found/iu);
  });
});

describe('a storm', () => {
  it('is a few signals that stand for all of it', async () => {
    await running(`rollout/${serviceId}`);
    let nowMs = Date.now();
    const ingest = await start(undefined, () => nowMs);
    const storm = Array.from({ length: 2_000 }, (_, i) =>
      event(String(i), ['low', 'medium', 'high'][i % 3] ?? 'low', { anomaly_type: `kind-${i % 4}` }),
    );
    const batches = Array.from({ length: 20 }, (_, i) => storm.slice(i * 100, (i + 1) * 100));
    const answers = await Promise.all(batches.map((batch) => post(ingest, batch)));
    expect(answers.map(({ status }) => status)).toEqual(batches.map(() => 202));
    // All of it came in one window, however long this machine took for it; that ends now.
    expect(await rows('waiting')).toBe(2_000);
    nowMs += WINDOW_MS;
    await expect.poll(() => rows('waiting'), SOON).toBe(0);
    await expect.poll(() => stores.alerts.nextTryAtMs(), SOON).toBeNull();
    const signals = distinct(await signalsOf(`rollout/${serviceId}`));
    const told = signals.map((each) => [each.anomaly_type, each.severity, each.alerts].join(' '));
    expect(told.toSorted()).toEqual([0, 1, 2, 3].map((kind) => `kind-${kind} high 500`));
  });

  it('is assigned without reading the table of what was sent before', async () => {
    const own = new Pool({ connectionString: await servers.freshDatabase(), max: 1 });
    onTestFinished(() => own.end());
    const { alerts, services: adopted } = createStores(own);
    await adopted.put(testSettings(serviceId));
    await adopted.adopt(serviceId, { nowMs: 1, qualityReference: null });
    await own.query(
      `INSERT INTO alerts (source, id, service_id, kind, severity, security, received_at_ms, data, state)
       SELECT '', n::text, $1, 'quality_drop', 'low', false, n, '{}', 'unknownService' FROM generate_series(1, 20000) n`,
      [serviceId],
    );
    await own.query('ANALYZE alerts');
    const scans = async () => {
      await own.query('SELECT pg_stat_force_next_flush()');
      const found = await own.query<{ n: number }>(
        `SELECT seq_scan::int AS n FROM pg_stat_user_tables WHERE relname = 'alerts'`,
      );
      return found.rows[0]?.n;
    };
    const of = { kind: 'outage', severity: 'critical', security: false, raisedAtMs: 1 } as const;
    await alerts.record([{ ...of, source: '', data: {}, id: 'new', services: [serviceId] }], 2);
    const before = await scans();
    await alerts.assign(
      ([first]) => ({
        deliveries: first ? [{ ...of, serviceId, alertNos: [first.no], messageId: 'outage/1' }] : [],
        nextAtMs: null,
      }),
      { nowMs: 3, latelyMs: 1, limit: 10 },
    );
    expect(await scans()).toBe(before);
    expect((await own.query(`SELECT 1 FROM alerts WHERE state = 'assigned'`)).rowCount).toBe(1);
  });
});

describe('nothing is lost', () => {
  /** Takes what it is told to, and is away until then. */
  const flaky = (failures: number) => {
    const taken: AnomalySignal[] = [];
    let left = failures;
    const sender: AnomalySender = {
      send: (_serviceId, payload) => {
        left -= 1;
        if (left >= 0) return Promise.reject(new Error('RESOURCE_EXHAUSTED'));
        taken.push(payload);
        return Promise.resolve('rollout/x');
      },
    };
    return { taken, sender };
  };

  it('when a signal is refused: it is sent again until it is taken, as the same message', async () => {
    const { taken, sender } = flaky(3);
    await post(await start(sender), event('a', 'critical'));
    await expect.poll(deliveredTo, SOON).toEqual(['rollout/x']);
    expect(taken).toHaveLength(1);
    const { rows: tries } = await pool.query('SELECT tries FROM alert_deliveries WHERE service_id = $1', [
      serviceId,
    ]);
    expect(tries).toEqual([{ tries: 4 }]);
  });

  it('when ingest ends before it has sent anything: the next one does', async () => {
    const first = await start({ send: () => Promise.reject(new Error('Temporal is away')) });
    await post(first, event('a', 'high'));
    await post(first, event('b', 'critical', { anomaly_type: 'outage' }));
    await first.close();
    expect(await deliveredTo()).toEqual([]);
    const { taken, sender } = flaky(0);
    await start(sender);
    await expect.poll(() => taken.length, SOON).toBe(2);
    expect(taken.map(({ severity }) => severity).toSorted()).toEqual(['critical', 'high']);
  });

  it('and nothing is assigned twice by two processes at once', async () => {
    await running(`rollout/${serviceId}`);
    const [one, two] = [await start(), await start()];
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => post(i % 2 === 0 ? one : two, event(`m${i}`, 'critical'))),
    );
    await expect.poll(() => rows('waiting'), SOON).toBe(0);
    await expect.poll(() => stores.alerts.nextTryAtMs(), SOON).toBeNull();
    const signals = distinct(await signalsOf(`rollout/${serviceId}`));
    expect(signals.reduce((sum, { alerts }) => sum + Number(alerts), 0)).toBe(40);
  });
});
