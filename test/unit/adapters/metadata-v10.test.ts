// Bytes of the protocol by hand: what a broker's answer of version 10 looks like, and what is read of it.
import { expect, it } from 'vitest';
import { decodeTopicIds, encodeMetadata } from '../../../src/adapters/kafka/metadata-v10.ts';

const text = (of: string): number[] => [of.length + 1, ...Buffer.from(of)];
const int32 = (value: number): number[] => [0, 0, 0, value];
/** One partition of two replicas, the second not in sync. */
const PARTITION = [
  [2, 0, 0, ...int32(0), ...int32(1), ...int32(9)],
  [3, ...int32(1), ...int32(2)],
  [2, ...int32(1), 1, 0],
].flat();
const UNKNOWN_OPERATIONS = [0x80, 0, 0, 0];
const topic = (error: number, name: string, id: string): number[] => [
  0,
  error,
  ...text(name),
  ...Buffer.from(id, 'hex'),
  0,
  ...PARTITION,
  ...UNKNOWN_OPERATIONS,
  0,
];
const id = '0123456789abcdef0123456789abcdef';
const none = '0'.repeat(32);
const answer = (...topics: number[][]): Buffer =>
  Buffer.from(
    [
      // A tagged field of two bytes, as a later release may send one.
      [1, 7, 2, 1, 2],
      int32(0),
      [2, ...int32(1), ...text('localhost'), ...int32(92), 0, 0],
      [...text('cluster'), ...int32(1)],
      [topics.length + 1, ...topics.flat()],
      [...UNKNOWN_OPERATIONS, 0],
    ].flat(),
  );

it('reads the ids of topics that are there and have one', () => {
  const topics = [topic(0, 'here', id), topic(3, 'gone', none), topic(0, 'old', none), topic(0, 'last', id)];
  expect([...decodeTopicIds(answer(...topics))]).toEqual([
    ['here', id],
    ['last', id],
  ]);
  expect(decodeTopicIds(answer()).size).toBe(0);
});

it('reads a list that is longer than one byte counts', () => {
  const one = topic(0, 'here', id);
  const whole = answer(one);
  const at = whole.indexOf(Buffer.from([2, ...one.slice(0, 4)]));
  const many = Buffer.concat([
    whole.subarray(0, at),
    Buffer.from([0xc9, 0x01]),
    ...Array.from({ length: 200 }, (_, i) => Buffer.from(topic(0, `t${i}`, id))),
  ]);
  expect(decodeTopicIds(many).size).toBe(200);
});

it('says that an answer is cut', () => {
  const whole = answer(topic(0, 'here', id));
  expect(() => decodeTopicIds(whole.subarray(0, 60))).toThrow(RangeError);
});

it('asks for topics by name, and makes none', () => {
  const asked = encodeMetadata(['ab', 'x'.repeat(200)]);
  expect([...asked.subarray(0, 22)]).toEqual([0, 3, ...Buffer.alloc(16), 3, 97, 98, 0]);
  expect([...asked.subarray(38, 40)]).toEqual([0xc9, 0x01]);
  expect([...asked.subarray(-5)]).toEqual([0, 0, 0, 0, 0]);
});
