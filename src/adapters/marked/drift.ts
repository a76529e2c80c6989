/** Whether what a product serves is what its mark says, and if not, in which words: somebody has changed it by hand. */
import { configurationHash, type ServiceState } from '../../contract/index.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import { servedBy, type Served } from './marked-product.ts';

const same = (a: Configuration | null, b: Configuration | null): boolean =>
  (a === null ? null : configurationHash(a)) === (b === null ? null : configurationHash(b));

/** Weights that differ by rounding of the product are the same weight. */
const WEIGHT_ROUNDING_PCT = 0.005;

/** Null when they agree; else what differs, without the text of a prompt. */
export function driftOf(mark: ServiceState, served: Served): string | null {
  const wanted = servedBy(mark);
  const differences = [
    same(wanted.stable, served.stable) ? null : 'the stable configuration',
    same(wanted.candidate, served.candidate) ? null : 'the candidate',
    Math.abs(wanted.weightPct - served.weightPct) <= WEIGHT_ROUNDING_PCT
      ? null
      : `the weight (${served.weightPct} %, ours is ${wanted.weightPct} %)`,
  ].filter((difference) => difference !== null);
  return differences.length === 0 ? null : differences.join(' and ');
}

/** Whether the product still serves the candidate that the mark names. */
export const servesOurCandidate = (mark: ServiceState, served: Served): boolean =>
  mark.candidate !== null && same(mark.candidate.version.configuration, served.candidate);
