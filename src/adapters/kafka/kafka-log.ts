/** Kafka as an event log: one client, one producer that connects when it is first needed, any number of readings. */
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { Logger } from 'pino';
import type { EventLog } from '../../ports/event-log.ts';
import { kafkaClient } from './client.ts';
import { drainTopic } from './drain-topic.ts';
import { toKafkaMessage, unpack } from './messages.ts';
import { readKafka } from './read-kafka.ts';
import type { KafkaSettings } from './settings.ts';
import { topicEndsOf } from './topic-ends.ts';
import { topicIdsOf } from './topic-ids.ts';
import { existingTopics } from './topics.ts';

const { CompressionTypes } = kafkajs;

/** @param group the consumer group that readings join */
export function createKafkaLog(settings: KafkaSettings, group: string, logger: Logger): EventLog {
  const kafka = kafkaClient(settings, logger);
  const topics = { ids: topicIdsOf(kafka, logger), ends: topicEndsOf(kafka) };
  const sender = lazyProducer(kafka);
  const asked = new Set<string>();
  return {
    read: (reader) => readKafka(kafka, group, reader, logger, topics),
    send: async (topic, messages, how) => {
      if (!asked.has(topic)) await existingTopics(kafka, [topic], logger);
      asked.add(topic);
      const producer = await sender.get();
      try {
        const compression = CompressionTypes[how?.compressed === true ? 'GZIP' : 'None'];
        await producer.send({ topic, messages: messages.map(toKafkaMessage), acks: -1, compression });
        return { kind: 'sent' };
      } catch (error) {
        const reason = tooLarge(error);
        if (reason !== null) return { kind: 'tooLarge', reason };
        throw error;
      }
    },
    unpack,
    drain: (topic, readers, take) => drainTopic(kafka, topic, readers, take),
    close: () => sender.close(),
  };
}

function lazyProducer(kafka: Kafka): { get(): Promise<Producer>; close(): Promise<void> } {
  let connected: Promise<Producer> | null = null;
  const connect = async (): Promise<Producer> => {
    const producer = kafka.producer();
    await producer.connect();
    return producer;
  };
  return {
    get: async () => {
      connected ??= connect();
      try {
        return await connected;
      } catch (error) {
        connected = null;
        throw error;
      }
    },
    close: async () => {
      const producer = await connected?.catch(() => null);
      await producer?.disconnect();
    },
  };
}

/** The broker's answer to a message above its limit, which no later try changes. */
function tooLarge(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof kafkajs.KafkaJSProtocolError) {
    const { type, message } = error;
    return ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].includes(type) ? message : null;
  }
  return tooLarge(error.cause);
}
