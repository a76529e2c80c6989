/**
 * When a fitted line meets a threshold: the time on the whole line, and the time from now on with its interval. A line meets every
 * threshold somewhere; a forecast that does not look which way it runs reports budgets that ran out before they were made.
 */
import { studentTQuantile } from '../../math/distributions/student-t.ts';
import { requireFinite, requireOpenUnit } from '../../math/require.ts';
import { defined, undefinedBecause, type Statistic } from '../result.ts';
import type { LineFit } from './linear.ts';

/**
 * Where the line is at `threshold`, on either side of the data. Undefined for a level line. Golden family `linear_forecast`.
 * @throws RangeError naming `threshold`.
 */
export const crossingTime = (fit: LineFit, threshold: number): Statistic<number> => {
  requireFinite('threshold', threshold);
  if (fit.slope === 0) return undefinedBecause('the line is level');
  const time = fit.meanT + (threshold - fit.meanY) / fit.slope;
  return Number.isFinite(time) ? defined(time) : undefinedBecause('the line is level');
};

/**
 * A crossing to come. Single observations may cross from `earliest` on; from `latest` on nearly all have. `latest` is null where the slope
 * may as well be 0: then there is no last moment. Both are null without an interval (two points).
 */
export interface Crossing {
  readonly at: number;
  readonly earliest: number | null;
  readonly latest: number | null;
}

/**
 * Where the prediction band meets the threshold around `at`: roots of (b^2 - g) u^2 + 2 b d u + d^2 - h (1 + 1/n) with u from the mean time,
 * d = meanY - threshold, h = q^2 sigma^2, g = h / spreadT (Fieller, J. R. Stat. Soc. B 16, 1954, with the variance of a new observation).
 * The polynomial is above 0 where the threshold lies outside the band. -Infinity: inside it all the way; null: it never leaves.
 */
const bandAround = (
  { n, slope, meanT, meanY, spreadT }: LineFit,
  sigma2: number,
  at: number,
  threshold: number,
  level: number,
): readonly [number, number | null] => {
  const h = studentTQuantile(0.5 + level / 2, n - 2) ** 2 * sigma2;
  const d = meanY - threshold;
  const [a, b, c] = [slope ** 2 - h / spreadT, slope * d, d ** 2 - h * (1 + 1 / n)];
  const root = b ** 2 - a * c;
  if (root < 0) return [-Infinity, null];
  // The stable pair: the sum without cancellation, and the other root by the product.
  const q = -(b + (b < 0 ? -1 : 1) * Math.sqrt(root));
  const roots = [...(a === 0 ? [] : [q / a]), ...(q === 0 ? [] : [c / q])].map((u) => meanT + u);
  const before = roots.filter((time) => time <= at).reduce((x, y) => Math.max(x, y), -Infinity);
  const after = roots.filter((time) => time >= at).reduce((x, y) => Math.min(x, y), Infinity);
  return [before, after === Infinity ? null : after];
};

/**
 * The crossing after `from`. Undefined where the line is level, or meets the threshold only before `from`: it has passed it, or runs away.
 * @param level coverage of the interval, .95 by default
 * @throws RangeError naming `threshold`, `from` or `level`.
 */
export const nextCrossing = (
  fit: LineFit,
  threshold: number,
  from: number,
  level: number = 0.95,
): Statistic<Crossing> => {
  requireFinite('from', from);
  requireOpenUnit('level', level);
  const time = crossingTime(fit, threshold);
  if (!time.ok) return time;
  const at = time.value;
  if (at < from)
    return undefinedBecause('the line met the threshold in the past: it has passed it, or runs away');
  if (fit.sigma2 === null) return defined({ at, earliest: null, latest: null });
  const [earliest, latest] = bandAround(fit, fit.sigma2, at, threshold, level);
  return defined({ at, earliest: Math.max(from, earliest), latest });
};
