import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isUntouched, recordDecision } from '../../../src/decision/index.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('canonicalJson', () => {
  it('sorts keys at every depth and leaves undefined fields out', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x"y', e: undefined })).toBe(
      '{"a":"x\\"y","b":[{"c":null,"d":1}]}',
    );
  });
  it('means the same as JSON and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 81 },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).toReversed());
        expect(canonicalJson(reversed)).toBe(canonicalJson(record));
      }),
      { seed: 82 },
    );
  });
  it.each([
    [{ a: { b: Number.NaN } }, /^value\.a\.b is NaN/],
    [[1, Infinity], /^value\[1\] is Infinity/],
    [{ a: new Map() }, /^value\.a is not a plain object/],
    [{ a: new Date(0) }, /^value\.a is not a plain object/],
    [{ a: 1n }, /^value\.a is a bigint/],
    [[undefined], /^value\[0\] is a undefined/],
  ])('refuses what JSON would drop or change', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });
});

describe('recordDecision', () => {
  const basis = { evidence: { logE: 3.4, n: 200 }, limits: { alpha: 0.05 }, seed: 7, codeVersion: '0.1.0' };
  it('hashes all that the judging was given', () => {
    const record = recordDecision(basis, sha256);
    expect(record).toMatchObject(basis);
    expect(record.hash).toMatch(/^[0-9a-f]{64}$/);
    const reordered = {
      codeVersion: '0.1.0',
      seed: 7,
      limits: { alpha: 0.05 },
      evidence: { n: 200, logE: 3.4 },
    };
    expect(recordDecision(reordered, sha256).hash).toBe(record.hash);
    for (const change of [
      { seed: 8 },
      { codeVersion: '0.1.1' },
      { limits: { alpha: 0.01 } },
      { evidence: { logE: 3.5, n: 200 } },
    ]) {
      expect(recordDecision({ ...basis, ...change }, sha256).hash).not.toBe(record.hash);
    }
  });
  it('notices a record that was touched', () => {
    const record = recordDecision(basis, sha256);
    expect(isUntouched(JSON.parse(JSON.stringify(record)) as typeof record, sha256)).toBe(true);
    expect(isUntouched({ ...record, evidence: { logE: 9, n: 200 } }, sha256)).toBe(false);
  });
});
