/**
 * The question of non-inferiority and what answers have in common: is b worse than a by less than a margin that was fixed before the start?
 * "Not significantly worse" is not that: without a verdict nothing is shown. One look at a fixed size; a rollout is judged by e-processes.
 */
import { requireOpenUnit, requirePositive } from '../../math/require.ts';
import { requireAlpha } from './arguments.ts';

/** The margin and what better means. */
export interface NonInferiorityOptions {
  /** Above 0. As a share of arm a where `kind` is relative (.1 is ten per cent), else in the metric's unit. */
  readonly margin: number;
  /** `absolute` (default) holds b - a against the margin, `relative` b / a against 1 - margin or 1 + margin. */
  readonly kind?: 'absolute' | 'relative';
  /** Whether `higher` (default) or `lower` values are better. */
  readonly better?: 'higher' | 'lower';
  /** Level of the one-sided test, .05. */
  readonly alpha?: number;
}

/** A one-sided test against the margin. */
export interface MarginTest {
  /** Standard normal, or Student's t where there are degrees of freedom; large where b is clearly within the margin. */
  readonly statistic: number;
  readonly df: number | null;
  readonly p: number;
  /** Confidence bound 1 - alpha on the side of harm, of the difference or the ratio; null where it is not finite. Within the limit exactly when p < alpha. */
  readonly bound: number | null;
  readonly nonInferior: boolean;
}

export const withDefaults = ({
  margin,
  kind = 'absolute',
  better = 'higher',
  alpha = 0.05,
}: NonInferiorityOptions): Required<NonInferiorityOptions> => ({ margin, kind, better, alpha });

/**
 * @throws RangeError naming kind, better, alpha or margin: above 0; below 1 when it is a difference of rates (`shares`) or a relative loss.
 */
export const requireOptions = (
  { margin, kind, better, alpha }: Required<NonInferiorityOptions>,
  of: 'shares' | 'means',
): void => {
  if (kind !== 'absolute' && kind !== 'relative') {
    throw new RangeError(`kind must be "absolute" or "relative", got ${String(kind)}`);
  }
  if (better !== 'higher' && better !== 'lower') {
    throw new RangeError(`better must be "higher" or "lower", got ${String(better)}`);
  }
  requireAlpha(alpha);
  if (kind === 'absolute' ? of === 'shares' : better === 'higher') requireOpenUnit('margin', margin);
  else requirePositive('margin', margin);
};

/** The difference or ratio at which b is just inferior. */
export const limitOf = ({ margin, kind, better }: Required<NonInferiorityOptions>): number => {
  const loss = better === 'higher' ? -margin : margin;
  return kind === 'absolute' ? loss : 1 + loss;
};

/** 1 where more is better, else -1: statistics are turned so that large is good. */
export const signOf = (better: 'higher' | 'lower'): 1 | -1 => (better === 'higher' ? 1 : -1);

/** The point between `safe` (inside at any confidence) and `far` where `statistic` falls to `critical`; both ends may be in any order. */
export const crossing = (
  statistic: (limit: number) => number,
  critical: number,
  nearest: number,
  far: number,
): number => {
  let [low, high] = [nearest, far];
  for (let i = 0; i < 100; i++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (statistic(middle) < critical) low = middle;
    else high = middle;
  }
  return high;
};
