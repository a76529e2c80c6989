/** How well a set of points covers the unit cube. It draws and chooses nothing. Golden family `lhs`. */

/** @throws RangeError naming `sample`: rows of one length, of finite numbers in [0, 1]; the number of dimensions otherwise. */
const dimensionsOf = (sample: readonly (readonly number[])[]): number => {
  const d = sample[0]?.length ?? 0;
  for (const [i, point] of sample.entries()) {
    if (point.length !== d) throw new RangeError(`sample[${i}] must have ${d} values, got ${point.length}`);
    for (const [j, x] of point.entries()) {
      if (!(x >= 0 && x <= 1)) throw new RangeError(`sample[${i}][${j}] must be from 0 to 1, got ${x}`);
    }
  }
  return d;
};

/**
 * True when every column has exactly one point in each of the strata [i/n, (i+1)/n). True of nothing.
 * @throws RangeError naming `sample`.
 */
export const isLatinHypercube = (sample: readonly (readonly number[])[]): boolean => {
  const d = dimensionsOf(sample);
  const n = sample.length;
  return Array.from({ length: d }, (_, j) => new Set(sample.map((point) => Math.floor(point[j]! * n)))).every(
    (strata) => strata.size === n && !strata.has(n),
  );
};

/**
 * Squared centred L2 discrepancy (Hickernell, Math. Comput. 67, 1998; as `scipy.stats.qmc.discrepancy(method='CD')`): 0 is perfect cover.
 * Null for no points.
 * @throws RangeError naming `sample`.
 */
export const centeredDiscrepancy = (sample: readonly (readonly number[])[]): number | null => {
  const d = dimensionsOf(sample);
  const n = sample.length;
  if (n === 0) return null;
  const offs = sample.map((point) => point.map((x) => Math.abs(x - 0.5)));
  let [single, pairs] = [0, 0];
  for (let i = 0; i < n; i++) {
    const [point, off] = [sample[i]!, offs[i]!];
    single += off.reduce((product, o) => product * (1 + 0.5 * o - 0.5 * o * o), 1);
    pairs += off.reduce((product, o) => product * (1 + o), 1);
    // A pair counts in both orders.
    for (let k = 0; k < i; k++) {
      const [other, otherOff] = [sample[k]!, offs[k]!];
      let product = 2;
      for (let j = 0; j < d; j++)
        product *= 1 + 0.5 * (off[j]! + otherOff[j]! - Math.abs(point[j]! - other[j]!));
      pairs += product;
    }
  }
  return (13 / 12) ** d - (2 / n) * single + pairs / n ** 2;
};

/** Euclidean distance of the two nearest points; 0 below two points. @throws RangeError naming `sample`. */
export const smallestDistance = (sample: readonly (readonly number[])[]): number => {
  const d = dimensionsOf(sample);
  let least = Infinity;
  for (let i = 1; i < sample.length; i++) {
    for (let k = 0; k < i; k++) {
      let square = 0;
      for (let j = 0; j < d; j++) square += (sample[i]![j]! - sample[k]![j]!) ** 2;
      least = Math.min(least, square);
    }
  }
  return least === Infinity ? 0 : Math.sqrt(least);
};
