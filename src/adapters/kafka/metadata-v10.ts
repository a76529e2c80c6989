/**
 * Version 10 of Kafka's Metadata request, the first whose answer names a topic by an id that no later topic of the same name has (KIP-516, brokers from 2.8).
 * kafkajs knows it up to version 6. Only the bytes: what is asked, and what of the answer is used. Pure.
 */

import { ByteReader } from './byte-reader.ts';

export const METADATA = { apiKey: 3, apiName: 'Metadata', apiVersion: 10 } as const;

/** Tagged fields of flexible versions, of which we send none. */
const NO_TAGS = Buffer.from([0]);
/** A topic that is asked for by its name. */
const NO_ID = Buffer.alloc(16);
/** No topic is made by asking, and nothing is told of who may do what. */
const NO_OPTIONS = Buffer.from([0, 0, 0]);

/** The request after its header of version 1, of which version 2 is that and tagged fields. */
export function encodeMetadata(topics: readonly string[]): Buffer {
  const asked = topics.flatMap((topic) => {
    const name = Buffer.from(topic);
    return [NO_ID, varint(name.length + 1), name, NO_TAGS];
  });
  return Buffer.concat([NO_TAGS, varint(topics.length + 1), ...asked, NO_OPTIONS, NO_TAGS]);
}

/**
 * Id by topic, hexadecimal, of those that are there and have one.
 * @param answer after its correlation id
 * @throws RangeError when it ends early
 */
export function decodeTopicIds(answer: Buffer): ReadonlyMap<string, string> {
  const from = new Reader(answer, 'answer');
  from.tags();
  from.skip(4); // throttle time
  from.each(() => {
    from.skip(4);
    from.text();
    from.skip(4);
    from.text();
    from.tags();
  }); // brokers: id, host, port, rack
  from.text(); // cluster
  from.skip(4); // controller
  const ids = new Map<string, string>();
  from.each(() => {
    const error = from.int16();
    const name = from.text();
    const id = from.bytes(16).toString('hex');
    if (error === 0 && name !== null && /[^0]/u.test(id)) ids.set(name, id);
    from.skip(1); // internal
    from.each(() => {
      from.skip(14); // error, partition, leader, epoch
      for (let lists = 0; lists < 3; lists += 1) from.each(() => from.skip(4)); // replicas: all, in sync, offline
      from.tags();
    });
    from.skip(4); // operations
    from.tags();
  });
  return ids;
}

/** Unsigned, seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Of a length. */
const MOST_BYTES = 5;

class Reader extends ByteReader {
  skip(count: number): void {
    this.bytes(count);
  }

  int16(): number {
    return this.bytes(2).readInt16BE();
  }

  length(): number {
    return this.varint(MOST_BYTES);
  }

  text(): string | null {
    const length = this.length();
    return length === 0 ? null : this.bytes(length - 1).toString('utf8');
  }

  each(read: () => void): void {
    for (let left = this.length(); left > 1; left -= 1) read();
  }

  tags(): void {
    for (let left = this.length(); left > 0; left -= 1) {
      this.length();
      this.skip(this.length());
    }
  }
}
