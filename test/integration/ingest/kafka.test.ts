/** A real Kafka broker as the way in: every accepted form, poison, other readers, outages of the broker and of the database. */
import { readFileSync } from 'node:fs';
import type { Message, Producer } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { poll } from '../../../src/embedded/poll.ts';
import {
  DLQ_ID,
  DLQ_REASON,
  REPLAYED_HEADER,
  replayDeadLetters,
  showDeadLetters,
} from '../../../src/ingest/index.ts';
import { createKafkaLog } from '../../../src/adapters/kafka/index.ts';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { feedbackEvent, randomFeedback } from '../../support/feedback.ts';
import { startIngestOn, startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const START = Date.now() - 60_000;
const FIRST = feedbackEvent('first', { timestamp: new Date(START).toISOString() });
const NOTHING = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

let postgres: TestPostgres;
let kafka: TestKafka;
let producer: Producer;
const running: TestIngest[] = [];
let tests = 0;

beforeAll(async () => {
  [postgres, kafka] = await Promise.all([startPostgres(), startKafka({ secured: true })]);
  producer = kafka.client.producer();
  await producer.connect();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await producer.disconnect();
  await Promise.all([postgres.stop(), kafka.remove()]);
});

const envelope = ({ source, id, data }: FeedbackEvent) => ({
  specversion: '1.0',
  type: FEEDBACK_EVENT_TYPE,
  source,
  id,
  data,
});
const structured = (event: FeedbackEvent): Message => ({
  key: event.data.unit.id,
  value: JSON.stringify(envelope(event)),
  headers: { 'content-type': 'application/cloudevents+json' },
});

/** Topics of one test, and what reads them. */
async function topicOf(name: string, partitions = 2): Promise<string> {
  const topic = `${name}-${(tests += 1)}`;
  await kafka.createTopics([topic], partitions);
  return topic;
}
const readerOf = (topic: string) => ({
  settings: { brokers: [kafka.brokers], tls: null, sasl: null },
  group: topic,
  topics: [topic],
});
async function ingestOf(topic: string): Promise<TestIngest> {
  const ingest = await startTestIngest(postgres, { kafka: readerOf(topic) });
  running.push(ingest);
  return ingest;
}

/** A member whose leaving the broker has not heard of keeps its partitions for half a minute. */
const WAIT = { timeout: 120_000 };
const until = async <T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  const seen = await poll(look, { timeoutMs: WAIT.timeout, everyMs: 25 });
  if (seen === undefined) throw new Error(`it did not come to that in ${WAIT.timeout} ms`);
  return seen;
};
const countOf = async (ingest: TestIngest): Promise<number> =>
  (await ingest.totals('support-bot'))['error']?.[0] ?? 0;
const reaches = (ingest: TestIngest, count: number) =>
  until(async () => ((await countOf(ingest)) >= count ? true : undefined));

const send = (topic: string, messages: Message[]) => producer.send({ topic, messages });

/** The messages of a topic, with their headers. */
async function messagesOf(topic: string) {
  const found: { value: string; headers: Readonly<Record<string, string>> }[] = [];
  await logOf(topic).drain(topic, null, async (messages) => {
    found.push(...messages.map(({ value, headers }) => ({ value: String(value), headers })));
  });
  return found;
}
const logOf = (topic: string) => createKafkaLog(readerOf(topic).settings, topic, pino({ level: 'silent' }));

it('takes every form once, and sends what it cannot read to the dead-letter topic with its reason', async () => {
  const topic = await topicOf('forms', 1);
  const ingest = await ingestOf(topic);
  const events = ['a', 'b', 'c'].map((id) => feedbackEvent(id, { timestamp: FIRST.data.timestamp }));
  const [binary, ...others] = events;
  const { data, ...attributes } = envelope(binary ?? FIRST);
  const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]);
  const alert = { alert_id: 'x', anomaly_type: 'latency', severity: 'high', service_name: 'support-bot' };
  const metric = {
    ...envelope(FIRST),
    id: 'm',
    type: 'com.llmdevops.observatory.metric.v1',
    data: { metric_name: 'llm.request.duration', value: 2, attributes: { service: 'support-bot' } },
  };
  await send(topic, [
    structured(FIRST),
    structured(FIRST),
    {
      value: JSON.stringify(data),
      headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
    },
    { value: JSON.stringify(others.map(envelope)) },
    { value: JSON.stringify(alert) },
    { value: JSON.stringify(metric) },
    { key: 'k', value: '{"specversion":', headers: { trace: 't', six: '\\u0000', one: '\0' } },
    { value: null },
    {
      value: JSON.stringify({ ...alert, alert_id: 'deep' }).replace(
        '}',
        `,"details":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      ),
    },
    { value: JSON.stringify({ ...envelope(FIRST), id: 'bad', data: { ...FIRST.data, id: '' } }) },
  ]);
  await until(() => (ingest.stats().log.messages === 10 ? true : undefined));
  expect(ingest.stats()).toMatchObject({
    events: { accepted: 5, duplicates: 1, setAside: 4 },
    alerts: { accepted: 1 },
    log: { deadLetters: 4 },
  });
  expect(await ingest.totals('support-bot')).toMatchObject({ error: [4, 0], 'llm.request.duration': [1, 2] });
  const { rows } = await until(async () => {
    const waiting = await ingest.pool.query('SELECT FROM dead_letters');
    return waiting.rows.length === 0 ? waiting : undefined;
  });
  expect(rows).toHaveLength(0);
  // A letter whose sending was answered too late is there again, under its id.
  const letters = await messagesOf(`${topic}.dlq`);
  const dead = [...new Map(letters.map((letter) => [letter.headers[DLQ_ID], letter])).values()];
  expect(dead).toHaveLength(4);
  const cut = dead.find(({ value }) => value === '{"specversion":');
  expect(cut?.headers).toMatchObject({
    trace: 't',
    six: '\\u0000',
    one: '\0',
    [DLQ_REASON]: expect.stringContaining('JSON'),
  });
  expect(dead.map(({ headers: of }) => of[DLQ_REASON]).join()).toContain('data.id');
  expect(await ingest.setAside()).toHaveLength(4);

  await ingest.close();
  const log = logOf(topic);
  const shown = await showDeadLetters(log, topic, 2);
  expect([shown.count, shown.letters.length]).toEqual([letters.length, 2]);
  expect(await replayDeadLetters(log, topic, topic)).toEqual({ sent: letters.length, left: [] });
  expect(await replayDeadLetters(log, topic, topic)).toEqual({ sent: 0, left: [] });
  await log.close();
  const all = await messagesOf(topic);
  const sentBack = all.slice(-letters.length).map(({ headers: of }) => of[REPLAYED_HEADER]);
  expect(new Set(sentBack)).toEqual(new Set(dead.map(({ headers: of }) => of[DLQ_ID])));
});

it('counts to the last event while readers come and go, the broker is killed and the database is away', async () => {
  const topic = await topicOf('storms', 4);
  const events = randomFeedback(7, 3_000, { startMs: START, spanMs: 50_000 });
  const part = (no: number) => send(topic, events.slice(no * 1_000, (no + 1) * 1_000).map(structured));
  const first = await ingestOf(topic);
  await part(0);
  await reaches(first, 1);
  const second = await startIngestOn(first.pool, { kafka: readerOf(topic) });
  running.push(second);
  await until(() => (second.reading()?.assigned.length === 2 ? true : undefined));
  await part(1);
  await first.close();
  await reaches(second, 2_000);
  await postgres.down();
  await part(2);
  await until(() => (second.reading()?.state === 'waiting' ? true : undefined));
  await kafka.kill();
  await Promise.all([postgres.up(), kafka.start()]);
  // The same events from another sender of the same source: counted already.
  const again = events.slice(0, 200).map(envelope);
  await reaches(second, 3_000);
  const posted = await fetch(`${second.httpUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(again),
  });
  expect(await posted.json()).toMatchObject({ accepted: 0, duplicates: 200 });
  const totals = await second.totals('support-bot');
  expect(totals['error']?.[0]).toBe(3_000);
  expect(totals['inputTokens']?.[1]).toBe(events.reduce((sum, { data }) => sum + data.input_tokens, 0));
  const { rows } = await second.pool.query<{ sum: string }>('SELECT sum(next_offset) FROM event_log_offsets');
  expect(Number(rows[0]?.sum)).toBe(3_000);
  const health = async () => (await fetch(`${second.httpUrl}/health`)).json();
  await expect.poll(health, WAIT).toMatchObject({ log: { state: 'reading', problem: null } });
  const behind = () => second.reading()?.assigned.map((each) => each.behind);
  await expect.poll(behind, WAIT).toEqual([0, 0, 0, 0]);
  const third = await second.restart();
  running.push(third);
  // Known of a partition that brings nothing any more.
  await until(() => (third.reading()?.assigned.length === 4 ? true : undefined));
  await until(() => (third.reading()?.assigned.every(({ behind }) => behind === 0) ? true : undefined));
});

it('tells Prometheus what came, and how far behind it is while the database is slow', async () => {
  const topic = await topicOf('lag', 1);
  const ingest = await ingestOf(topic);
  /** All of one page: what is told apart may be of before and after a batch. */
  const scraped = async (...series: readonly string[]): Promise<readonly (number | undefined)[]> => {
    const lines = (await (await fetch(`${ingest.httpUrl}/metrics`)).text()).split('\n');
    return series.map((name) => {
      const line = lines.find((each) => each.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.split(' ')[1]);
    });
  };
  const lag = (unit: string) => `optimizer_ingest_lag_${unit}{topic="${topic}",partition="0"}`;
  const accepted = 'optimizer_ingest_events_total{kind="event",outcome="accepted"}';
  await send(topic, [structured(FIRST), { value: 'poison' }]);
  const read = () => scraped(accepted, lag('messages'), lag('seconds'));
  await expect.poll(read, WAIT).toEqual([1, 0, 0]);
  const others = () => scraped('optimizer_ingest_dead_letters_total', 'optimizer_ingest_reading');
  await expect.poll(others, WAIT).toEqual([1, 1]);

  const slow = await ingest.pool.connect();
  await slow.query('BEGIN; LOCK TABLE metric_windows IN EXCLUSIVE MODE');
  await send(topic, randomFeedback(3, 20, { startMs: START, spanMs: 1_000 }).map(structured));
  await expect.poll(() => scraped(lag('messages')), WAIT).toEqual([20]);
  await until(async () => (((await scraped(lag('seconds')))[0] ?? 0) > 0.3 ? true : undefined));
  await slow.query('ROLLBACK');
  slow.release();
  await expect.poll(read, WAIT).toEqual([21, 0, 0]);
});

it('takes what a transaction has committed and nothing that was aborted, and is not behind for its markers', async () => {
  const topic = await topicOf('transactions', 1);
  const transactional = kafka.client.producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await transactional.connect();
  const timestamp = FIRST.data.timestamp;
  for (const [no, end] of (['commit', 'abort', 'commit', 'abort'] as const).entries()) {
    const transaction = await transactional.transaction();
    const messages = [0, 1, 2].map((i) => structured(feedbackEvent(`${no}-${i}`, { timestamp })));
    await transaction.send({ topic, messages });
    await transaction[end]();
  }
  await transactional.disconnect();
  const isNotBehind = (ingest: TestIngest) =>
    until(() => (ingest.reading()?.assigned[0]?.behind === 0 ? true : undefined));
  const ingest = await ingestOf(topic);
  await reaches(ingest, 6);
  await isNotBehind(ingest);
  const again = await ingest.restart();
  running.push(again);
  await isNotBehind(again);
  expect(again.reading()?.assigned[0]?.lagMs).toBe(0);
  expect(await countOf(again)).toBe(6);
  expect(again.stats().log.messages).toBe(0);
});

it('stores nothing of a batch whose position another reader has moved', async () => {
  const { pool } = await postgres.createDatabase();
  const { ingest, log } = createStores(pool);
  const move = { group: 'g', topic: 't', partition: 0, topicId: null };
  const batch = (id: string) => ({
    ...NOTHING,
    feedback: [feedbackEvent(id, { timestamp: FIRST.data.timestamp })],
  });
  const now = Date.now();
  const both = await Promise.all([
    ingest.recordEvents(batch('1'), now, { ...move, from: null, to: 5 }),
    ingest.recordEvents(batch('2'), now, { ...move, from: null, to: 7 }),
  ]);
  expect(both.map(({ kind }) => kind).toSorted()).toEqual(['moved', 'recorded']);
  expect(await ingest.recordEvents(batch('3'), now, { ...move, from: 4, to: 9 })).toEqual({ kind: 'moved' });
  const { rows } = await pool.query('SELECT FROM feedback_events');
  expect(rows).toHaveLength(1);
  expect([5, 7]).toContain((await log.positions('g', [move]))[0]?.next);
});

it('counts an event that has no time in the minute in which its message was sent, also when it is replayed', async () => {
  const topic = await topicOf('replayed', 1);
  const ingest = await ingestOf(topic);
  const sentMs = Date.now() - 1_800_000;
  const data = { metric_name: 'llm.request.duration', value: 2, attributes: { service: 'replayed' } };
  const event = { ...envelope(FIRST), type: 'com.llmdevops.observatory.metric.v1', data };
  const letter = { topic, topicId: 'i', partition: 0, offset: 7, key: null, headers: { trace: 't' } };
  const value = Buffer.from(JSON.stringify(event));
  const deadLetters = [{ ...letter, value, timestampMs: sentMs, reason: 'an older release' }];
  await ingest.stores.ingest.recordEvents({ ...NOTHING, deadLetters }, Date.now());
  const again = await ingest.restart();
  running.push(again);
  await until(async () => {
    const { rows } = await again.pool.query('SELECT FROM dead_letters');
    return rows.length === 0 ? true : undefined;
  });
  const log = logOf(topic);
  expect(await replayDeadLetters(log, topic, topic)).toEqual({ sent: 1, left: [] });
  await send(topic, [{ value: JSON.stringify({ ...event, id: 'plain' }), timestamp: String(sentMs) }]);
  await until(() => (again.stats().log.messages === 2 ? true : undefined));
  const { rows } = await again.pool.query<{ at: number; count: number }>(
    `SELECT window_start_ms::float8 AS at, count::integer AS count FROM metric_windows WHERE service_id = 'replayed'`,
  );
  expect(rows).toEqual([{ at: Math.floor(sentMs / 60_000) * 60_000, count: 2 }]);
  const [message] = await messagesOf(topic);
  expect(message?.headers).toEqual({
    trace: 't',
    [REPLAYED_HEADER]: `${topic}/0/7/i`,
    'llm-optimizer-sent-ms': String(sentMs),
  });
  await log.close();
});

it('reads over TLS as who the settings say, and tells a wrong password', async () => {
  const topic = await topicOf('secured', 1);
  await send(topic, [structured(FIRST)]);
  if (kafka.secured === null) throw new Error('the broker has no secured listener');
  const { brokers, caFile, username, password } = kafka.secured;
  const as = async (mechanism: 'plain' | 'scram-sha-512', given: string) => {
    const tls = { ca: readFileSync(caFile, 'utf8') };
    const settings = { brokers: [brokers], tls, sasl: { mechanism, username, password: given } };
    const ingest = await startTestIngest(postgres, { kafka: { ...readerOf(topic), settings } });
    running.push(ingest);
    return ingest;
  };
  const [right, wrong] = await Promise.all([as('scram-sha-512', password), as('plain', 'wrong')]);
  await reaches(right, 1);
  await until(() => (/authenticat|credentials/iu.test(wrong.reading()?.problem ?? '') ? true : undefined));
  expect(wrong.stats().log.messages).toBe(0);
});

it('takes nothing and refuses nothing while its clock is wrong, and everything once it is right', async () => {
  const topic = await topicOf('clock', 1);
  const { pool } = await postgres.createDatabase();
  const { maintenance } = createStores(pool);
  let aheadMs = -61 * 60_000;
  const ingest = await startIngestOn(pool, {
    kafka: readerOf(topic),
    clock: () => Date.now() + aheadMs,
    databaseClock: () => maintenance.nowMs(),
    clocksEveryMs: 50,
  });
  running.push(ingest);
  const now = (id: string) => feedbackEvent(id, { timestamp: new Date().toISOString() });
  await send(topic, [structured(now('read')), { value: 'garbage' }]);
  const waits = /the clock of the database says .* and ours .*, expected at most 5m apart/u;
  await until(() => (waits.test(ingest.reading()?.problem ?? '') ? true : undefined));
  const post = (id: string) =>
    fetch(`${ingest.httpUrl}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(envelope(now(id))),
    });
  const refused = await post('posted');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
  expect(await refused.json()).toMatchObject({ error: { message: expect.stringMatching(waits) } });
  const health = async () => (await fetch(`${ingest.httpUrl}/health`)).json();
  expect(await health()).toMatchObject({ status: 'waiting', problem: expect.stringMatching(waits) });
  expect([await countOf(ingest), await ingest.setAside(), ingest.stats().log.deadLetters]).toEqual([
    0,
    [],
    0,
  ]);

  aheadMs = 0;
  await reaches(ingest, 1);
  await until(async () => ((await post('posted')).status === 202 ? true : undefined));
  expect(await countOf(ingest)).toBe(2);
  expect((await ingest.setAside()).map(({ body }) => body)).toEqual(['garbage']);
  expect(await health()).toMatchObject({ status: 'ok' });
});
