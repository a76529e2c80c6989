/** Finds where an increasing function passes a value: for sizes and effects that have no closed form. */

/**
 * The x in [low, high] at which the increasing `f` reaches `target`, to the last bits (bisection). The caller has checked that
 * f(low) <= target <= f(high).
 */
export const solveIncreasing = (
  f: (x: number) => number,
  target: number,
  low: number,
  high: number,
): number => {
  let [lo, hi] = [low, high];
  for (let i = 0; i < 200; i++) {
    const middle = lo + (hi - lo) / 2;
    if (middle <= lo || middle >= hi || hi - lo <= 1e-14 * Math.abs(hi)) break;
    if (f(middle) < target) lo = middle;
    else hi = middle;
  }
  return hi;
};
