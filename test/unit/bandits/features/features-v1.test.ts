import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featuresV1, linUcb, type RequestFeatures } from '../../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

const VOCABULARY = { taskTypes: ['code', 'chat'], regions: ['eu'], userTiers: ['free', 'paid'] };
const encoding = featuresV1(VOCABULARY);

const slotsOf = (request: RequestFeatures): Readonly<Record<string, number>> => {
  const values = encoding.encode(request);
  return Object.fromEntries(encoding.names.map((name, i) => [name, values[i]!]));
};

describe('features, version 1', () => {
  it('has the slots of its version, in their order', () => {
    expect(encoding.names).toEqual([
      'bias',
      'task:code',
      'task:chat',
      'task:other',
      'region:eu',
      'region:other',
      'tier:free',
      'tier:paid',
      'tier:other',
      'hour:sin',
      'hour:cos',
      'day:sin',
      'day:cos',
      'length',
      'complexity',
      'needsReasoning',
    ]);
    expect(encoding.id).toBe('featuresV1 [["code","chat"],["eu"],["free","paid"]]');
  });

  it('encodes a request as its version always did', () => {
    const encoded = encoding.encode({
      taskType: 'chat',
      region: 'eu',
      userTier: 'paid',
      // Thursday, six in the morning: a quarter of the first day since 1970.
      timeMs: 21_600_000,
      inputTokens: 2963,
      complexity: 0.25,
      needsReasoning: true,
    });
    const day = 2 * Math.PI * (0.25 / 7);
    const expected = [
      1,
      0,
      1,
      0,
      1,
      0,
      0,
      1,
      0,
      1,
      0,
      Math.sin(day),
      Math.cos(day),
      Math.log(2964 / 401) / 2,
      0.25,
      1,
    ];
    expect(encoded).toHaveLength(expected.length);
    encoded.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });

  it('gives what is missing its documented value', () => {
    const missing = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0];
    expect(encoding.encode({})).toEqual(missing);
    expect(encoding.encode({ taskType: null, timeMs: null, inputTokens: null, complexity: null })).toEqual(
      missing,
    );
    expect(slotsOf({ inputTokens: 400 })['length']).toBe(0);
    expect(slotsOf({ inputTokens: 0 })['length']).toBeLessThan(-2);
  });

  it('puts what it does not know into "other", and keeps its length', () => {
    const slots = slotsOf({ taskType: 'poem', region: 'mars', userTier: 'other' });
    expect([slots['task:other'], slots['region:other'], slots['tier:other']]).toEqual([1, 1, 1]);
    expect(slotsOf({ taskType: '__proto__' })['task:other']).toBe(1);
    expect([slots['task:code'], slots['task:chat']]).toEqual([0, 0]);
  });

  it('leaves out a category without names', () => {
    const bare = featuresV1({ taskTypes: [], regions: [], userTiers: [] });
    expect(bare.names).toHaveLength(8);
    expect(bare.encode({ region: 'eu' })).toHaveLength(8);
  });

  it('puts times near each other that are: midnight next to the minute before, a week later at the same point', () => {
    const at = (timeMs: number): readonly number[] => encoding.encode({ timeMs }).slice(9, 13);
    const [before, after] = [at(1_700_006_399_000), at(1_700_006_401_000)];
    before.forEach((value, i) => expect(Math.abs(value - after[i]!)).toBeLessThan(1e-3));
    at(1e12).forEach((value, i) => expect(value).toBeCloseTo(at(1e12 + 7 * 86_400_000)[i]!, 12));
    at(-1000).forEach((value, i) => expect(value).toBeCloseTo(at(7 * 86_400_000 - 1000)[i]!, 12));
  });

  it('gives finite numbers of its length for every request in its domain', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            taskType: fc.option(fc.string()),
            timeMs: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
            inputTokens: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
            complexity: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
            needsReasoning: fc.option(fc.boolean()),
          },
          { requiredKeys: [] },
        ),
        (request) => {
          const encoded = encoding.encode(request);
          expect(encoded).toHaveLength(encoding.names.length);
          expect(encoded.every((value) => Math.abs(value) < 400)).toBe(true);
        },
      ),
      { seed: 4 },
    );
  });

  it.each([
    ['timeMs', { timeMs: Number.NaN }],
    ['inputTokens', { inputTokens: Infinity }],
    ['inputTokens', { inputTokens: -1 }],
    ['complexity', { complexity: Number.NaN }],
    ['complexity', { complexity: 1.1 }],
    ['taskType', JSON.parse('{"taskType": 3}') as { taskType: string }],
    ['needsReasoning', JSON.parse('{"needsReasoning": 1}') as { needsReasoning: boolean }],
  ] as const)('refuses a bad %s by name', (field, request) => {
    expect(() => encoding.encode(request)).toThrow(new RegExp(`^${field} must`, 'u'));
  });

  it('refuses a state that was learned under another vocabulary', () => {
    const other = featuresV1({ ...VOCABULARY, taskTypes: ['chat', 'code'] });
    const policyOf = (it: typeof encoding) => linUcb({ dimension: it.names.length, encoding: it.id });
    const state = policyOf(encoding).start(2);
    const context = other.encode({ taskType: 'chat' });
    expect(() => policyOf(other).choose(state, context, randomFromSeed(1))).toThrow(/^state was learned/u);
  });
});
