/**
 * What a block tells of one metric of control and a variant, and whether it may be left out when one of the two arms is empty. It folds nothing.
 *
 * The block e-process (proportions, tails) conditions on how many outcomes each arm has, so a block without one arm says nothing and is left
 * out. Bets and means may not leave it out: a bet is fair because an outcome is the variant's with the probability of its weight, and among
 * blocks picked for having both arms it is not (in small blocks with a rare arm nearly every bet would be won). The same picking would
 * weigh times differently in the two arms of a mean.
 */
import { metricOf, type ExperimentBlock, type MetricBlock } from './block.ts';
import type { ExperimentDesign, MetricSpec } from './design.ts';
import type { PairBlock } from './fold-comparison.ts';

/** No outcome, in the form of the other arm's. Null where a block without one arm says nothing. */
const emptyLike = (block: MetricBlock): MetricBlock | null => {
  if (block.kind === 'scores') return { kind: 'scores', scores: [] };
  if (block.kind === 'scoreSums' || block.kind === 'mean') {
    return { kind: block.kind, n: 0, sum: 0, sumOfSquares: 0 };
  }
  return null;
};

/** Both arms' outcomes, of which one may be empty; null when the block says nothing of the two, or one of them took no part. */
export const pairOf = (
  block: ExperimentBlock,
  { control }: ExperimentDesign,
  variant: string,
  metric: MetricSpec,
): PairBlock | null => {
  if (!Object.hasOwn(block.weights, control) || !Object.hasOwn(block.weights, variant)) return null;
  const [a, b] = [metricOf(block, control, metric), metricOf(block, variant, metric)];
  const [ofControl, ofVariant] = [a ?? (b && emptyLike(b)), b ?? (a && emptyLike(a))];
  return ofControl === null || ofVariant === null ? null : { control: ofControl, variant: ofVariant };
};
