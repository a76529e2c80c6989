/**
 * Mann-Whitney comparison of two samples, with the shift between them and how a canary judge would class it. A report for people, never a gate: it
 * knows nothing of how often it was looked at, and judged every minute it "finds" a difference between equal arms sooner or later. Rollouts are
 * decided by the e-processes of `rollout/`. Golden family `mann_whitney`.
 */
import { normalQuantile } from '../math/index.ts';
import { requireOpenUnit } from '../math/require.ts';
import { pairwiseSum } from './experiments/sample-moments.ts';
import type { Interval } from './intervals.ts';
import { countPairs, rankChances, spreadOf, tieTerm } from './mann-whitney-ranks.ts';
import { kthDifference } from './mann-whitney-shift.ts';
import { defined, undefinedBecause, type Statistic } from './result.ts';

/** Values that one arm may hold: 2,000 in each (4 million pairs) take some 40 ms, 100,000 some seconds, and memory only for the values. */
export const MANN_WHITNEY_LARGEST = 100_000;

/** Values beyond this in size are refused, so that no difference overflows. */
const LARGEST_VALUE = 1e300;

/** Share of the shift by which its interval must clear 0 to count: Kayenta's tolerance. */
const CLEARANCE = 0.25;

export interface MannWhitneyOptions {
  /** Confidence of the shift's interval, above 0 and below 1; .98 as in Kayenta. */
  readonly confidence?: number;
  /** Which change is worth a name; `either` when left out. */
  readonly direction?: 'increase' | 'decrease' | 'either';
}

/** Arm a is stable, b is candidate. */
export interface MannWhitney {
  /** Pairs in which b is larger, ties as half: from 0 to n m. */
  readonly u: number;
  /** P(b > a) + P(b = a) / 2, the common-language effect size; .5 for no difference. */
  readonly cles: number;
  /** 2 cles - 1, from -1 to 1. */
  readonly rankBiserial: number;
  /** Two-sided p: exact where it can be had, else asymptotic. */
  readonly p: number;
  /** Without ties and up to 2,500 pairs, else null. */
  readonly pExact: number | null;
  /** Normal approximation, corrected for ties and continuity; 1 when all values are equal. */
  readonly pAsymptotic: number;
  /** The same, one-sided, of b being larger. */
  readonly pGreaterAsymptotic: number;
  /** Hodges-Lehmann: the median of all b_j - a_i, in the values' unit. */
  readonly shift: number;
  /** The rank test turned round: shifts that it would not reject, between two of the differences. */
  readonly interval: Interval;
  /** mean(b) / mean(a); null when either mean is 0, or so near 0 that the ratio has no size. */
  readonly meanRatio: number | null;
  /** `high` or `low` when the interval clears 0 by a quarter of the shift and the means agree, else `pass`. */
  readonly classification: 'high' | 'low' | 'pass';
}

const requireSample = (name: string, values: readonly number[]): Float64Array => {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be a list of numbers, got ${typeof values}`);
  if (values.length > MANN_WHITNEY_LARGEST) {
    throw new RangeError(`${name} must hold at most ${MANN_WHITNEY_LARGEST} values, got ${values.length}`);
  }
  for (let i = 0; i < values.length; i++) {
    const value: number | undefined = values[i];
    if (!(Number.isFinite(value) && Math.abs(value!) <= LARGEST_VALUE)) {
      throw new RangeError(
        `${name}[${i}] must be a finite number up to ${LARGEST_VALUE} in size, got ${value}`,
      );
    }
  }
  return Float64Array.from(values).sort();
};

/**
 * Where the statistic of the shifted samples crosses the critical value: with R differences above a shift it is (R - nm/2 -+ 1/2) / sd, and a
 * bound is the smallest difference that leaves so few above it. The sd is that of ties within the arms: at nearly every shift there are no others.
 */
const boundOf = (a: Float64Array, b: Float64Array, critical: number): number => {
  const pairs = a.length * b.length;
  const distance = critical * spreadOf(a.length, b.length, tieTerm(a) + tieTerm(b));
  const above = Math.ceil(pairs / 2 + distance + (distance > 0 ? 0.5 : -0.5)) - 1;
  return kthDifference(a, b, Math.min(pairs, Math.max(1, pairs - above)));
};

const shiftOf = (a: Float64Array, b: Float64Array): number => {
  const pairs = a.length * b.length;
  const upper = kthDifference(a, b, Math.floor(pairs / 2) + 1);
  return pairs % 2 === 1 ? upper : (kthDifference(a, b, pairs / 2) + upper) / 2;
};

/** All values in ascending order. */
const pooled = (a: Float64Array, b: Float64Array): Float64Array => {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all.sort();
};

const classOf = (
  { shift, interval, meanRatio }: Pick<MannWhitney, 'shift' | 'interval' | 'meanRatio'>,
  direction: 'increase' | 'decrease' | 'either',
): MannWhitney['classification'] => {
  const clearance = CLEARANCE * Math.abs(shift);
  if (direction !== 'decrease' && interval.low > clearance && (meanRatio ?? 1) >= 1) return 'high';
  if (direction !== 'increase' && interval.high < -clearance && (meanRatio ?? 1) <= 1) return 'low';
  return 'pass';
};

/**
 * Compares two samples of any finite values in one unit; they need not be normal, and ties are allowed. Undefined when an arm is empty.
 * Mann, Whitney 1947; Hodges, Lehmann 1963; the interval inverts the rank test as R's `wilcox.test(exact = FALSE, correct = TRUE)` does, to the exact
 * difference and not to an absolute tolerance; classes as in Kayenta's judge. p assumes that one look was planned and values are independent.
 * @throws RangeError naming a, b, confidence or direction.
 */
export const mannWhitney = (
  a: readonly number[],
  b: readonly number[],
  { confidence = 0.98, direction = 'either' }: MannWhitneyOptions = {},
): Statistic<MannWhitney> => {
  requireOpenUnit('confidence', confidence);
  if (!['increase', 'decrease', 'either'].includes(direction)) {
    throw new RangeError(`direction must be increase, decrease or either, got ${direction as string}`);
  }
  const [x, y] = [requireSample('a', a), requireSample('b', b)];
  const [n, m] = [x.length, y.length];
  if (n === 0 || m === 0) return undefinedBecause('an arm is empty');
  const u = countPairs(x, y);
  const chances = rankChances(n, m, u, tieTerm(pooled(x, y)));
  const critical = -normalQuantile((1 - confidence) / 2);
  const shift = shiftOf(x, y);
  const interval = {
    low: Math.min(shift, boundOf(x, y, critical)),
    high: Math.max(shift, boundOf(x, y, -critical)),
  };
  const [meanA, meanB] = [pairwiseSum(a) / n, pairwiseSum(b) / m];
  const ratio = meanB / meanA;
  const meanRatio = meanB !== 0 && Number.isFinite(ratio) ? ratio : null;
  const cles = u / (n * m);
  return defined({
    u,
    cles,
    rankBiserial: 2 * cles - 1,
    p: chances.pExact ?? chances.pAsymptotic,
    ...chances,
    shift,
    interval,
    meanRatio,
    classification: classOf({ shift, interval, meanRatio }, direction),
  });
};
