/**
 * Which configuration serves a request, what it is called to the outside, and whether it counts in a comparison. The positions of units are
 * the contract's (`assignment.ts`, `experiment-assignment.ts`). Pure.
 */
import { assignArm } from '../contract/assignment.ts';
import { assignExperiment } from '../contract/experiment-assignment.ts';
import { weights } from '../contract/live.ts';
import type { ExperimentState, ServiceState, Version } from '../contract/service-state.ts';
import type { Configuration } from '../domain/orchestrator-wire.ts';
import type { Assignment } from './emitter.ts';

export interface ChosenArm {
  /** Null: the request counts in no comparison. */
  readonly assignment: Assignment | null;
  /** What answers, for headers and for what stands behind. */
  readonly chosen: Omit<Assignment, 'unit'>;
  readonly configuration: Configuration;
}

/**
 * A request without a unit is served by stable and compared with nothing. During an experiment a unit that takes no part is served by stable and
 * told as `stable`; a tester is served the arm and compared with nothing.
 * @param state settled at `nowMs`
 */
export function chooseArm(state: ServiceState, unitId: string | null, nowMs: number): ChosenArm {
  const { candidate, experiment, stable } = state;
  if (unitId === null) return { ...by('stable', stable), assignment: null };
  if (experiment !== undefined) return ofExperiment(state, experiment, unitId);
  const arm = assignArm(state, unitId, weights(state, nowMs).candidate);
  const version = arm === 'candidate' ? (candidate?.version ?? stable) : stable;
  return counted(state, unitId, by(arm, version));
}

type Served = Omit<ChosenArm, 'assignment'>;

function ofExperiment(state: ServiceState, experiment: ExperimentState, unitId: string): ChosenArm {
  const assigned = assignExperiment(experiment, state.serviceId, unitId);
  const arm =
    assigned.kind === 'outside' ? undefined : experiment.arms.find(({ id }) => id === assigned.armId);
  if (arm === undefined) return counted(state, unitId, by('stable', state.stable));
  const { id, generation } = experiment;
  const served = {
    chosen: { arm: arm.id, generation, experiment: id },
    configuration: arm.configuration,
  };
  return assigned.kind === 'forced' ? { ...served, assignment: null } : counted(state, unitId, served);
}

function by(arm: string, { generation, configuration }: Version): Served {
  return { chosen: { arm, generation }, configuration };
}

function counted({ unit }: ServiceState, unitId: string, served: Served): ChosenArm {
  return { ...served, assignment: { ...served.chosen, unit: { kind: unit, id: unitId } } };
}
