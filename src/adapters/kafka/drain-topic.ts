/** Reads what a topic holds at this moment to its end, for commands that people give: it ends, and it fails aloud. */
import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { LogMessage } from '../../ports/event-log.ts';
import { toLogMessage } from './messages.ts';

const MAX_WAIT_MS = 250;

/** See `EventLog.drain`. */
export async function drainTopic(
  kafka: Kafka,
  topic: string,
  group: string | null,
  take: (messages: readonly LogMessage[]) => Promise<void>,
): Promise<number> {
  const left = await remaining(kafka, topic, group);
  if (left.size === 0) return 0;
  const consumer = kafka.consumer({
    groupId: group ?? `llm-optimizer-look-${randomUUID()}`,
    maxWaitTimeInMs: MAX_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => false },
  });
  let count = 0;
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async (payload) => {
          const { batch } = payload;
          const end = left.get(batch.partition);
          if (end === undefined) return;
          const messages = batch.messages.filter(({ offset }) => Number(offset) < end);
          try {
            await take(messages.map(toLogMessage));
          } catch (error) {
            left.clear();
            reject(error);
            return;
          }
          count += messages.length;
          const next = Number(batch.lastOffset()) + 1;
          payload.resolveOffset(batch.lastOffset());
          if (group !== null) {
            const offset = String(Math.min(next, end));
            await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
          }
          if (next >= end) left.delete(batch.partition);
          if (left.size === 0) resolve();
        },
      });
      run.catch(reject);
    });
    return count;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
}

/** The end of each partition that holds something which the group has not read. */
async function remaining(kafka: Kafka, topic: string, group: string | null): Promise<Map<number, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) throw new Error(`there is no topic ${topic}`);
    const ends = await admin.fetchTopicOffsets(topic);
    const read = new Map<number, number>();
    if (group !== null) {
      const [told] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      for (const { partition, offset } of told?.partitions ?? []) read.set(partition, Number(offset));
    }
    return new Map(
      ends
        .filter(({ partition, high, low }) => Number(high) > Math.max(Number(low), read.get(partition) ?? 0))
        .map(({ partition, high }) => [partition, Number(high)]),
    );
  } finally {
    await admin.disconnect();
  }
}
