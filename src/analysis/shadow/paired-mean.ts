/**
 * Anytime-valid evidence about the mean of an unbounded paired difference such as cost, asymptotically: the Gaussian-mixture sequence of
 * `asymptotic.ts` (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Ann. Stat. 52(6), 2024) on x = factor s - c, one observation a pair.
 * The limits of it that `rollout/mean-evidence.ts` tells hold here as well: a tail that was not seen yet has no variance.
 */
import type { PairSums } from '../../domain/pair-block.ts';
import { ASYMPTOTIC_BURN_IN, mixturePrecision } from '../asymptotic.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import { sumsOfForm } from './paired-bets.ts';

/** Pairs at which the sequence is tightest. It need not be precise. */
const PLANNED_PAIRS = 2000;

/**
 * Evidence, as the log of 1/p, that the candidate's mean is below (`less`) or above (`greater`) `factor` times the stable one's. 0 on the
 * wrong side; undefined within the burn-in or without variance. Read it at the present look, not the largest one so far.
 * @throws RangeError naming `sums`, factor, alpha (below .5) or side.
 */
export const pairedMeanEvidence = (
  sums: PairSums,
  {
    factor,
    side,
    alpha,
  }: { readonly factor: number; readonly side: 'greater' | 'less'; readonly alpha: number },
): Statistic<number> => {
  if (!(factor > 0 && factor <= 1e6)) {
    throw new RangeError(`factor must be above 0 and at most 1e6, got ${factor}`);
  }
  if (side !== 'greater' && side !== 'less') {
    throw new RangeError(`side must be greater or less, got ${String(side)}`);
  }
  if (!(alpha >= 1e-150 && alpha < 0.5)) {
    throw new RangeError(`alpha must be from 1e-150 to below 0.5, got ${alpha}`);
  }
  const { n, sumS, sumC, sumSS, sumCC, sumSC } = sums;
  if (!Number.isFinite(n + sumS + sumC + sumSS + sumCC + sumSC) || n < 0) {
    throw new RangeError(`sums must hold finite numbers, got ${JSON.stringify(sums)}`);
  }
  if (n < ASYMPTOTIC_BURN_IN) return undefinedBecause(`fewer than ${ASYMPTOTIC_BURN_IN} pairs`);
  const { sum, sumOfSquares } = sumsOfForm(sums, { onS: factor, onC: -1, constant: 0 });
  const mean = sum / n;
  const variance = (sumOfSquares - n * mean * mean) / (n - 1);
  if (!(variance > 1e-12 * (mean * mean))) return undefinedBecause('no variance in the pairs');
  if (side === 'less' ? mean <= 0 : mean >= 0) return defined(0);
  const k = n * mixturePrecision(2 * alpha, PLANNED_PAIRS);
  const x = ((n * mean * mean) / variance) * (k / (2 * (1 + k)));
  const logExcess = x + Math.log(-Math.expm1(-x));
  return defined(Math.max(0, Math.LN2 + logExcess - 0.5 * Math.log1p(k)));
};
