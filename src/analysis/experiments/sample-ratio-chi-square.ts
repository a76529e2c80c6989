/**
 * Whether traffic was split as it should be, judged once at the end: Pearson's chi-square against the weights. Watched again and again it
 * raises false alarms (2.4 % at a nominal .1 % over 500 looks): for that there is `../sample-ratio.ts`. A mismatch freezes the verdict and
 * picks no winner. Golden family `srm_chisq`.
 */
import { chiSquareSf } from '../../math/index.ts';
import { requireWhole } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';

/** A mismatch is one below this p-value. */
export const SAMPLE_RATIO_P = 0.001;

/** Below this expected count of units in any arm nothing is judged. */
const SMALLEST_EXPECTED_UNITS = 5;

export interface SampleRatioTest {
  readonly chiSquare: number;
  readonly df: number;
  readonly p: number;
  readonly mismatch: boolean;
  /** The expected count of units in the smallest arm. */
  readonly smallestExpected: number;
}

/**
 * Tests counts of units per arm (first exposures, not requests) against the intended weights, which need not sum to 1. Undefined without
 * units, or when fewer than 5 are expected in an arm. An arm without weight is left out by the caller: units in it are a bug in the routing.
 * @throws TypeError or RangeError naming weights (two or more finite numbers above 0) or counts (as many whole numbers from 0).
 */
export const sampleRatioChiSquare = (
  counts: readonly number[],
  weights: readonly number[],
): Statistic<SampleRatioTest> => {
  if (!Array.isArray(weights) || weights.length < 2) {
    throw new RangeError(
      `weights must be two or more finite numbers above 0, got ${JSON.stringify(weights)}`,
    );
  }
  weights.forEach((w, i) => {
    if (!(w > 0 && w < Infinity)) {
      throw new RangeError(`weights[${i}] must be a finite number above 0, got ${w}`);
    }
  });
  if (!Array.isArray(counts) || counts.length !== weights.length) {
    throw new RangeError(`counts must be ${weights.length} whole numbers, one per weight`);
  }
  counts.forEach((n, i) => requireWhole(`counts[${i}]`, n, 0));
  const largest = Math.max(...weights);
  const shares = weights.map((w) => w / largest);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const units = counts.reduce((sum, n) => sum + n, 0);
  if (units === 0) return undefinedBecause('no units');
  const expected = shares.map((share) => (units * share) / whole);
  const smallestExpected = Math.min(...expected);
  if (smallestExpected < SMALLEST_EXPECTED_UNITS) {
    return undefinedBecause(`fewer than ${SMALLEST_EXPECTED_UNITS} units expected in an arm`);
  }
  const chiSquare = counts.reduce((sum, n, i) => sum + (n - expected[i]!) ** 2 / expected[i]!, 0);
  const df = counts.length - 1;
  const p = chiSquareSf(chiSquare, df);
  return defined({ chiSquare, df, p, mismatch: p < SAMPLE_RATIO_P, smallestExpected });
};
