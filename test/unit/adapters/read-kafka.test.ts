// Closing must end a reading at any moment, also before its first consumer is there.
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { readKafka } from '../../../src/adapters/kafka/read-kafka.ts';

/** How long the pauses were to be, in order; none of them is waited for. */
const pauses = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => {
    pauses.push(ms);
    return new Promise((resolve) => setImmediate(resolve));
  },
}));

const quiet = { ids: async () => new Map(), ends: async () => [] };

it('joins no group when it is closed while the topics are looked for', async () => {
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  let asked = (): void => undefined;
  const asking = new Promise<void>((resolve) => (asked = resolve));
  let answer: (there: string[]) => void = () => undefined;
  const topics = new Promise<string[]>((resolve) => (answer = resolve));
  kafka.admin = () => ({
    ...admin,
    connect: async () => undefined,
    disconnect: async () => undefined,
    listTopics: () => {
      asked();
      return topics;
    },
  });
  let consumers = 0;
  kafka.consumer = () => {
    consumers += 1;
    throw new Error('a reading that is closed makes no consumer');
  };
  const reader = {
    topics: ['t'],
    positions: async () => [],
    take: () => Promise.reject(new Error('nothing')),
  };
  const reading = readKafka(kafka, 'g', reader, pino({ level: 'silent' }), quiet);
  await asking;
  const closed = reading.close();
  answer(['t']);
  await closed;
  expect([consumers, reading.reading().state]).toEqual([0, 'closed']);
});

/** A client whose consumers join and then crash; the third one, and only that, gives a batch before. */
function crashing() {
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  const { events } = kafka.consumer({ groupId: 'g' });
  kafka.admin = () => ({
    ...admin,
    connect: async () => undefined,
    disconnect: async () => undefined,
    listTopics: async () => ['t'],
  });
  const message = { offset: '0', key: null, value: Buffer.from('{}'), timestamp: '1', attributes: 0 };
  const batch = { topic: 't', partition: 0, highWatermark: '1', messages: [message], lastOffset: () => '0' };
  const payload = {
    batch,
    isRunning: () => true,
    isStale: () => false,
    heartbeat: async () => undefined,
    resolveOffset: () => undefined,
  };
  const make = kafka.consumer.bind(kafka);
  let consumers = 0;
  kafka.consumer = (config) => {
    consumers += 1;
    const no = consumers;
    const consumer = make(config);
    const listeners = new Map<string, (event: object) => void>();
    return Object.assign(consumer, {
      on: (name: string, listener: (event: object) => void) => listeners.set(name, listener),
      connect: async () => undefined,
      disconnect: async () => undefined,
      subscribe: async () => undefined,
      seek: () => undefined,
      commitOffsets: async () => undefined,
      run: async ({ eachBatch }: { eachBatch: (given: object) => Promise<void> }): Promise<void> => {
        listeners.get(events.GROUP_JOIN)?.({ payload: { memberAssignment: { t: [0] } } });
        if (no === 3) await eachBatch(payload);
        listeners.get(events.CRASH)?.({ payload: { error: new Error('crashed') } });
      },
    });
  };
  return kafka;
}

it('waits longer after each session that ends without a stored batch, though it joined, and begins short again after one', async () => {
  pauses.length = 0;
  const kafka = crashing();
  let taken = 0;
  const reader = {
    topics: ['t'],
    positions: async () => [],
    take: async () => {
      taken += 1;
      return { kind: 'stored', next: 1 } as const;
    },
  };
  const reading = readKafka(kafka, 'g', reader, pino({ level: 'silent' }), quiet);
  await expect.poll(() => pauses.length).toBeGreaterThanOrEqual(3);
  await reading.close();
  expect(taken).toBe(1);
  // The third would be 1 s, had the failures before been counted on.
  expect(pauses.slice(0, 3)).toEqual([250, 500, 250]);
});
