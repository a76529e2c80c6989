/** Exports that would become too much are told before they are decoded, and what is large without being many is not. */
import { describe, expect, it } from 'vitest';
import { checkJsonSize } from '../../../src/ingest/otlp/count-values.ts';
import { metricsMessages, traceMessages } from '../../../src/ingest/otlp/protos.ts';

const MB = 1024 * 1024;
const empties = (bytes: number): Buffer => Buffer.alloc(bytes, Buffer.from([0x0a, 0]));
/** A field of bytes: its number, how many, and they. */
const field = (no: number, content: Buffer): Buffer => {
  const length: number[] = [];
  for (let left = content.length; ; left >>>= 7) {
    if (left < 0x80) {
      length.push(left);
      break;
    }
    length.push((left & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([(no << 3) | 2, ...length]), content]);
};
const within = (path: readonly number[], content: Buffer): Buffer =>
  path.reduceRight((inner, no) => field(no, inner), content);

describe('in protobuf', () => {
  it.each([
    ['resources', empties(2 * MB)],
    ['spans of a scope', within([1, 2], Buffer.alloc(2 * MB, Buffer.from([0x12, 0])))],
    ['values of an attribute', within([1, 2, 2, 9, 2, 5], empties(2 * MB))],
  ])('counts empty %s', (_, bytes) => {
    expect(() => traceMessages.decode(bytes)).toThrow('more than 500000 messages and values in an export');
  });

  it('counts packed numbers', () => {
    const buckets = within([1, 2, 2, 10, 1, 8], field(2, Buffer.alloc(2 * MB)));
    expect(() => metricsMessages.decode(buckets)).toThrow('more than 500000');
  });

  it('takes long texts, fields that nobody knows, and what is below the limit', () => {
    const long = within([1, 2, 2], field(5, Buffer.alloc(3 * MB, 'x')));
    expect(traceMessages.decode(long)).toMatchObject({ resourceSpans: [{}] });
    expect(traceMessages.decode(field(1, field(15, empties(3 * MB))))).toMatchObject({
      resourceSpans: [{}],
    });
    const many = Buffer.concat([empties(400_000), long]);
    expect((traceMessages.decode(many) as { resourceSpans: unknown[] }).resourceSpans).toHaveLength(200_001);
  });

  it('refuses what is cut, or nested without end', () => {
    const cut = within([1, 2], Buffer.alloc(2 * MB, 0x12)).subarray(0, 2 * MB);
    expect(() => traceMessages.decode(cut)).toThrow('the message is cut');
    let deep: Buffer = Buffer.alloc(2 * MB);
    for (let i = 0; i < 60; i += 1) deep = field(5, field(1, deep));
    expect(() => traceMessages.decode(within([1, 2, 2, 9, 2], deep))).toThrow('nested too deeply');
  });
});

it('counts marks in JSON, and takes long texts', () => {
  expect(() => checkJsonSize(Buffer.alloc(3 * MB, '{},'))).toThrow('expected at most 2000000 in an export');
  const text = `{"text":"${'a, [long] \\"text\\", '.repeat(1_000_000)}"}`;
  expect(JSON.parse(text)).toMatchObject({ text: expect.stringContaining('[long] "text"') as string });
  expect(() => checkJsonSize(Buffer.from(text))).not.toThrow();
});
