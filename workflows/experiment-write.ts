/** What every write of an experiment to its gateway carries. The revision was raised by the event before. */
import type { ArmsWrite } from '../activities/index.ts';
import { experimentIdOf, type ExperimentRunState } from '../src/state/experiment/index.ts';

export function experimentWrite(workflowId: string, state: ExperimentRunState): ArmsWrite {
  const { plan, revision, served, periods } = state;
  return {
    serviceId: plan.serviceId,
    target: plan.target,
    generation: plan.generation,
    revision,
    idempotencyKey: `${workflowId}/${plan.generation}/${revision}`,
    stableHash: plan.stableHash,
    // The arms were there once and are away: that none are served is this experiment's own doing.
    ...(served !== 'yes' && periods.length > 0 && { leftNothing: true }),
    experiment: {
      id: experimentIdOf(plan),
      salt: plan.salt,
      arms: plan.arms.map(({ id, hash }) => ({ id, hash })),
    },
  };
}
