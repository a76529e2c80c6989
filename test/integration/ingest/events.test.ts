import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { Pool } from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { startIngest } from '../../../src/ingest/index.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { feedbackEvent, randomFeedback } from '../../support/feedback.ts';
import { nobody, startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { reservePort } from '../../support/ports.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

const START = Date.parse('2026-03-01T12:00:00Z');
const BATCH = 'application/cloudevents-batch+json';
const clock = () => START + 60_000;

let postgres: TestPostgres;
let ingest: TestIngest;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  ingest = await startTestIngest(postgres, { clock });
  await ingest.stores.services.put(testSettings('support-bot'));
});
afterEach(() => ingest.close());

const toCloudEvent = ({ source, id, data }: FeedbackEvent) => ({
  specversion: '1.0',
  type: FEEDBACK_EVENT_TYPE,
  source,
  id,
  time: data.timestamp,
  datacontenttype: 'application/json',
  data,
});

async function post(body: string, headers: Record<string, string>, url = ingest.httpUrl) {
  const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.json(),
  };
}
const postBatch = (events: readonly unknown[]) => post(JSON.stringify(events), { 'content-type': BATCH });

it('takes an event in structured, batch and binary mode, and counts it once', async () => {
  const event = toCloudEvent(feedbackEvent('one'));
  const { data, ...attributes } = event;
  const structured = await post(JSON.stringify(event), {
    'content-type': 'application/cloudevents+json; charset=utf-8',
  });
  expect(structured).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0, setAside: [] } });
  expect(await postBatch([event, event])).toMatchObject({
    status: 202,
    body: { accepted: 0, duplicates: 2 },
  });
  const binary = await post(JSON.stringify(data), {
    'content-type': 'application/json',
    'ce-specversion': attributes.specversion,
    'ce-type': attributes.type,
    'ce-source': attributes.source,
    'ce-id': attributes.id,
  });
  expect(binary).toMatchObject({ status: 202, body: { accepted: 0, duplicates: 1 } });
  expect(await ingest.totals('support-bot')).toMatchObject({ error: [1, 0], latencyMs: [1, 800] });
});

it('counts parallel and repeated batches to the last event, over a restart', async () => {
  const events = randomFeedback(21, 1_000, { startMs: START, spanMs: 50_000 });
  const batches = Array.from({ length: 5 }, (_, i) => events.slice(i * 200, (i + 1) * 200).map(toCloudEvent));
  await Promise.all(batches.map(postBatch));
  ingest = await ingest.restart();
  await Promise.all(batches.map(postBatch));
  expect(ingest.stats().events).toMatchObject({ accepted: 0, duplicates: 1_000 });
  const totals = await ingest.totals('support-bot');
  const sumOf = (read: (event: FeedbackEvent) => number | null) =>
    events.reduce((sum, event) => sum + (read(event) ?? 0), 0);
  expect(totals['error']).toEqual([1_000, sumOf(({ data }) => Number(data.error))]);
  expect(totals['quality']).toEqual([
    events.filter(({ data }) => data.quality !== null).length,
    sumOf(({ data }) => data.quality),
  ]);
  expect(totals['inputTokens']).toEqual([1_000, sumOf(({ data }) => data.input_tokens)]);
  expect(totals['latencyMs']?.[1]).toBeCloseTo(
    sumOf(({ data }) => data.latency_ms),
    4,
  );
});

it('stores the good events of a batch, and puts the bad ones aside, each by its place', async () => {
  const good = toCloudEvent(feedbackEvent('good'));
  const wrong = { ...good, id: 'bad', data: { ...good.data, latency_ms: 'fast' } };
  const metric = { ...good, id: 'a', type: 'com.llmdevops.observatory.unknown.v1' };
  const answer = await postBatch([wrong, good, metric, 'garbage']);
  expect(answer.status).toBe(207);
  expect(answer.body).toMatchObject({
    accepted: 1,
    setAside: [
      { index: 0, problems: [{ field: 'data.latency_ms', value: 'fast' }] },
      {
        index: 2,
        problems: [{ field: 'type', expected: expect.stringContaining('observatory.metric.v1') }],
      },
      { index: 3, problems: [{ field: '' }] },
    ],
  });
  const kept = await ingest.setAside();
  expect(kept).toHaveLength(3);
  expect(kept[0]?.reason).toContain('data.latency_ms: "fast" is given');
  expect(JSON.parse(kept[0]?.body ?? '')).toEqual(wrong);
  expect(await postBatch([metric])).toMatchObject({ status: 422 });
});

it('keeps events of a service nobody registered, and says so', async () => {
  const answer = await postBatch([toCloudEvent(feedbackEvent('x', { service: 'stranger' }))]);
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1, unknownService: 1 } });
  expect(await ingest.totals('stranger')).toMatchObject({ error: [1, 0] });
});

it.each([
  ['JSON that is cut', '[{"specversion":', BATCH, 400],
  ['a batch that is no list', '{}', BATCH, 400],
  ['nothing', '', 'application/cloudevents+json', 400],
  ['more events than it takes at once', `[1${',1'.repeat(10_000)}]`, BATCH, 413],
  ['a form', 'a=b', 'application/x-www-form-urlencoded', 415],
])('answers %s with a reason, and counts nothing', async (_, body, type, status) => {
  const answer = await post(body, { 'content-type': type });
  expect(answer).toMatchObject({ status, body: { error: { type: 'InvalidInput' } } });
  expect(await ingest.setAside()).toHaveLength(status === 400 ? 1 : 0);
  expect(await ingest.totals('support-bot')).toEqual({});
});

it('takes few locks for a batch in which each event has a source of its own', async () => {
  const timestamp = new Date(clock()).toISOString();
  const events = Array.from({ length: 2_000 }, (_, i) => ({
    ...feedbackEvent(`${i}`, { timestamp }),
    source: `/s/${i}`,
  }));
  const watcher = await ingest.pool.connect();
  await watcher.query('BEGIN; LOCK TABLE metric_windows IN EXCLUSIVE MODE');
  const recorded = ingest.stores.ingest.recordFeedback(events, clock());
  const waiting = `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'metric_windows'::regclass`;
  await expect.poll(async () => (await watcher.query<{ n: number }>(waiting)).rows[0]?.n).toBe(1);
  const { rows } = await watcher.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_locks waits USING (pid)
     WHERE l.locktype = 'advisory' AND NOT waits.granted AND waits.relation = 'metric_windows'::regclass`,
  );
  await watcher.query('ROLLBACK');
  watcher.release();
  expect(await recorded).toEqual({ stored: 2_000, duplicates: 0, unknownService: 0 });
  expect(rows[0]?.n).toBeLessThanOrEqual(2);
});

it('refuses a body beyond the limit', async () => {
  const answer = await post(`[${' '.repeat(9 * 1024 * 1024)}]`, { 'content-type': BATCH });
  expect(answer.status).toBe(413);
});

it('is busy, not dead, when more batches come than it works on at once', async () => {
  const blocker = await ingest.pool.connect();
  await blocker.query('BEGIN; LOCK TABLE services IN ACCESS EXCLUSIVE MODE');
  await ingest.close();
  const narrow = await startIngest({
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    store: ingest.stores.ingest,
    alerts: { store: ingest.stores.alerts, sender: nobody },
    logger: pino({ level: 'silent' }),
    maxInFlight: 2,
    clock,
  });
  const send = (id: string) =>
    post(JSON.stringify([toCloudEvent(feedbackEvent(id))]), { 'content-type': BATCH }, narrow.httpUrl);
  const waiting = [send('1'), send('2')];
  const waiters = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  const blocked = async () => (await ingest.pool.query<{ n: number }>(waiters)).rows[0]?.n;
  await expect.poll(blocked).toBe(2);
  expect(await send('3')).toMatchObject({ status: 503, retryAfter: '1', body: { error: { type: 'Busy' } } });
  expect((await fetch(`${narrow.httpUrl}/health`)).status).toBe(200);
  await blocker.query('ROLLBACK');
  blocker.release();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([202, 202]);
  expect(await send('3')).toMatchObject({ status: 202 });
  expect(narrow.stats()).toMatchObject({ busy: 1, events: { accepted: 3 } });
  await narrow.close();
});

it('asks the sender to come again while the database is away, and loses nothing', async () => {
  const { url } = await postgres.createDatabase();
  const target = new URL(url);
  const relay = await startRelay(Number(target.port));
  target.port = String(relay.port);
  const pool = new Pool({ connectionString: target.href, connectionTimeoutMillis: 60_000 });
  pool.on('error', () => undefined);
  const stores = createStores(pool);
  const other = await startIngest({
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    store: stores.ingest,
    alerts: { store: stores.alerts, sender: nobody },
    logger: pino({ level: 'silent' }),
    clock,
  });
  const send = (id: string) =>
    post(JSON.stringify([toCloudEvent(feedbackEvent(id))]), { 'content-type': BATCH }, other.httpUrl);
  expect(await send('a')).toMatchObject({ status: 202 });
  await relay.close();
  expect(await send('b')).toMatchObject({
    status: 503,
    retryAfter: '1',
    body: { error: { type: 'StoreUnavailable' } },
  });
  await relay.open();
  expect(await send('b')).toMatchObject({ status: 202, body: { accepted: 1 } });
  await other.close();
  await pool.end();
  await relay.close();
});

/** A TCP relay that can be taken away and put back: the database as the network loses it. */
async function startRelay(to: number) {
  let sockets: { destroy(): unknown }[] = [];
  let server: Server;
  const listen = async (port: number) => {
    server = createServer((socket) => {
      const upstream = connect(to, '127.0.0.1');
      sockets.push(socket, upstream);
      for (const one of [socket, upstream]) one.on('error', () => undefined);
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  // Nobody else takes it while the relay is away.
  const port = await listen(await reservePort());
  return {
    port,
    open: () => listen(port),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      sockets = [];
      await closed;
    },
  };
}

it('tells the arm of an event that names none by what is recorded as serving, and puts the others aside', async () => {
  const { configurations, windows } = ingest.stores;
  const record = (generation: number, model: string) =>
    configurations.record(
      {
        serviceId: 'support-bot',
        generation,
        body: { model },
        hash: `hash-${generation}`,
        status: generation === 1 ? 'stable' : 'trying',
        source: 'test',
      },
      START,
    );
  await record(1, 'gpt-4o');
  await record(2, 'gpt-4o-mini');
  const unnamed = (id: string, model: string) => {
    const { data, ...rest } = toCloudEvent(feedbackEvent(id, { model }));
    const { arm: _arm, generation: _generation, ...told } = data;
    return { ...rest, data: told };
  };
  const sent = ['gpt-4o', 'gpt-4o-mini', 'gpt-4o-mini', 'o3'].map((model, i) => unnamed(`told-${i}`, model));
  expect(await postBatch(sent)).toMatchObject({
    body: { accepted: 3, setAside: [{ index: 3, problems: [{ field: 'data.arm' }] }] },
  });
  const blockMs = 60_000;
  const no = Math.floor(START / blockMs);
  const [block] = await windows.blocks({
    serviceId: 'support-bot',
    generation: 2,
    blockMs,
    fromNo: no,
    toNo: no,
  });
  expect([block?.arms.stable.quality?.count, block?.arms.candidate.quality?.count]).toEqual([1, 2]);
});
