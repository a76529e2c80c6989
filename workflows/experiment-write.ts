/** What every write of an experiment to its gateway carries. The revision was raised by the event before. */
import type { ArmsWrite } from '../activities/index.ts';
import {
  experimentIdOf,
  type ExperimentAction,
  type ExperimentRunState,
} from '../src/state/experiment/index.ts';

export function experimentWrite(workflowId: string, state: ExperimentRunState): ArmsWrite {
  const { plan, revision, wereAway } = state;
  return {
    serviceId: plan.serviceId,
    target: plan.target,
    generation: plan.generation,
    revision,
    idempotencyKey: `${workflowId}/${plan.generation}/${revision}`,
    stableHash: plan.stableHash,
    // Only of arms that were known to be away: those that somebody took away meanwhile, for harm perhaps, are not served again.
    ...(wereAway && { leftNothing: true }),
    experiment: {
      id: experimentIdOf(plan),
      salt: plan.salt,
      arms: plan.arms.map(({ id, hash }) => ({ id, hash })),
    },
  };
}

/** What serving the arms carries besides. */
export function armsAsked(
  { plan, periods, startedAtMs, unread }: ExperimentRunState,
  { weights, exposedPct }: Extract<ExperimentAction, { kind: 'setArms' }>,
) {
  const last = periods.at(-1);
  const begins = startedAtMs === null;
  return {
    weights,
    exposedPct,
    leaseMs: plan.leaseMs,
    forced: plan.forced,
    ...(unread && { unread }),
    servedAs: last ? { weights: last.weights, exposedPct: last.exposedPct } : null,
    begins,
    starts: begins && !plan.forcedStart,
  };
}
