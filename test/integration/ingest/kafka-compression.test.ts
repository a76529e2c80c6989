/** Kafka's four compressions as its own producer and librdkafka write them, and batches too large to be read, which hold up nobody and are lost to nobody. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import kafkajs, { type Producer } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createKafkaLog } from '../../../src/adapters/kafka/index.ts';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { DLQ_ID, DLQ_REASON, replayDeadLetters } from '../../../src/ingest/index.ts';
import type { EventLog, LogMessage } from '../../../src/ports/event-log.ts';
import { randomFeedback } from '../../support/feedback.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startKafka, type TestKafka } from '../../support/kafka.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { kafkaProgram } from '../../support/prerequisites/index.ts';
import { runPython } from '../../support/python/python.ts';

const JAVA = fileURLToPath(new URL('../../support/KafkaProduce.java', import.meta.url));
const PYTHON = fileURLToPath(new URL('../../support/python/kafka_produce.py', import.meta.url));
const COMPRESSIONS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const START = Date.now() - 60_000;

let postgres: TestPostgres;
let kafka: TestKafka;
let producer: Producer;
let ingest: TestIngest;
let tests = 0;
beforeAll(async () => {
  [postgres, kafka] = await Promise.all([startPostgres(), startKafka()]);
  producer = kafka.client.producer();
  await producer.connect();
});
afterEach(() => ingest?.close());
afterAll(async () => {
  await producer.disconnect();
  await Promise.all([postgres.stop(), kafka.remove()]);
});

/** Topics of one test and an ingest that reads them. */
async function reading(...names: readonly string[]): Promise<readonly string[]> {
  const topics = names.map((name) => `${name}-${(tests += 1)}`);
  await kafka.createTopics(topics, 1);
  const settings = { brokers: [kafka.brokers], tls: null, sasl: null };
  ingest = await startTestIngest(postgres, { kafka: { settings, group: topics.join('-'), topics } });
  return topics;
}

const eventsOf = (seed: number, count: number, service = 'support-bot'): readonly string[] =>
  randomFeedback(seed, count, { startMs: START, spanMs: 30_000, service }).map(({ source, id, data }) =>
    JSON.stringify({ specversion: '1.0', type: FEEDBACK_EVENT_TYPE, source, id, data }),
  );
/** As long as a broker may keep the partitions of a member that left unheard, and more. */
const WAIT = { timeout: 120_000 };
const countOf = async (service = 'support-bot'): Promise<number> =>
  (await ingest.totals(service))['error']?.[0] ?? 0;
async function reaches(count: number): Promise<void> {
  await expect.poll(() => countOf(), WAIT).toBe(count);
}
/** What ingest counts itself may come a moment after the database shows it. */
async function counts(log: Readonly<Record<string, number>>): Promise<void> {
  await expect.poll(() => ingest.stats().log, WAIT).toMatchObject(log);
}

const logOf = (group: string): EventLog =>
  createKafkaLog({ brokers: [kafka.brokers], tls: null, sasl: null }, group, pino({ level: 'silent' }));

/** What the dead-letter topic holds, once it is there. */
async function lettersOf(topic: string): Promise<readonly LogMessage[]> {
  const letters: LogMessage[] = [];
  const log = logOf(topic);
  await log
    .drain(`${topic}.dlq`, null, async (messages) => void letters.push(...messages))
    .catch(() => undefined);
  return letters.toSorted((a, b) => ((a.headers[DLQ_ID] ?? '') < (b.headers[DLQ_ID] ?? '') ? -1 : 1));
}

interface Sending {
  readonly topic: string;
  readonly compression: string;
  readonly values: readonly string[];
}

async function sendByJava(topics: readonly Sending[]): Promise<void> {
  const { java, classPath } = await kafkaProgram();
  const of = topics.map(({ topic, compression }) => `${topic}=${compression}`);
  const args = ['-XX:TieredStopAtLevel=1', '-cp', classPath, JAVA, kafka.brokers, ...of];
  const child = spawn(java, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  const lines = topics.flatMap(({ topic, values }) => values.map((value) => `${topic}\t${value}\n`));
  child.stdin.end(lines.join(''));
  expect(await once(child, 'exit')).toEqual([0, null]);
}

async function sendByPython(topics: readonly Sending[]): Promise<void> {
  const given = { brokers: kafka.brokers, topics };
  expect(await runPython(PYTHON, given, { packages: 'confluent.txt' })).toEqual({ failed: [] });
}

it('reads every compression as Kafka writes it and as librdkafka writes it, every message once', async () => {
  const topics = await reading(...COMPRESSIONS);
  const sending = (first: number): readonly Sending[] =>
    COMPRESSIONS.map((compression, i) => ({
      topic: topics[i] ?? '',
      compression,
      values: eventsOf(first + i, 1_500, compression),
    }));
  const read = async () => Promise.all(COMPRESSIONS.map(async (name) => [name, await countOf(name)]));
  await sendByJava(sending(10));
  await expect.poll(read, WAIT).toEqual(COMPRESSIONS.map((name) => [name, 1_500]));
  await sendByPython(sending(20));
  await expect.poll(read, WAIT).toEqual(COMPRESSIONS.map((name) => [name, 3_000]));
  await counts({ messages: 12_000, deadLetters: 0 });
  expect(ingest.stats().events.setAside).toBe(0);
});

it('sets a batch of more than 128 MB aside, reads on behind it and elsewhere, and has its messages after a replay', async () => {
  const [topic = '', other = ''] = await reading('bomb', 'other');
  const compression = kafkajs.CompressionTypes.GZIP;
  const [before = '', after = '', elsewhere = '', ...held] = eventsOf(3, 23);
  await producer.send({ topic, messages: [{ value: before }] });
  const messages = held.map((event) => ({ value: event.padEnd(7_000_000) }));
  await producer.send({ topic, compression, messages });
  await producer.send({ topic, compression, messages: [{ value: after }] });
  await producer.send({ topic: other, messages: [{ value: elsewhere }] });
  await reaches(3);
  const letters = await poll(
    async () => {
      const found = await lettersOf(topic);
      return found.length === 20 ? found : undefined;
    },
    { timeoutMs: WAIT.timeout, everyMs: 200 },
  );
  const reason = 'the batch of 20 messages is not read (gzip): it holds more than 134217728 bytes';
  expect(letters?.every(({ headers }) => headers[DLQ_REASON]?.startsWith(reason))).toBe(true);
  expect(letters?.filter(({ value }) => value !== null)).toHaveLength(1);
  await counts({ messages: 23, deadLetters: 20 });
  await expect.poll(() => ingest.reading(), WAIT).toMatchObject({ state: 'reading', problem: null });

  const log = logOf(topic);
  expect(await replayDeadLetters(log, topic, topic)).toEqual({ sent: 20, left: [] });
  expect(await replayDeadLetters(log, topic, topic)).toEqual({ sent: 0, left: [] });
  await log.close();
  await reaches(23);
  await counts({ messages: 43, deadLetters: 20 });
});

it('is given the partitions in another order with each fetch, so that none waits for ever for the room that those before it take', async () => {
  const topic = `order-${(tests += 1)}`;
  await kafka.createTopics([topic], 3);
  for (let i = 0; i < 20; i += 1)
    await producer.send({
      topic,
      messages: [0, 1, 2].map((partition) => ({ partition, value: String(i) })),
    });
  // The broker gives a batch of the first partition that has one, and no more.
  const consumer = kafka.client.consumer({ groupId: topic, maxBytes: 1, maxBytesPerPartition: 1 });
  const order: number[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachBatch: async ({ batch }) => void order.push(batch.partition) });
  await expect.poll(() => order.length, WAIT).toBe(60);
  await consumer.disconnect();
  const changes = order.filter((partition, i) => i > 0 && partition !== order[i - 1]).length;
  // 2 changes, if one were emptied after the other. Where each partition that has something is as likely as another there are 38 on average, and 8 or
  // fewer once in 8,700,000,000 times.
  expect(changes).toBeGreaterThan(8);
});

it('lets a batch of too many messages hold up its own partition only, and says so', async () => {
  const [topic = '', other = ''] = await reading('many', 'other');
  const values = Array.from({ length: 100_001 }, () => 'x');
  await sendByPython([{ topic, compression: 'lz4', values }]);
  const says = (): string | undefined => {
    const problem = ingest.reading()?.problem ?? '';
    return problem.includes('holds up') ? problem : undefined;
  };
  expect(await poll(says, { timeoutMs: WAIT.timeout, everyMs: 50 })).toBe(
    'a batch of 100001 messages holds up its partition, expected at most 100000',
  );
  await producer.send({ topic: other, messages: [{ value: eventsOf(4, 1)[0] ?? '' }] });
  await reaches(1);
  await counts({ messages: 1 });
});
