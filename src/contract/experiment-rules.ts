/**
 * Which experiments make sense for a service as it stands, beyond what the wire schema can say. Pure; it lists every problem by field and
 * changes nothing.
 */
import type { Problem } from '../domain/failure.ts';
import type { ConfigurationWrite, ExperimentDeployment } from '../domain/orchestrator-wire.ts';
import { configurationHash, type ServiceState } from './service-state.ts';

/** Weights are sums of shares that somebody computed in floating point. */
const WEIGHT_SUM_TOLERANCE = 1e-9;

/** Problems of a write with the strategy EXPERIMENT, and of an experiment under any other one. */
export function experimentProblems(
  write: ConfigurationWrite,
  state: ServiceState | undefined,
): readonly Problem[] {
  const { strategy, experiment } = write.deployment;
  if (strategy !== 'EXPERIMENT') {
    if (experiment === undefined) return [];
    return [{ field: 'deployment.experiment', value: experiment, expected: `none with ${strategy}` }];
  }
  const lease: Problem[] =
    write.lease_seconds === undefined
      ? [{ field: 'lease_seconds', value: undefined, expected: 'a lease: an experiment ends with it' }]
      : [];
  if (experiment === undefined) {
    const expected = 'the arms of an experiment';
    return [...lease, { field: 'deployment.experiment', value: undefined, expected }];
  }
  return [...lease, ...controlProblems(write, experiment, state), ...armProblems(experiment)];
}

/** The control is what everybody else is served: whoever compares with something else compares with nothing that is live. */
function controlProblems(
  write: ConfigurationWrite,
  { arms }: ExperimentDeployment,
  state: ServiceState | undefined,
): Problem[] {
  if (state === undefined) return [];
  const expected = `what is stable (generation ${state.stable.generation}): the first arm is the control`;
  const differs = (configuration: ConfigurationWrite['configuration']): boolean =>
    configurationHash(configuration) !== state.stable.hash;
  const control = arms[0]?.configuration;
  return [
    ...(differs(write.configuration)
      ? [{ field: 'configuration', value: write.configuration, expected }]
      : []),
    ...(control !== undefined && differs(control)
      ? [{ field: 'deployment.experiment.arms[0].configuration', value: control, expected }]
      : []),
  ];
}

function armProblems({ arms, forced = {} }: ExperimentDeployment): Problem[] {
  const at = 'deployment.experiment';
  const problems: Problem[] = [];
  const ids = new Set<string>();
  arms.forEach(({ id }, i) => {
    if (ids.has(id)) {
      problems.push({ field: `${at}.arms[${i}].id`, value: id, expected: 'an id that no other arm has' });
    }
    ids.add(id);
  });
  const sum = arms.reduce((total, { weight }) => total + weight, 0);
  if (!(Math.abs(sum - 1) <= WEIGHT_SUM_TOLERANCE)) {
    const value = arms.map(({ weight }) => weight);
    problems.push({ field: `${at}.arms`, value, expected: `weights that sum to 1 (they sum to ${sum})` });
  }
  for (const [unitId, id] of Object.entries(forced)) {
    if (ids.has(id)) continue;
    const expected = `one of ${[...ids].join(', ')}`;
    problems.push({ field: `${at}.forced.${unitId}`, value: id, expected });
  }
  return problems;
}
