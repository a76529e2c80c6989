/**
 * Which arm of an experiment a unit belongs to. Pure and stable, and the same in every language: ARCHITECTURE.md describes the hash, and
 * `experiment-assignment-vectors.json` beside this file holds what any implementation must answer.
 *
 *     position(purpose) = floor(first 8 bytes of SHA-256(service NUL salt NUL purpose NUL unit id), big-endian, / 2^11) / 2^53
 *     takes part        when position("exposure") < exposed_pct / 100
 *     arm               the first one, in order, for which position("arm") < the sum of the weights up to and with its own
 *
 * The two positions are independent: a greater share of units that take part moves none of them to another arm. Texts are UTF-8 as they
 * come, not normalised.
 */
import type { ExperimentDeployment } from '../domain/orchestrator-wire.ts';
import { unitInterval } from './assignment.ts';

/** What of an experiment decides about a unit. */
export type AssignedBy = Pick<ExperimentDeployment, 'salt' | 'exposed_pct' | 'forced'> & {
  readonly arms: readonly Pick<ExperimentDeployment['arms'][number], 'id' | 'weight'>[];
};

/** `forced`: a tester, who is served the arm and never counted. `outside`: served the stable configuration, and in no comparison of it. */
export type ExperimentAssignment =
  { readonly kind: 'exposed' | 'forced'; readonly armId: string } | { readonly kind: 'outside' };

/** @param experiment one that the contract has accepted: arms in order, weights that sum to 1 */
export function assignExperiment(
  experiment: AssignedBy,
  serviceId: string,
  unitId: string,
): ExperimentAssignment {
  const { salt, exposed_pct: exposedPct, forced = {} } = experiment;
  const named = Object.hasOwn(forced, unitId) ? forced[unitId] : undefined;
  if (named !== undefined) return { kind: 'forced', armId: named };
  if (unitInterval(serviceId, salt, 'exposure', unitId) >= exposedPct / 100) return { kind: 'outside' };
  return { kind: 'exposed', armId: armAt(experiment.arms, unitInterval(serviceId, salt, 'arm', unitId)) };
}

/** Weights that sum to a little less than 1 leave the rest to the last arm that has any. */
function armAt(arms: AssignedBy['arms'], position: number): string {
  let end = 0;
  let last = '';
  for (const { id, weight } of arms) {
    end += weight;
    if (position < end) return id;
    if (weight > 0) last = id;
  }
  return last;
}
