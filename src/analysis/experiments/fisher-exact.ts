/**
 * Fisher's exact test of two rates: for counts so small that the normal approximation is wrong. Exact given the total of successes, hence
 * conservative. Fisher 1935; the two-sided p is the sum over all tables that are at most as probable as the one seen, as SciPy's and R's.
 * Golden family `two_proportion_ztest` (its `fisher_p_two_sided`).
 */
import { requireRate } from './arguments.ts';
import { logPmf, lowerTail, modeOf, supportOf, upperTail, type Hypergeometric } from './hypergeometric.ts';
import type { PValues } from './p-values.ts';
import type { RateCount } from '../intervals.ts';

/** Tables whose probabilities differ by less than this share count as equally probable: it is rounding. */
const TIE = 1e-10;

/** The first value on the way from `inside` to `outside` (both in the support) that is at most as probable as `limit`; null when none is. */
const firstAsRare = (inside: number, outside: number, limit: number, urn: Hypergeometric): number | null => {
  if (logPmf(outside, urn) > limit) return null;
  let [common, rare] = [inside, outside];
  while (Math.abs(rare - common) > 1) {
    const middle = Math.trunc((common + rare) / 2);
    if (logPmf(middle, urn) <= limit) rare = middle;
    else common = middle;
  }
  return rare;
};

const twoSided = (seen: number, urn: Hypergeometric): number => {
  const limit = logPmf(seen, urn) + TIE;
  const mode = modeOf(urn);
  if (logPmf(mode, urn) <= limit) return 1;
  const [low, high] = supportOf(urn);
  const own = seen < mode ? lowerTail(seen, urn) : upperTail(seen, urn);
  const other = firstAsRare(mode, seen < mode ? high : low, limit, urn);
  if (other === null) return own;
  return Math.min(1, own + (seen < mode ? upperTail(other, urn) : lowerTail(other, urn)));
};

/**
 * The p-values of "both arms have the same rate"; all 1 when every outcome is the same.
 * @throws RangeError naming a.n, a.successes, b.n or b.successes: whole numbers, at least one trial.
 */
export const fisherExact = (a: RateCount, b: RateCount): PValues => {
  requireRate('a', a);
  requireRate('b', b);
  const urn = { nA: a.n, nB: b.n, drawn: a.successes + b.successes };
  return {
    twoSided: twoSided(b.successes, urn),
    greater: upperTail(b.successes, urn),
    less: lowerTail(b.successes, urn),
  };
};
