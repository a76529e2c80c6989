/** A topic that is deleted and made anew under its old name: nothing of the new one may be skipped, whatever the old position was. */
import type { Producer } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import { kafkaClient } from '../../../src/adapters/kafka/index.ts';
import { topicIdsOf } from '../../../src/adapters/kafka/topic-ids.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { startIngestOn, startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { insist, startKafka, type TestKafka } from '../../support/kafka.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let kafka: TestKafka;
let producer: Producer;
const running: TestIngest[] = [];

beforeAll(async () => {
  [postgres, kafka] = await Promise.all([startPostgres(), startKafka()]);
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

const settingsOf = () => ({ brokers: [kafka.brokers], tls: null, sasl: null });
const idsOf = () => {
  const quiet = pino({ level: 'silent' });
  return topicIdsOf(kafkaClient(settingsOf(), quiet), quiet);
};
/** A member whose leaving the broker has not heard of keeps its partitions for half a minute. */
const WAIT = { timeout: 120_000 };
const readerOf = (topic: string) => ({ settings: settingsOf(), group: topic, topics: [topic] });

const send = (topic: string, prefix: string, count: number) => {
  const timestamp = new Date().toISOString();
  const messages = Array.from({ length: count }, (_, i) => {
    const { source, id, data } = feedbackEvent(`${prefix}-${i}`, { timestamp });
    return {
      partition: 0,
      value: JSON.stringify({ specversion: '1.0', type: FEEDBACK_EVENT_TYPE, source, id, data }),
    };
  });
  return producer.send({ topic, messages });
};

/** Deletes the topic and makes it again; a reader that finds it missing may make it first. */
async function remake(topic: string): Promise<void> {
  const admin = kafka.client.admin();
  await admin.connect();
  try {
    const ids = idsOf();
    const old = (await ids([topic])).get(topic);
    await admin.deleteTopics({ topics: [topic] });
    await expect.poll(async () => (await ids([topic])).get(topic), WAIT).not.toBe(old);
    const made = { topic, numPartitions: 1, replicationFactor: 1 };
    await insist(() => admin.createTopics({ topics: [made], waitForLeaders: true }));
  } finally {
    await admin.disconnect();
  }
}

const countOf = async (ingest: TestIngest): Promise<number> =>
  (await ingest.totals('support-bot'))['error']?.[0] ?? 0;

async function reaches(ingest: TestIngest, count: number): Promise<void> {
  const there = async () => ((await countOf(ingest)) >= count ? true : undefined);
  await poll(there, { timeoutMs: WAIT.timeout, everyMs: 25 });
  expect(await countOf(ingest)).toBe(count);
}

it.each([
  ['fewer messages than were read', 40],
  ['as many as were read', 100],
  ['more messages than were read', 150],
])('reads a topic that was made anew while nobody read, with %s, from where it begins', async (_, count) => {
  const topic = `away-${count}`;
  await kafka.createTopics([topic], 1);
  await send(topic, 'old', 100);
  const before = await startTestIngest(postgres, { kafka: readerOf(topic) });
  running.push(before);
  await reaches(before, 100);
  await before.close();
  await remake(topic);
  await send(topic, 'new', count);
  const after = await startIngestOn(before.pool, { kafka: readerOf(topic) });
  running.push(after);
  await reaches(after, 100 + count);
  expect(await positionsOf(after, topic)).toEqual([{ next: count }]);
});

it.each([
  ['fewer', 40],
  ['more', 250],
])('notices while it reads that a topic was made anew, with %s messages', async (_, count) => {
  const topic = `live-${count}`;
  await kafka.createTopics([topic], 1);
  await send(topic, 'old', 100);
  const ingest = await startTestIngest(postgres, { kafka: readerOf(topic) });
  running.push(ingest);
  await reaches(ingest, 100);
  await remake(topic);
  await send(topic, 'new', count);
  await reaches(ingest, 100 + count);
  expect(await ingest.setAside()).toEqual([]);
});

const positionsOf = async ({ pool }: TestIngest, topic: string) =>
  (
    await pool.query<{ next: number }>(
      'SELECT next_offset::integer AS next FROM event_log_offsets WHERE topic = $1',
      [topic],
    )
  ).rows;

it('tells the id of a topic that is there, and none of one that is not', async () => {
  await kafka.createTopics(['there'], 3);
  const ids = idsOf();
  const first = await ids(['there', 'absent']);
  expect([...first]).toEqual([['there', expect.stringMatching(/^[0-9a-f]{32}$/u)]]);
  await remake('there');
  expect((await ids(['there'])).get('there')).not.toBe(first.get('there'));
});

it('gives an old position the id of its topic, and takes nothing for an id that is no more', async () => {
  const { pool } = await postgres.createDatabase();
  const { ingest, log } = createStores(pool);
  const of = { topic: 't', partition: 0 };
  const move = (topicId: string | null, from: number | null, to: number) =>
    ingest.recordEvents({ feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] }, Date.now(), {
      ...of,
      group: 'g',
      topicId,
      from,
      to,
    });
  const at = (topicId: string | null) => log.positions('g', [{ ...of, topicId }]);
  expect(await at('a')).toEqual([]);
  expect((await move(null, null, 5)).kind).toBe('recorded');
  expect(await at(null)).toEqual([{ ...of, topicId: null, next: 5, remade: false }]);
  expect(await at('a')).toEqual([{ ...of, topicId: 'a', next: 5, remade: false }]);
  expect((await move(null, 5, 6)).kind).toBe('moved');
  expect((await move('a', 5, 6)).kind).toBe('recorded');
  expect(await at(null)).toEqual([{ ...of, topicId: 'a', next: 6, remade: false }]);
  expect(await at('b')).toEqual([{ ...of, topicId: 'b', next: 0, remade: true }]);
  expect(await at('b')).toEqual([{ ...of, topicId: 'b', next: 0, remade: false }]);
  expect((await move('a', 0, 9)).kind).toBe('moved');
  expect((await move('a', null, 9)).kind).toBe('moved');
  expect((await move('b', 0, 3)).kind).toBe('recorded');
});
