/** What a reader does about ids that come late, and about a batch from beyond where it stands; the consumer is given its batches by hand. */
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Assignment } from '../../../src/adapters/kafka/assignment.ts';
import type { LogBatch, Taken, TopicPartition } from '../../../src/ports/event-log.ts';

const of = { topic: 't', partition: 0 };

/** @param ids what the cluster tells, which may change meanwhile */
async function assigned(ids: Map<string, string>, next: number | null) {
  const seeks: string[] = [];
  /** From how many seeks on what was fetched is stale. */
  const stale = { after: Infinity };
  const resolved: string[] = [];
  const answers: Promise<Taken>[] = [];
  const asked: (string | null)[] = [];
  const taken: LogBatch[] = [];
  const consumer: Pick<Consumer, 'seek' | 'commitOffsets'> = {
    seek: ({ offset }) => void seeks.push(offset),
    commitOffsets: async () => undefined,
  };
  const reader = {
    topics: ['t'],
    positions: async (partitions: readonly TopicPartition[]) => {
      asked.push(...partitions.map(({ topicId }) => topicId));
      if (next === null) return [];
      return partitions.map((each) => ({ ...each, next, remade: false }));
    },
    take: async (batch: LogBatch) => {
      taken.push(batch);
      const answer = answers.shift();
      if (answer !== undefined) return answer;
      return { kind: 'stored', next: (batch.messages.at(-1)?.offset ?? 0) + 1 } as const;
    },
  };
  const topics = { ids: async () => ids, ends: async () => [] };
  const closing = new AbortController().signal;
  const mine = new Assignment(consumer as Consumer, reader, topics, pino({ level: 'silent' }), closing);
  mine.joined({ t: [0] });
  await expect.poll(() => seeks.length).toBe(1);
  /** @param behind messages that are there after it */
  const give = (fetchedOffset: number, offset = fetchedOffset, behind = 0, partition = 0) => {
    const message = { offset: String(offset), key: null, value: null, timestamp: '1', attributes: 0 };
    const high = String(offset + 1 + behind);
    const batch = { ...of, partition, fetchedOffset: String(fetchedOffset), highWatermark: high };
    const payload: Partial<Record<keyof EachBatchPayload, unknown>> = {
      batch: { ...batch, messages: [message], lastOffset: () => String(offset) },
      isRunning: () => true,
      isStale: () => seeks.length > stale.after,
      heartbeat: async () => undefined,
      resolveOffset: (to: string) => void resolved.push(to),
    };
    return mine.take(payload as EachBatchPayload);
  };
  const offsets = (): readonly unknown[] => taken.map(({ messages }) => messages[0]?.offset);
  return { mine, seeks, stale, resolved, answers, asked, taken, give, offsets };
}

it('takes the id of a topic that was not told when its position was loaded', async () => {
  const ids = new Map<string, string>();
  const { mine, asked, seeks, give, taken } = await assigned(ids, 5);
  await mine.look();
  expect([asked, seeks]).toEqual([[null], ['5']]);
  ids.set('t', 'a');
  await mine.look();
  await give(5);
  expect([asked, seeks]).toEqual([
    [null, 'a'],
    ['5', '5'],
  ]);
  expect(taken).toMatchObject([{ topicId: 'a', position: 5 }]);
  await mine.look();
  expect(asked).toHaveLength(2);
});

it('goes back to where it stands when a batch comes from beyond it', async () => {
  const { seeks, give, offsets } = await assigned(new Map(), 5);
  await give(9);
  expect([seeks, offsets()]).toEqual([['5', '5'], []]);
  await give(5, 7);
  await give(8);
  expect([seeks, offsets()]).toEqual([
    ['5', '5'],
    [7, 8],
  ]);
});

it('goes back once, and then takes what is beyond, so that nothing that is gone holds it up', async () => {
  const { seeks, give, offsets } = await assigned(new Map(), 5);
  await give(9);
  await give(9);
  await give(10);
  expect([seeks, offsets()]).toEqual([
    ['5', '5'],
    [9, 10],
  ]);
});

it('goes on from behind what is no message, and from wherever a partition that was never read begins', async () => {
  const read = await assigned(new Map(), 5);
  read.mine.passed(of, 8, 9);
  await read.give(9);
  const never = await assigned(new Map(), null);
  await never.give(9);
  expect([read.seeks, read.offsets(), never.seeks, never.offsets()]).toEqual([['5'], [9], ['-2'], [9]]);
});

it('takes no more bytes at once than a transaction should hold, and a message that is larger alone', async () => {
  const { mine, seeks, taken } = await assigned(new Map(), null);
  const sizesMb = [9, 9, 6, 1, 17, 1];
  const messages = sizesMb.map((mb, offset) => {
    const value = Buffer.alloc(mb * 1024 * 1024);
    return { offset: String(offset), key: null, value, timestamp: '1', attributes: 0 };
  });
  const resolved: string[] = [];
  const payload: Partial<Record<keyof EachBatchPayload, unknown>> = {
    batch: { ...of, highWatermark: '6', fetchedOffset: '0', messages, lastOffset: () => '6' },
    isRunning: () => true,
    isStale: () => false,
    heartbeat: async () => undefined,
    resolveOffset: (offset: string) => resolved.push(offset),
  };
  await mine.take(payload as EachBatchPayload);
  expect(taken.map((each) => each.messages.map(({ offset }) => offset))).toEqual([[0], [1, 2, 3], [4], [5]]);
  expect([resolved, seeks]).toEqual([['0', '3', '4', '5'], ['-2']]);
});

/** An answer of the store that waits until it is told. */
function later(): { readonly answer: Promise<Taken>; readonly tell: (taken: Taken) => void } {
  let tell: (taken: Taken) => void = () => undefined;
  const answer = new Promise<Taken>((resolve) => (tell = resolve));
  return { answer, tell };
}

it('lets the next batch be fetched while one is stored, and takes it after that one', async () => {
  const { mine, resolved, answers, give, offsets, taken } = await assigned(new Map(), 5);
  const first = later();
  answers.push(first.answer);
  await give(5, 5, 100);
  expect([resolved, offsets()]).toEqual([['5'], [5]]);
  const second = give(6, 6, 99);
  await new Promise(setImmediate);
  expect(offsets()).toEqual([5]);
  expect(mine.partitions()).toMatchObject([{ behind: 101 }]);
  first.tell({ kind: 'stored', next: 6 });
  await second;
  expect(offsets()).toEqual([5, 6]);
  expect(taken.map(({ position }) => position)).toEqual([5, 6]);
});

it('waits for the store before it fetches more when little is behind', async () => {
  const { resolved, answers, give } = await assigned(new Map(), 5);
  const first = later();
  answers.push(first.answer);
  const given = give(5);
  await new Promise(setImmediate);
  expect(resolved).toEqual([]);
  first.tell({ kind: 'stored', next: 6 });
  await given;
  expect(resolved).toEqual(['5']);
});

it('takes nothing that was fetched ahead of a batch which another reader had stored', async () => {
  const { seeks, stale, answers, give, offsets } = await assigned(new Map(), 5);
  const first = later();
  answers.push(first.answer);
  await give(5, 5, 100);
  const second = give(6, 6, 99);
  stale.after = 1;
  first.tell({ kind: 'moved' });
  await second;
  expect([seeks, offsets()]).toEqual([['5', '5'], [5]]);
  stale.after = Infinity;
  await give(5, 5);
  expect(offsets()).toEqual([5, 5]);
});

it('asks where reading stands anew only when what the partitions before were given is settled', async () => {
  const { mine, asked, answers, give } = await assigned(new Map(), 5);
  const first = later();
  answers.push(first.answer);
  await give(5, 5, 100);
  mine.joined({ t: [0] });
  await new Promise(setImmediate);
  expect(asked).toHaveLength(1);
  first.tell({ kind: 'stored', next: 6 });
  await expect.poll(() => asked.length).toBe(2);
});

it('stores nothing of a topic that is no more under the position of the one that has its name now', async () => {
  const ids = new Map([['t', 'a']]);
  const { mine, answers, asked, give, taken } = await assigned(ids, 5);
  answers.push(Promise.reject(new Error('the database is away')));
  await give(5, 5, 100);
  ids.set('t', 'b');
  await mine.look();
  await expect.poll(() => asked).toEqual(['a', 'b']);
  await give(0, 5);
  expect(taken.map(({ topicId }) => topicId)).toEqual(['a', 'b']);
});

it('is behind by what waits for the store, also when markers were passed meanwhile', async () => {
  const { mine, answers, give } = await assigned(new Map(), 5);
  const first = later();
  answers.push(first.answer);
  await give(5, 5, 100);
  mine.passed(of, 105, 106);
  expect(mine.partitions()).toMatchObject([{ behind: 101 }]);
  first.tell({ kind: 'stored', next: 6 });
  await expect.poll(() => mine.partitions()[0]?.behind).toBe(100);
});

it('waits as long as one partition does, whatever is stored of others', async () => {
  const { mine, seeks, answers, give, offsets } = await assigned(new Map(), 5);
  mine.joined({ t: [0, 1] });
  await expect.poll(() => seeks.length).toBe(3);
  const again = later();
  answers.push(Promise.reject(new Error('a lock')), again.answer);
  await give(5, 5, 100);
  await expect.poll(() => offsets()).toEqual([5, 5]);
  await give(5, 7, 0, 1);
  expect(offsets()).toEqual([5, 5, 7]);
  expect(mine.problem()).toBe('the store does not take a batch: a lock');
  again.tell({ kind: 'stored', next: 6 });
  await expect.poll(() => mine.problem()).toBeNull();
});
