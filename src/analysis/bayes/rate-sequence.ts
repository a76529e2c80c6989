/**
 * A confidence sequence for one rate, such as an error rate against its objective, that may be looked at after every outcome.
 * Two-sided beta-binomial mixture of Howard, Ramdas, McAuliffe, Sekhon (Ann. Stat. 49, 2021, prop. 7): at each candidate rate p the
 * likelihood is mixed over Beta(k p, k (1 - p)), a prior of mean p and strength k, and p stays in while the mixture is below 1 / alpha.
 * Golden family `bernoulli_cs`. It decides nothing, and it knows one arm only: two arms are compared by `foldTlg`.
 */
import { logBetaOf } from '../../math/beta.ts';
import { requireFinite, requireOpenUnit, requirePositive } from '../../math/require.ts';
import type { Interval } from '../intervals.ts';

export interface RateSequenceOptions {
  readonly successes: number;
  readonly n: number;
  /** P(the rate is ever outside) is at most this. */
  readonly alpha: number;
  /** The number of outcomes at which the sequence is tightest. Fixed before the start. */
  readonly tightestAt: number;
  /** The alpha that it is tuned for. Fixed before the start. */
  readonly tunedAlpha?: number;
}

/** Strength of the mixing prior below which it is not lowered, for a `tightestAt` of a few outcomes. */
const LEAST_STRENGTH = 1e-3;

/** k = tightestAt / c - 1, where c tunes the normal mixture that this one approaches. */
const strengthOf = (tightestAt: number, tunedAlpha: number): number => {
  const doubled = -2 * Math.log(tunedAlpha);
  return Math.max(tightestAt / (doubled + Math.log1p(doubled)) - 1, LEAST_STRENGTH);
};

/** The point between `inside` and `outside` where the sign of f changes, to the last bit. */
const crossing = (f: (p: number) => number, inside: number, outside: number): number => {
  let [near, far] = [inside, outside];
  for (;;) {
    const middle = near + (far - near) / 2;
    if (middle === near || middle === far) return far;
    if (f(middle) < 0) near = middle;
    else far = middle;
  }
};

/**
 * The interval after `successes` of `n` outcomes: P(the true rate is ever outside it) <= alpha over all looks, for outcomes of one rate.
 * 0 and 1 are its ends without failures or successes on that side, and [0, 1] before the first outcome.
 * @throws RangeError naming `n` (a whole number from 0), `successes` (0 to n), `alpha`, `tightestAt` (above 0) or `tunedAlpha`.
 */
export const rateConfidenceSequence = ({
  successes,
  n,
  alpha,
  tightestAt,
  tunedAlpha = 0.05,
}: RateSequenceOptions): Interval => {
  requireFinite('n', n);
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`n must be a whole number from 0, got ${n}`);
  if (!(successes >= 0 && successes <= n)) {
    throw new RangeError(`successes must be from 0 to n (${n}), got ${successes}`);
  }
  requireOpenUnit('alpha', alpha);
  requirePositive('tightestAt', tightestAt);
  requireOpenUnit('tunedAlpha', tunedAlpha);
  if (n === 0) return { low: 0, high: 1 };
  const k = strengthOf(tightestAt, tunedAlpha);
  const failures = n - successes;
  /** Log evidence against the rate p (q = 1 - p), less what excludes it. */
  const against = (p: number, q: number): number =>
    logBetaOf(k * p + successes, k * q + failures) -
    logBetaOf(k * p, k * q) -
    (successes === 0 ? 0 : successes * Math.log(p)) -
    (failures === 0 ? 0 : failures * Math.log(q)) +
    Math.log(alpha);
  const rate = successes / n;
  return {
    low: successes === 0 ? 0 : crossing((p) => against(p, 1 - p), rate, 0),
    high: failures === 0 ? 1 : crossing((p) => against(p, 1 - p), rate, 1),
  };
};
