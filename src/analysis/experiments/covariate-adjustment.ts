/**
 * The least squares behind CUPED: outcome on a covariate and on the flag that it is missing, centred within arms, from sums alone. It decides
 * what is rounding and what is variance.
 */
import type { Moments } from '../moments.ts';
import type { CovariateMoments } from './covariate-moments.ts';

/** Sums of one arm about its own means, over the filled covariate (x) and the flag of a missing one (m). */
export interface Sums {
  readonly n: number;
  readonly meanX: number;
  readonly meanM: number;
  readonly meanY: number;
  readonly xx: number;
  readonly xm: number;
  readonly mm: number;
  readonly xy: number;
  readonly my: number;
  readonly yy: number;
}

/** The arm with `fill` in place of each missing covariate. */
export const filled = (known: CovariateMoments, missing: Moments, fill: number): Sums => {
  const n = known.n + missing.n;
  const [gapX, gapY] = [known.meanX - fill, known.meanY - missing.mean];
  const weight = missing.n === 0 ? 0 : (known.n * missing.n) / n;
  const share = missing.n / n;
  return {
    n,
    meanX: known.n === 0 ? fill : known.meanX - share * gapX,
    meanM: share,
    meanY: known.n === 0 ? missing.mean : known.meanY - share * gapY,
    xx: known.sxx + weight * gapX * gapX,
    xm: -weight * gapX,
    mm: weight,
    xy: known.sxy + weight * gapX * gapY,
    my: -weight * gapY,
    yy: known.syy + missing.m2 + weight * gapY * gapY,
  };
};

/** A determinant or a rest of variance below this share of its terms is rounding. */
const ROUNDING = 1e-12;

/** Least squares of y on x and m within arms, pooled over both. */
export const coefficients = (a: Sums, b: Sums): readonly [number, number] => {
  const [xx, xm, mm] = [a.xx + b.xx, a.xm + b.xm, a.mm + b.mm];
  const [xy, my] = [a.xy + b.xy, a.my + b.my];
  if (!(xx > 0)) return mm > 0 ? [0, my / mm] : [0, 0];
  // m after what x explains of it.
  const rest = mm - (xm / xx) * xm;
  if (!(mm > 0) || rest <= ROUNDING * mm) return [xy / xx, 0];
  const thetaMissing = (my - (xm / xx) * xy) / rest;
  return [(xy - thetaMissing * xm) / xx, thetaMissing];
};

/** Squared deviations of the adjusted outcome within one arm; exactly 0 where only rounding is left. */
export const adjustedM2 = (s: Sums, x: number, m: number): number => {
  const explained = 2 * (x * s.xy + m * s.my) - x * x * s.xx - 2 * x * m * s.xm - m * m * s.mm;
  const left = s.yy - explained;
  return left <= ROUNDING * (s.yy + Math.abs(explained)) ? 0 : left;
};
