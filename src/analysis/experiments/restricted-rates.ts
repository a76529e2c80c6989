/**
 * The most likely two rates among those at a given difference or ratio: what the score test takes its variance from. Closed forms of
 * Farrington, Manning, Stat. Med. 9, 1990 (a cubic for the difference, a quadratic for the ratio). Nothing is decided here.
 */
import type { RateCount } from '../intervals.ts';

/** Both rates, on the boundary of the null. */
export interface RestrictedRates {
  readonly pA: number;
  readonly pB: number;
}

/** Derivative of minus the log-likelihood of one arm in its own rate, at the ends of the scale its limit. */
const slope = ({ n, successes }: RateCount, p: number): number => {
  if (p === 0) return successes === 0 ? n : -Infinity;
  if (p === 1) return successes === n ? -n : Infinity;
  return (n - successes) / (1 - p) - successes / p;
};

const curvature = ({ n, successes }: RateCount, p: number): number =>
  (successes === n ? 0 : (n - successes) / (1 - p) ** 2) + (successes === 0 ? 0 : successes / p ** 2);

/** The root of the cubic that is a rate of arm b. Exact but for digits that acos loses near double roots. */
const closedForm = (a: RateCount, b: RateCount, difference: number): number => {
  const [p1, p2, d] = [b.successes / b.n, a.successes / a.n, difference];
  const theta = a.n / b.n;
  const c3 = 1 + theta;
  const c2 = -(1 + theta + p1 + theta * p2 + d * (theta + 2));
  const c1 = d * d + d * (2 * p1 + theta + 1) + p1 + theta * p2;
  const c0 = -p1 * d * (1 + d);
  const centre = c2 / (3 * c3);
  const v = centre ** 3 - (c2 * c1) / (6 * c3 * c3) + c0 / (2 * c3);
  const u = (v < 0 ? -1 : 1) * Math.sqrt(Math.max(0, centre ** 2 - c1 / (3 * c3)));
  if (u === 0) return -centre;
  const w = (Math.PI + Math.acos(Math.min(1, Math.max(-1, v / u ** 3)))) / 3;
  return 2 * u * Math.cos(w) - centre;
};

/**
 * The most likely rates with pB - pA = `difference`, -1 < difference < 1. The closed form, and Newton steps on the likelihood's slope, which
 * increases, for the digits that the closed form lost.
 */
export const ratesAtDifference = (a: RateCount, b: RateCount, difference: number): RestrictedRates => {
  let low = Math.max(0, difference);
  let high = Math.min(1, 1 + difference);
  const other = (p: number): number => Math.min(1, Math.max(0, p - difference));
  const slopeAt = (p: number): number => slope(b, p) + slope(a, other(p));
  if (slopeAt(low) >= 0) return { pA: other(low), pB: low };
  if (slopeAt(high) <= 0) return { pA: other(high), pB: high };
  let p = closedForm(a, b, difference);
  for (let i = 0; i < 100; i++) {
    if (!(p > low && p < high)) p = low + (high - low) / 2;
    const at = slopeAt(p);
    if (at < 0) low = p;
    else high = p;
    const next = p - at / (curvature(b, p) + curvature(a, other(p)));
    if (at === 0 || Math.abs(next - p) <= 2e-16 * p || !(high - low > 1e-300)) break;
    p = next;
  }
  return { pA: other(p), pB: p };
};

/** The most likely rates with pB = `ratio` pA, ratio above 0. */
export const ratesAtRatio = (a: RateCount, b: RateCount, ratio: number): RestrictedRates => {
  const [p1, p2] = [b.successes / b.n, a.successes / a.n];
  const theta = a.n / b.n;
  const c2 = 1 + theta;
  const c1 = ratio * (1 + theta * p2) + theta + p1;
  const c0 = ratio * (p1 + theta * p2);
  const root = (2 * c0) / (c1 + Math.sqrt(Math.max(0, c1 * c1 - 4 * c2 * c0)));
  const pB = Math.min(1, ratio, root);
  return { pA: Math.min(1, pB / ratio), pB };
};
