/**
 * Makes the block of one metric of one arm out of what is at hand: stored windows, or single values. It only adds up; the transform that the design
 * fixed (log, cap, frozen limit) is applied here, so that both arms and all blocks get the same one.
 */
import type { WindowStats } from '../../domain/window.ts';
import { bucketBoundaryAtOrAbove, countAbove } from '../../math/ddsketch.ts';
import { requireFinite, requireWhole } from '../../math/require.ts';
import type { MeanBlock, MetricBlock, TailBlock } from './block.ts';
import {
  requireMargin,
  requireMetric,
  type MetricMargin,
  type MetricScale,
  type MetricSpec,
} from './design.ts';

type TailSpec = Extract<MetricSpec, { kind: 'tail' }>;

/** The frozen limit, and the variant's own where a relative margin widens it. */
const limitsOf = ({ frozen }: TailSpec, margin: MetricMargin | null) => ({
  limit: frozen,
  widened: margin?.kind === 'relative' ? frozen * (1 + margin.pct / 100) : null,
});

const tailOfSketch = (stats: WindowStats, metric: TailSpec, margin: MetricMargin | null): TailBlock => {
  const { sketch } = stats;
  if (sketch === null) throw new TypeError('stats.sketch must be present to count values above a limit');
  const { limit, widened } = limitsOf(metric, margin);
  const boundary = bucketBoundaryAtOrAbove(limit, sketch.alpha);
  const above = countAbove(sketch, boundary);
  if (widened === null) return { kind: 'tail', n: stats.count, above };
  const ratio = widened / limit;
  const aboveWidened = countAbove(sketch, bucketBoundaryAtOrAbove(boundary * ratio, sketch.alpha));
  return { kind: 'tail', n: stats.count, above, aboveWidened };
};

/**
 * From a stored window of one arm. A tail's limits move up to the next bucket boundary of the sketch, so that counts are exact and the margin in
 * effect is never below the one asked (statistics.md 1.6). `margin` is that of the guardrail, null for the primary metric.
 * @throws TypeError or RangeError naming stats, metric or margin: above all no sketch for a tail, or a mean that is not on the raw scale (a window
 * holds raw sums only).
 */
export const metricBlockOfWindow = (
  metric: MetricSpec,
  stats: WindowStats,
  margin: MetricMargin | null = null,
): MetricBlock => {
  requireMetric(metric, 'metric');
  if (margin !== null) requireMargin(margin, metric, 'margin');
  const { count: n, sum, sumOfSquares } = stats;
  requireWhole('stats.count', n, 0);
  requireFinite('stats.sum', sum);
  requireFinite('stats.sumOfSquares', sumOfSquares);
  if (metric.kind === 'proportion') return { kind: 'proportion', n, successes: sum };
  if (metric.kind === 'score') return { kind: 'scoreSums', n, sum, sumOfSquares };
  if (metric.kind === 'tail') return tailOfSketch(stats, metric, margin);
  if (metric.scale.kind !== 'raw') {
    throw new TypeError(
      `metric.scale must be raw for a window, which holds raw sums, got ${metric.scale.kind}`,
    );
  }
  return { kind: 'mean', n, sum, sumOfSquares };
};

const onScale = (value: number, scale: MetricScale): number => {
  if (!Number.isFinite(value)) throw new RangeError(`values must be finite numbers, got ${value}`);
  if (scale.kind === 'winsorised') return Math.min(value, scale.cap);
  if (scale.kind === 'raw') return value;
  if (value <= 0) throw new RangeError(`values must be above 0 on the log scale, got ${value}`);
  return Math.log(value);
};

const meanOfValues = (values: readonly number[], scale: MetricScale): MeanBlock => {
  let [sum, sumOfSquares] = [0, 0];
  for (const value of values) {
    const x = onScale(value, scale);
    sum += x;
    sumOfSquares += x * x;
  }
  return { kind: 'mean', n: values.length, sum, sumOfSquares };
};

const tailOfValues = (
  values: readonly number[],
  metric: TailSpec,
  margin: MetricMargin | null,
): TailBlock => {
  const { limit, widened } = limitsOf(metric, margin);
  for (const value of values) onScale(value, { kind: 'raw' });
  const above = (threshold: number): number => values.filter((value) => value > threshold).length;
  const counts = { kind: 'tail' as const, n: values.length, above: above(limit) };
  return widened === null ? counts : { ...counts, aboveWidened: above(widened) };
};

const requireUnit = (values: readonly number[]): readonly number[] => {
  for (const value of values) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`values must be from 0 to 1, got ${value}`);
  }
  return values;
};

/**
 * From single values of one arm, each unit's own. `margin` is that of the guardrail, null for the primary metric.
 * @throws TypeError or RangeError naming metric, margin, or values: not finite, outside 0..1 for a proportion or score, not above 0 for a logarithm.
 */
export const metricBlockOfValues = (
  metric: MetricSpec,
  values: readonly number[],
  margin: MetricMargin | null = null,
): MetricBlock => {
  requireMetric(metric, 'metric');
  if (margin !== null) requireMargin(margin, metric, 'margin');
  if (!Array.isArray(values)) throw new TypeError('values must be a list of numbers');
  if (metric.kind === 'score') return { kind: 'scores', scores: requireUnit(values) };
  if (metric.kind === 'mean') return meanOfValues(values, metric.scale);
  if (metric.kind === 'tail') return tailOfValues(values, metric, margin);
  const successes = requireUnit(values).reduce((sum, value) => sum + value, 0);
  return { kind: 'proportion', n: values.length, successes };
};
