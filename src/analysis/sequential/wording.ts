/** How a look at an experiment is put into words: sentences that quote the comparison with numbers. Decides nothing. */
import type { MetricMargin, MetricSpec } from './design.ts';
import type { Observed } from './verdict.ts';

const trim = (value: number, digits: number = 4): string => String(Number(value.toPrecision(digits)));

/** A count with thousands separators, such as 2,400. */
export const inThousands = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/gu, ',');

/** "p 0.0123". */
export const pInWords = (p: number): string => `p ${p < 1e-4 ? p.toExponential(1) : trim(p, 3)}`;

/** "quality 0.751 against 0.702 (+7 %)", the variant first; a tail names its limit. */
export const comparisonInWords = (metric: MetricSpec, { control, variant, relative }: Observed): string => {
  if (control === null || variant === null) return `${metric.id}: nothing to compare yet`;
  const name = metric.kind === 'tail' ? `share of ${metric.id} above ${trim(metric.frozen)}` : metric.id;
  const log = metric.kind === 'mean' && metric.scale.kind === 'log';
  const value = (x: number): string => trim(log ? Math.exp(x) : x);
  const change = relative === null ? '' : ` (${relative < 0 ? '' : '+'}${trim(relative * 100, 3)} %)`;
  return `${name} ${value(variant)} against ${value(control)}${change}`;
};

/** The loss that a guardrail rules out, such as "a rise of 10 %" or "a drop of 0.02". */
export const lossInWords = (metric: MetricSpec, margin: MetricMargin): string => {
  const way = metric.direction === 'increase' ? 'drop' : 'rise';
  return margin.kind === 'relative' ? `a ${way} of ${margin.pct} %` : `a ${way} of ${margin.amount}`;
};
