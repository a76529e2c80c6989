/** Fronts, ranks and exact volumes of quality (max), cost and latency (min). */
import { hypervolume, paretoFront, paretoRanks, type ParetoPoint } from '../../../src/analysis/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly points: readonly ParetoPoint[];
  readonly reference: readonly [number, number, number];
}

export const adapter = goldenAdapter<Input>({
  family: 'pareto',
  answer: ({ points, reference: [quality, cost, latency] }) => ({
    front: paretoFront(points),
    ranks: paretoRanks(points),
    hypervolume: hypervolume(points, { quality, cost, latency }),
  }),
});
