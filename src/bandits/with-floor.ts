/** Shares of traffic per arm with a floor: what no policy may starve, so that a change in an arm is still seen. */

/** Shares may miss a sum of one by this much rounding. */
const ROUNDING = 1e-9;

/** @throws RangeError naming `shares` unless they are from 0 and sum to one. */
export const requireShares = (shares: readonly number[]): void => {
  const sum = shares.reduce((total, share) => total + (share >= 0 ? share : Number.NaN), 0);
  if (!(Math.abs(sum - 1) <= ROUNDING)) {
    throw new RangeError(`shares must be numbers from 0 that sum to 1, got ${JSON.stringify(shares)}`);
  }
};

/**
 * The shares with none below `floor`: arms under it get the floor, the others divide the rest in proportion to their shares.
 * Shares that keep to the floor already come back as they are, so doing it twice changes nothing, and order is kept.
 * @param shares per arm, 0..1, summing to one.
 * @param floor share from 0 to 1/arms; at 1/arms all are equal.
 * @throws RangeError naming `shares`, or `floor` when no allocation could keep to it.
 */
export const withFloor = (shares: readonly number[], floor: number): readonly number[] => {
  requireShares(shares);
  const arms = shares.length;
  if (!(floor >= 0 && floor <= 1 / arms)) {
    throw new RangeError(`floor must be from 0 to 1/${arms} for ${arms} arms, got ${floor}`);
  }
  if (shares.every((share) => share >= floor)) return shares;
  // Raising some arms takes from the others, which may push more of them under: at most one round per arm.
  let raised = shares.map((share) => share < floor);
  for (;;) {
    const kept = shares.reduce((sum, share, i) => sum + (raised[i]! ? 0 : share), 0);
    const rest = 1 - floor * raised.filter(Boolean).length;
    const next = shares.map((share, i) => (raised[i]! ? floor : (share / kept) * rest));
    const below = next.map((share, i) => raised[i]! || share < floor);
    if (below.every(Boolean)) return shares.map(() => 1 / arms);
    if (below.every((flag, i) => flag === raised[i])) return next;
    raised = below;
  }
};
