import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  meanNonInferiority,
  rateNonInferiority,
  sampleMoments,
  type NonInferiorityOptions,
  type RateCount,
} from '../../../../src/analysis/index.ts';

const arm: fc.Arbitrary<RateCount> = fc
  .integer({ min: 1, max: 3000 })
  .chain((n) => fc.integer({ min: 0, max: n }).map((successes) => ({ n, successes })));
const options: fc.Arbitrary<NonInferiorityOptions> = fc.record({
  margin: fc.constantFrom(0.001, 0.05, 0.3, 0.9),
  kind: fc.constantFrom('absolute', 'relative'),
  better: fc.constantFrom('higher', 'lower'),
  alpha: fc.constantFrom(0.05, 0.001, 0.4),
});
const failures = ({ n, successes }: RateCount): RateCount => ({ n, successes: n - successes });
const ratesOf = (a: RateCount, b: RateCount, given: NonInferiorityOptions) => {
  const test = rateNonInferiority(a, b, given);
  if (!test.ok) throw new Error(test.reason);
  return test.value;
};

describe('non-inferiority of rates', () => {
  it('is shown exactly where the bound on the side of harm is within the limit', () => {
    fc.assert(
      fc.property(arm, arm, options, (a, b, given) => {
        const test = rateNonInferiority(a, b, given);
        expect(test.ok).toBe(given.kind === 'absolute' || a.successes + b.successes > 0);
        if (!test.ok) return;
        const { score, wald, limit } = test.value;
        for (const found of wald.ok ? [score, wald.value] : [score]) {
          expect(Number.isNaN(found.statistic)).toBe(false);
          expect(found.nonInferior).toBe(found.p < given.alpha!);
          if (Math.abs(found.p / given.alpha! - 1) < 1e-6) continue;
          const bound = found.bound ?? (given.better === 'higher' ? 0 : Infinity);
          expect(given.better === 'higher' ? bound > limit : bound < limit).toBe(found.nonInferior);
        }
      }),
      { numRuns: 500, seed: 4 },
    );
  });
  it('of failures, lower being better, is that of successes, higher being better', () => {
    fc.assert(
      fc.property(arm, arm, fc.constantFrom(0.01, 0.1, 0.5), (a, b, margin) => {
        const up = ratesOf(a, b, { margin, better: 'higher' });
        const down = ratesOf(failures(a), failures(b), { margin, better: 'lower' });
        expect(down.score.statistic).toBeCloseTo(up.score.statistic, 8);
        expect(down.score.bound).toBeCloseTo(-up.score.bound!, 8);
        expect(down.limit).toBe(-up.limit);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
  it('is defined when both arms are at 100 %, and Wald is not', () => {
    const full = { n: 196, successes: 196 };
    const test = ratesOf(full, full, { margin: 0.05 });
    expect(test.score.statistic).toBeCloseTo(3.2118202741879633, 12);
    expect(test).toMatchObject({ nonInferior: true, wald: { ok: false } });
    expect(ratesOf(full, full, { margin: 0.05, kind: 'relative' }).nonInferior).toBe(true);
  });
  it('is easier with a wider margin', () => {
    fc.assert(
      fc.property(arm, arm, fc.constantFrom('absolute', 'relative'), (a, b, kind) => {
        fc.pre(a.successes + b.successes > 0);
        const at = (margin: number) => ratesOf(a, b, { margin, kind }).score.p;
        expect(at(0.2)).toBeLessThanOrEqual(at(0.1) + 1e-12);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
  it('is not the lack of a significant loss', () => {
    const small = ratesOf({ n: 40, successes: 32 }, { n: 40, successes: 31 }, { margin: 0.02 });
    expect(small.nonInferior).toBe(false);
    expect(small.score.p).toBeGreaterThan(0.3);
  });
  it('takes points where there is no success, and no ratio', () => {
    const none = { n: 500, successes: 0 };
    expect(rateNonInferiority(none, none, { margin: 0.5, kind: 'relative', better: 'lower' })).toMatchObject({
      ok: false,
    });
    expect(ratesOf(none, none, { margin: 0.01, better: 'lower' }).nonInferior).toBe(true);
  });
  it('with the factor N / (N - 1) is a little more careful', () => {
    const [a, b] = [
      { n: 30, successes: 25 },
      { n: 30, successes: 26 },
    ];
    const plain = ratesOf(a, b, { margin: 0.1 }).score.statistic;
    const test = rateNonInferiority(a, b, { margin: 0.1, variance: 'miettinen-nurminen' });
    expect(test.ok && test.value.score.statistic / plain).toBeCloseTo(Math.sqrt(59 / 60), 12);
  });
});

describe('non-inferiority of means', () => {
  const a = sampleMoments([10, 12, 9, 11, 10.5, 8, 13, 10]);
  const b = sampleMoments([9.5, 11, 10, 9, 12, 10.5, 9, 11, 10]);
  it('is shown exactly where the bound is within the limit', () => {
    const alphas = [0.001, 0.01, 0.05, 0.2, 0.45];
    for (const alpha of alphas)
      for (const kind of ['absolute', 'relative'] as const)
        for (const better of ['higher', 'lower'] as const)
          for (const margin of kind === 'absolute' ? [0.1, 1, 3] : [0.01, 0.1, 0.4]) {
            const test = meanNonInferiority(a, b, { margin, kind, better, alpha });
            if (!test.ok) throw new Error(test.reason);
            const { bound, limit, nonInferior } = test.value;
            expect(better === 'higher' ? bound! > limit : bound! < limit).toBe(nonInferior);
          }
  });
  it('of the negative metric turns the direction', () => {
    const negative = (m: typeof a) => ({ ...m, mean: -m.mean });
    const [up, down] = [
      meanNonInferiority(a, b, { margin: 1 }),
      meanNonInferiority(negative(a), negative(b), { margin: 1, better: 'lower' }),
    ];
    if (!up.ok || !down.ok) throw new Error('undefined');
    expect(down.value.statistic).toBe(up.value.statistic);
    expect(down.value.bound).toBe(-up.value.bound!);
  });
  it('has no ratio to a mean that is not above 0, and no bound on a ratio to a mean that may be 0', () => {
    const zero = { n: 9, mean: 0, m2: 4 };
    expect(meanNonInferiority(zero, b, { margin: 0.1, kind: 'relative' })).toMatchObject({ ok: false });
    const noisy = { n: 3, mean: 0.1, m2: 50 };
    const test = meanNonInferiority(noisy, b, { margin: 0.1, kind: 'relative', better: 'lower' });
    expect(test.ok && test.value.bound).toBeNull();
  });
  it('needs two observations and some variance', () => {
    expect(meanNonInferiority({ n: 1, mean: 1, m2: 0 }, b, { margin: 1 })).toMatchObject({ ok: false });
    const constant = { n: 5, mean: 2, m2: 0 };
    expect(meanNonInferiority(constant, constant, { margin: 1 })).toMatchObject({ ok: false });
  });
});
