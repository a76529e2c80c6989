/** What is shown of a comparison: values as observed, the interval, and about how many outcomes are still to come. Decides nothing. */
import { intervalAlpha, type ExperimentDesign, type MetricSpec } from './design.ts';
import type { Comparison, ExperimentState } from './state.ts';
import type { Observed, ShownInterval } from './verdict.ts';

/** Values of both arms compared within blocks. */
export const observedOf = ({ effect }: Comparison, metric: MetricSpec): Observed => {
  const { weight } = effect;
  if (weight <= 0) return { control: null, variant: null, difference: null, relative: null };
  const [control, variant] = [effect.control / weight, effect.variant / weight];
  const difference = variant - control;
  const log = metric.kind === 'mean' && metric.scale.kind === 'log';
  if (log) return { control, variant, difference, relative: Math.expm1(difference) };
  return { control, variant, difference, relative: control === 0 ? null : difference / Math.abs(control) };
};

/** The interval of the running stage; null within its burn-in, and when the looks have excluded every value. */
export const intervalOf = (
  { interval }: Comparison,
  { design, stage }: ExperimentState,
): ShownInterval | null => {
  const { low, high } = interval;
  if (low === null || high === null || low > high) return null;
  return { low, high, alpha: intervalAlpha(design), stage: stage?.no ?? 0 };
};

/** Evidence below which its growth says nothing about the future. */
const ENOUGH_TO_EXTRAPOLATE = 1;

/**
 * About how many more outcomes per arm until a conclusion: growth so far extrapolated to `limit`, at most what the cap leaves. 0 when there.
 */
export const labelsLeft = (
  { labels }: Comparison,
  { logE, maxLogE }: { readonly logE: number; readonly maxLogE: number },
  limit: number,
  { capPerArm }: ExperimentDesign,
): number => {
  const had = Math.min(labels.control, labels.variant);
  const toCap = Math.max(0, Math.ceil(capPerArm - had));
  if (maxLogE >= limit) return 0;
  if (had === 0 || logE < ENOUGH_TO_EXTRAPOLATE) return toCap;
  return Math.min(toCap, Math.ceil(((limit - logE) * had) / logE));
};
