/** The dead-letter topics held against the topics themselves: each garbage message of a topic is there, as it came, under one id. */
import { randomUUID } from 'node:crypto';
import type { IHeaders, Kafka } from 'kafkajs';
import { compareIdentities, together, type Compared } from './compare.ts';

export interface ReadMessage {
  /** `topic/partition/offset` */
  readonly place: string;
  readonly value: string;
  readonly headers: IHeaders;
}

/** All that a topic holds, by a reader that is none of ours. */
export async function readWhole(kafka: Kafka, topic: string): Promise<readonly ReadMessage[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = (await admin.fetchTopicOffsets(topic)).filter(({ low, high }) => Number(high) > Number(low));
  await admin.disconnect();
  const left = new Map(ends.map(({ partition, high }) => [partition, Number(high) - 1]));
  if (left.size === 0) return [];
  const read: ReadMessage[] = [];
  const consumer = kafka.consumer({ groupId: `prove-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message: { offset, value, headers = {} } }) => {
          read.push({ place: `${topic}/${partition}/${offset}`, value: String(value), headers });
          if (Number(offset) === left.get(partition)) left.delete(partition);
          if (left.size === 0) resolve();
        },
      });
      run.catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return read;
}

export interface Letters extends Compared {
  /** Where the garbage of the topics lies. */
  readonly places: ReadonlySet<string>;
  /** Letters that are in a dead-letter topic once more, under the same id: allowed. */
  readonly again: number;
}

const HEADER = 'llm-optimizer-dlq-';

/**
 * @param messages of the topics
 * @param letters of their dead-letter topics
 * @param garbage texts that cannot be read
 */
export function compareLetters(
  messages: readonly ReadMessage[],
  letters: readonly ReadMessage[],
  garbage: ReadonlySet<string>,
): Letters {
  const bad = new Map(
    messages.filter(({ value }) => garbage.has(value)).map(({ place, value }) => [place, value]),
  );
  const byId = new Map<string, ReadMessage>();
  const differ: string[] = [];
  const told = (letter: ReadMessage, name: string): string => String(letter.headers[`${HEADER}${name}`]);
  const placeOf = (letter: ReadMessage): string =>
    ['topic', 'partition', 'offset'].map((name) => told(letter, name)).join('/');
  for (const letter of letters) {
    const id = told(letter, 'id');
    const place = placeOf(letter);
    if (!byId.has(id)) byId.set(id, letter);
    if (letter.value !== bad.get(place)) differ.push(`dead letter ${id}: another text than at ${place}`);
    if (told(letter, 'reason').length < 10) differ.push(`dead letter ${id}: no reason`);
  }
  const found = [...byId.values()].map(placeOf);
  const places = new Set(bad.keys());
  const compared = together([
    compareIdentities('dead letter', found, places),
    { lost: 0, doubled: 0, differ },
  ]);
  return { ...compared, places, again: letters.length - byId.size };
}
