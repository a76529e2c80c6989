/**
 * Two rates compared at one look of a fixed size: pooled z without continuity correction, Fisher's exact p where counts are small. It is not
 * to be looked at again and again until it wins: for that there are the e-processes. Golden family `two_proportion_ztest`.
 */
import { newcombeInterval, waldInterval, type Interval, type RateCount } from '../intervals.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { requireAlpha, requireRate } from './arguments.ts';
import { fisherExact } from './fisher-exact.ts';
import { pOfZ, type PValues } from './p-values.ts';

/** Below this expected count in any cell the z test is not reported. */
export const SMALLEST_EXPECTED = 5;

/** Arm a is control, b treatment; rates and differences are shares of 1. */
export interface TwoProportions {
  readonly rateA: number;
  readonly rateB: number;
  readonly difference: number;
  /** (rateB - rateA) / rateA; undefined when rateA is 0. */
  readonly relativeLift: Statistic<number>;
  /** 2 asin sqrt(rateB) - 2 asin sqrt(rateA) (Cohen 1988). */
  readonly cohenH: number;
  readonly newcombe: Interval;
  readonly wald: Interval;
  readonly z: number;
  /** The p-values of z, whatever the counts. */
  readonly pOfZ: PValues;
  /** The smallest expected count of the four cells when the arms do not differ. */
  readonly smallestExpected: number;
  /** Which test `p` comes from. */
  readonly method: 'pooled-z' | 'fisher-exact';
  /** The p-values to report. */
  readonly p: PValues;
}

/** 2 asin sqrt(b) - 2 asin sqrt(a). @throws RangeError naming rateA or rateB unless it is from 0 to 1. */
export const cohenH = (rateA: number, rateB: number): number => {
  for (const [name, rate] of [
    ['rateA', rateA],
    ['rateB', rateB],
  ] as const) {
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`${name} must be from 0 to 1, got ${rate}`);
  }
  return 2 * Math.asin(Math.sqrt(rateB)) - 2 * Math.asin(Math.sqrt(rateA));
};

/**
 * Tests "both arms have the same rate": z = (pB - pA) / sqrt(p (1 - p) (1/nA + 1/nB)) with p pooled. `alpha` (.05) is 1 - confidence of the
 * two intervals. Undefined when every outcome of both arms is the same: then there is nothing to test.
 * @throws RangeError naming a.n, a.successes, b.n, b.successes (whole numbers, at least one trial) or alpha.
 */
export const twoProportions = (
  a: RateCount,
  b: RateCount,
  { alpha = 0.05 }: { readonly alpha?: number } = {},
): Statistic<TwoProportions> => {
  requireRate('a', a);
  requireRate('b', b);
  requireAlpha(alpha);
  const successes = a.successes + b.successes;
  const total = a.n + b.n;
  if (successes === 0 || successes === total)
    return undefinedBecause('every outcome of both arms is the same');
  const [rateA, rateB] = [a.successes / a.n, b.successes / b.n];
  const [pooled, failures] = [successes / total, total - successes];
  const difference = rateB - rateA;
  const z = difference / Math.sqrt(pooled * (failures / total) * (1 / a.n + 1 / b.n));
  const smallestExpected = Math.min(a.n, b.n) * (Math.min(successes, failures) / total);
  const method = smallestExpected < SMALLEST_EXPECTED ? 'fisher-exact' : 'pooled-z';
  const { low, high } = newcombeInterval(a, b, alpha);
  const wald = waldInterval(a, b, alpha);
  return defined({
    rateA,
    rateB,
    difference,
    relativeLift:
      a.successes === 0 ? undefinedBecause('the rate of arm a is 0') : defined(difference / rateA),
    cohenH: cohenH(rateA, rateB),
    newcombe: { low, high },
    wald: { low: wald.low, high: wald.high },
    z,
    pOfZ: pOfZ(z),
    smallestExpected,
    method,
    p: method === 'fisher-exact' ? fisherExact(a, b) : pOfZ(z),
  });
};
