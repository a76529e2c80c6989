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

/** Every number in it is one. */
const expectNumbers = (value: unknown): void => {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectNumbers);
  if (typeof value === 'number') expect(value).toSatisfy(Number.isFinite);
};

const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, property), { seed: 31, numRuns: 400 });

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
    check(
      fc.record({ a: counts, b: counts, c: counts, d: counts, hypothesis: hypotheses }),
      ({ hypothesis, ...of }) => {
        const first = foldTlg(emptyTlg(), { nA: of.a.n, sA: of.a.s, nB: of.b.n, sB: of.b.s }, hypothesis);
        expectNumbers(foldTlg(first, { nA: of.c.n, sA: of.c.s, nB: of.d.n, sB: of.d.s }, hypothesis));
      },
    );
    check(
      fc.record({ pA: unit, pB: unit, n: count, hypothesis: hypotheses }),
      ({ pA, pB, n, hypothesis }) => {
        expectNumbers(tlgGrowth(pA, pB, n, hypothesis));
      },
    );
  });
  it('of one rate against a limit', () => {
    check(fc.record({ a: counts, b: counts, limit: unit, side: oneSide }), ({ a, b, ...hypothesis }) => {
      expectNumbers(foldOneSample(foldOneSample(emptyOneSample(), a, hypothesis), b, hypothesis));
      expectNumbers(evidenceBeyondLimit({ n: a.n, successes: a.s }, hypothesis.limit, hypothesis.side));
    });
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
    check(
      fc.record({ a: events, b: events, c: events, share, hypothesis: nulls }),
      ({ share: pi, hypothesis, ...of }) => {
        const blocks = [of.a, of.b, of.c];
        expectNumbers(
          blocks.reduce((state, block) => foldBetting(state, block, pi, hypothesis), emptyBetting()),
        );
      },
    );
  });
  it('of means', () => {
    const mean = fc.constantFrom(0, 1, -1, 1e-140, 1e6, 1e140, -1e140);
    const arm = fc.record({
      n: fc.constantFrom(0, 1, 2, 99, 100, 5000, 1e12),
      mean,
      m2: fc.constantFrom(0, 1e-300, 1, 1e6, 1e280),
    });
    const options = { alpha: fc.constantFrom(1e-150, 0.01, 0.4999), nOpt: fc.constantFrom(1, 2000, 1e15) };
    const factor = fc.constantFrom(1e-6, 1, 1.1, 1e6);
    check(fc.record({ a: arm, b: arm, factor, side: oneSide, ...options }), ({ a, b, ...rest }) => {
      expectNumbers(compareMeans(a, b, rest));
      expectNumbers(oneSidedMeanEvidence(a, b, rest));
    });
  });
  it('of a split', () => {
    const weight = fc.constantFrom(1e-15, 0.05, 1, 3, 1e15);
    const prior = fc.constantFrom(1e-6, 1, 100, 1e6);
    check(fc.record({ a: count, b: count, wA: weight, wB: weight, prior }), ({ a, b, wA, wB, prior: k }) => {
      expectNumbers(sampleRatioLogBayesFactor([a, b], [wA, wB], k));
    });
  });
});
