/** Checks of given samples, the product's own sampler at the same size, and grids in row-major order. */
import {
  centeredDiscrepancy,
  gridOf,
  isLatinHypercube,
  maximinLatinHypercube,
  smallestDistance,
} from '../../../src/decision/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';
import { goldenAdapter } from '../adapter.ts';

type Input =
  | { readonly kind?: undefined; readonly sample: readonly (readonly number[])[] }
  | { readonly kind: 'grid'; readonly values: readonly (readonly number[])[] };

const SEEDS = 10;

export const adapter = goldenAdapter<Input>({
  family: 'lhs',
  answer: (input) => {
    if (input.kind === 'grid') {
      const points = gridOf(input.values);
      return { count: points.length, points };
    }
    const { sample } = input;
    const [n, d] = [sample.length, sample[0]?.length ?? 0];
    for (let seed = 0; seed < SEEDS; seed++) {
      if (!isLatinHypercube(maximinLatinHypercube(n, d, randomFromSeed(seed)))) {
        throw new Error(`the sampler's own ${n} by ${d} points of seed ${seed} are no Latin hypercube`);
      }
    }
    return {
      n,
      d,
      is_lhs: isLatinHypercube(sample),
      centered_discrepancy: centeredDiscrepancy(sample),
      min_pairwise_distance: smallestDistance(sample),
    };
  },
});
