import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareMeans,
  emptyBetting,
  emptyTlg,
  evidenceBeyondLimit,
  foldBetting,
  foldOneSample,
  foldTlg,
  emptyOneSample,
  oneSidedMeanEvidence,
  sampleRatioLogBayesFactor,
  tlgGrowth,
  type BettingNull,
  type TlgNull,
} from '../../../src/analysis/index.ts';

/** Whether every number in it is one. */
const holdsNumbers = (value: unknown): boolean => {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(holdsNumbers);
  return typeof value !== 'number' || Number.isFinite(value);
};

/** The first input, if any, for which a result holds something that is no number. */
const failureOf = <T>(inputs: fc.Arbitrary<T>, resultOf: (input: T) => unknown): unknown => {
  const run = fc.check(
    fc.property(inputs, (input) => holdsNumbers(resultOf(input))),
    { seed: 31, numRuns: 400 },
  );
  return run.failed ? (run.counterexample?.[0] ?? run.errorInstance) : null;
};

const count = fc.oneof(fc.nat({ max: 50 }), fc.constantFrom(0, 1, 1e6, 1e12));
const counts = fc
  .record({ n: count, share: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })) })
  .map(({ n, share }) => ({ n, s: n * share }));
const side = fc.constantFrom('two' as const, 'greater' as const, 'less' as const);
const oneSide = fc.constantFrom('greater' as const, 'less' as const);
const unit = fc.oneof(fc.constantFrom(0, 1, 1e-12, 0.5), fc.double({ min: 0, max: 1, noNaN: true }));
const hypotheses: fc.Arbitrary<TlgNull> = fc.oneof(
  fc.record({
    kind: fc.constant('absolute' as const),
    margin: fc.oneof(fc.constantFrom(0, 0.999, -0.999), fc.double({ min: -0.9, max: 0.9, noNaN: true })),
    side,
  }),
  fc.record({
    kind: fc.constant('relative' as const),
    margin: fc.constantFrom(1e-6, 0.5, 0.95, 1, 1.05, 20, 1e6),
    side,
  }),
);

describe('evidence is a number, whatever is in the domain', () => {
  it('of blocks', () => {
    const inputs = fc.record({ a: counts, b: counts, c: counts, d: counts, hypothesis: hypotheses });
    const twoBlocks = failureOf(inputs, ({ a, b, c, d, hypothesis }) => {
      const first = foldTlg(emptyTlg(), { nA: a.n, sA: a.s, nB: b.n, sB: b.s }, hypothesis);
      return foldTlg(first, { nA: c.n, sA: c.s, nB: d.n, sB: d.s }, hypothesis);
    });
    expect(twoBlocks).toBeNull();
    const growth = fc.record({ pA: unit, pB: unit, n: count, hypothesis: hypotheses });
    expect(failureOf(growth, ({ pA, pB, n, hypothesis }) => tlgGrowth(pA, pB, n, hypothesis))).toBeNull();
  });
  it('of one rate against a limit', () => {
    const inputs = fc.record({ a: counts, b: counts, limit: unit, side: oneSide });
    const failure = failureOf(inputs, ({ a, b, ...hypothesis }) => [
      foldOneSample(foldOneSample(emptyOneSample(), a, hypothesis), b, hypothesis),
      evidenceBeyondLimit({ n: a.n, successes: a.s }, hypothesis.limit, hypothesis.side),
    ]);
    expect(failure).toBeNull();
  });
  it('of bets', () => {
    const events = fc.array(
      fc.record({ arm: fc.constantFrom('stable' as const, 'candidate' as const), score: unit }),
      { maxLength: 20 },
    );
    const nulls: fc.Arbitrary<BettingNull> = fc.record({
      factor: fc.constantFrom(1e-6, 0.5, 1, 2, 1e6),
      shift: fc.constantFrom(-0.99, 0, 0.5),
      side,
    });
    const share = fc.constantFrom(1e-9, 0.05, 0.5, 1 - 1e-9);
    const inputs = fc.record({ a: events, b: events, c: events, share, hypothesis: nulls });
    const failure = failureOf(inputs, ({ a, b, c, share: pi, hypothesis }) =>
      [a, b, c].reduce((state, block) => foldBetting(state, block, pi, hypothesis), emptyBetting()),
    );
    expect(failure).toBeNull();
  });
  it('of means', () => {
    const arm = fc.record({
      n: fc.constantFrom(0, 1, 2, 99, 100, 5000, 1e12),
      mean: fc.constantFrom(0, 1, -1, 1e-140, 1e6, 1e140, -1e140),
      m2: fc.constantFrom(0, 1e-300, 1, 1e6, 1e280),
    });
    const options = { alpha: fc.constantFrom(1e-150, 0.01, 0.4999), nOpt: fc.constantFrom(1, 2000, 1e15) };
    const factor = fc.constantFrom(1e-6, 1, 1.1, 1e6);
    const inputs = fc.record({ a: arm, b: arm, factor, side: oneSide, ...options });
    const failure = failureOf(inputs, ({ a, b, ...rest }) => [
      compareMeans(a, b, rest),
      oneSidedMeanEvidence(a, b, rest),
    ]);
    expect(failure).toBeNull();
  });
  it('of a split', () => {
    const weight = fc.constantFrom(1e-15, 0.05, 1, 3, 1e15);
    const prior = fc.constantFrom(1e-6, 1, 100, 1e6);
    const inputs = fc.record({ a: count, b: count, wA: weight, wB: weight, prior });
    const failure = failureOf(inputs, ({ a, b, wA, wB, prior: k }) =>
      sampleRatioLogBayesFactor([a, b], [wA, wB], k),
    );
    expect(failure).toBeNull();
  });
});
