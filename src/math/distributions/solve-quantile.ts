/**
 * Turns a cdf around. In a coordinate where the density is log-concave (ln x for a gamma, the logit for a beta), the logarithm of
 * either tail is concave, so Newton's method on it converges from any start, monotonically after its first step.
 */
import type { Tail } from './tail.ts';

/** Both tails at a coordinate, and the logarithm of the density in that coordinate. */
export interface TailsAt {
  readonly lower: Tail;
  readonly upper: Tail;
  readonly logDensity: number;
}

const STEPS = 200;

/**
 * The coordinate u whose lower tail is p and whose upper tail is q = 1 - p; the smaller of the two is met. `longestStepUp` bounds
 * steps to the right, for coordinates in which the upper tail falls faster than exponentially.
 */
export const solveQuantile = (
  p: number,
  q: number,
  start: number,
  longestStepUp: number,
  tailsAt: (u: number) => TailsAt,
): number => {
  const useLower = p <= q;
  const target = Math.log(Math.min(p, q));
  let u = start;
  let last = Infinity;
  for (let i = 0; i < STEPS; i++) {
    const { lower, upper, logDensity } = tailsAt(u);
    const { log } = useLower ? lower : upper;
    const newton = (target - log) * Math.exp(log - logDensity) * (useLower ? 1 : -1);
    const step = Math.min(newton, longestStepUp);
    // So narrow a distribution lies between two doubles: the start is as near as they come.
    if (!Number.isFinite(step)) break;
    u += step;
    const size = Math.abs(step);
    if (size <= 4e-16 * Math.max(1, Math.abs(u)) || (size < 1e-9 && size >= last)) break;
    last = size;
  }
  return u;
};
