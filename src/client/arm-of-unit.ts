/**
 * For a service that asks its model by itself, and its gateway only for what is live: which configuration a unit is served. The same answer
 * as the gateway's own, by the same rule (`src/contract/experiment-assignment.ts`). It reports nothing: whoever serves by it sends the
 * feedback events, with arm, generation and experiment as they are told here.
 */
import { assignExperiment } from '../contract/index.ts';
import type { Configuration, LiveConfiguration } from '../domain/orchestrator-wire.ts';

/**
 * `counted` false: a tester of the experiment; no event is sent. `askGateway`: a candidate is being tried, whose split has a salt that the
 * gateway keeps to itself, so the request has to go through the gateway.
 */
export type ServedToUnit =
  | {
      readonly kind: 'served';
      readonly arm: string;
      readonly generation: number;
      readonly experiment: string | null;
      readonly configuration: Configuration;
      readonly counted: boolean;
    }
  | { readonly kind: 'askGateway' };

/**
 * @param live what the gateway answered to `GET /api/v1/configurations/{service_id}`; ask again at least as often as its leases are long
 * @param unitId of the kind that `live.unit` says; at most 200 characters
 * @param nowMs milliseconds since the epoch: an experiment whose lease has run out is over by the reader's own clock
 */
export function armOfUnit(live: LiveConfiguration, unitId: string, nowMs: number): ServedToUnit {
  const { experiment, stable, candidate, weight_pct: weightPct, lease_expires_at: leaseEndMs } = live;
  const isOver = leaseEndMs !== null && nowMs >= leaseEndMs;
  const asStable: ServedToUnit = {
    kind: 'served',
    arm: 'stable',
    generation: stable.generation,
    experiment: null,
    configuration: stable.configuration,
    counted: true,
  };
  if (isOver) return asStable;
  if (candidate !== null && weightPct > 0) return { kind: 'askGateway' };
  if (!experiment) return asStable;
  const assigned = assignExperiment(experiment, live.service_id, unitId);
  const arm =
    assigned.kind === 'outside' ? undefined : experiment.arms.find(({ id }) => id === assigned.armId);
  if (arm === undefined) return asStable;
  return {
    kind: 'served',
    arm: arm.id,
    generation: experiment.generation,
    experiment: experiment.id,
    configuration: arm.configuration,
    counted: assigned.kind !== 'forced',
  };
}
