// Closing must end a reading at any moment, also before its first consumer is there.
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { readKafka } from '../../../src/adapters/kafka/read-kafka.ts';

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
  const reading = readKafka(kafka, 'g', reader, pino({ level: 'silent' }));
  await asking;
  const closed = reading.close();
  answer(['t']);
  await closed;
  expect([consumers, reading.reading().state]).toEqual([0, 'closed']);
});
