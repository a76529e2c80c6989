/** Whether what a product serves is what its mark says, and if not, in which words: somebody has changed it by hand. */
import { configurationHash, experimentHash, type ServiceState } from '../../contract/index.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import { servedBy, type Loaded, type Served } from './marked-product.ts';
import { servedAgain } from './taken-away.ts';

const same = (a: Configuration | null, b: Configuration | null): boolean =>
  (a === null ? null : configurationHash(a)) === (b === null ? null : configurationHash(b));

/** Weights that differ by rounding of the product are the same weight. */
const WEIGHT_ROUNDING_PCT = 0.005;

/**
 * Null when they agree; else what differs, without the text of a prompt.
 * @param unfinished the states before writes of ours that may have stopped half-way: each part may still be as it was in any of them,
 * and the weight anything between
 */
export function driftOf(
  mark: ServiceState,
  served: Served,
  unfinished: readonly ServiceState[] = [],
): string | null {
  const wanted = servedBy(mark);
  const ours = [wanted, ...unfinished.map(servedBy)];
  const differences = [
    ours.some(({ stable }) => same(stable, served.stable)) ? null : 'the stable configuration',
    ours.some(({ candidate }) => same(candidate, served.candidate)) ? null : 'the candidate',
    isBetween(served.weightPct, ours)
      ? null
      : `the weight (${served.weightPct} %, ours is ${wanted.weightPct} %)`,
    ours.some((each) => contentOf(each) === contentOf(served)) ? null : 'the experiment',
  ].filter((difference) => difference !== null);
  return differences.length === 0 ? null : differences.join(' and ');
}

const contentOf = ({ experiment }: Served): string | null => (experiment ? experimentHash(experiment) : null);

function isBetween(weightPct: number, ours: readonly Served[]): boolean {
  const weights = ours.map((each) => each.weightPct);
  return (
    weightPct >= Math.min(...weights) - WEIGHT_ROUNDING_PCT &&
    weightPct <= Math.max(...weights) + WEIGHT_ROUNDING_PCT
  );
}

/** Whether the product serves the candidate or the experiment that the mark names, or a candidate that was taken away and came back. */
export const servesOurChange = (mark: ServiceState, loaded: Pick<Loaded, 'served' | 'takenAway'>): boolean =>
  servesMarkedCandidate(mark, loaded.served) ||
  (mark.experiment !== undefined && mark.experiment.id === loaded.served.experiment?.id) ||
  servedAgain(loaded) !== null;

export const servesMarkedCandidate = (mark: ServiceState, served: Served): boolean =>
  mark.candidate !== null && same(mark.candidate.version.configuration, served.candidate);

/** Whether nothing but a candidate of ours that came back is served beside the marked stable: a late write of ours, nobody's hand. */
export const isOurLateWrite = (mark: ServiceState, loaded: Pick<Loaded, 'served' | 'takenAway'>): boolean =>
  same(mark.stable.configuration, loaded.served.stable) && servedAgain(loaded) !== null;
