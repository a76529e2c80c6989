/**
 * Which deployments make sense for a service as it stands, beyond what the wire schema can say. Pure; it lists every
 * problem by field and changes nothing.
 */
import type { Problem } from '../domain/failure.ts';
import type { ConfigurationWrite } from '../domain/orchestrator-wire.ts';
import { experimentProblems } from './experiment-rules.ts';
import type { ServiceState } from './service-state.ts';

/** Problems of a write for a service (`undefined`: one that does not exist yet). Empty: it may be applied. */
export function deploymentProblems(
  write: ConfigurationWrite,
  state: ServiceState | undefined,
): readonly Problem[] {
  return [
    ...strategyProblems(write, state),
    ...progressionProblems(write),
    ...experimentProblems(write, state),
    ...(state !== undefined && write.unit !== undefined && write.unit !== state.unit
      ? [
          problem(
            'unit',
            write.unit,
            `${state.unit}, as the service was created with (delete it to change it)`,
          ),
        ]
      : []),
  ];
}

function strategyProblems(write: ConfigurationWrite, state: ServiceState | undefined): Problem[] {
  const { strategy, initial_percentage: pct } = write.deployment;
  const problems: Problem[] = [];
  if (state === undefined && strategy !== 'IMMEDIATE') {
    problems.push(
      problem('deployment.strategy', strategy, 'IMMEDIATE: the service has no stable configuration yet'),
    );
  }
  if (strategy === 'IMMEDIATE' && pct !== 100) {
    problems.push(problem('deployment.initial_percentage', pct, '100 with IMMEDIATE'));
  }
  if (strategy === 'SHADOW' && pct === 0) {
    problems.push(problem('deployment.initial_percentage', pct, 'more than 0 with SHADOW: what is copied'));
  }
  if (strategy === 'EXPERIMENT' && pct !== 0) {
    const expected = '0 with EXPERIMENT: deployment.experiment.exposed_pct says how many units take part';
    problems.push(problem('deployment.initial_percentage', pct, expected));
  }
  if (strategy === 'BLUE_GREEN' && pct !== 0 && pct !== 100) {
    problems.push(problem('deployment.initial_percentage', pct, '0 or 100 with BLUE_GREEN'));
  }
  if (strategy === 'IMMEDIATE' && write.lease_seconds !== undefined) {
    problems.push(
      problem('lease_seconds', write.lease_seconds, 'no lease: a stable configuration does not expire'),
    );
  }
  return problems;
}

function progressionProblems(write: ConfigurationWrite): Problem[] {
  const { deployment } = write;
  const { strategy, progression, progression_interval_minutes: minutes } = deployment;
  const problems: Problem[] = [];
  if (strategy !== 'CANARY' && progression !== undefined) {
    problems.push(problem('deployment.progression', progression, `none with ${strategy}`));
  }
  if (
    (strategy === 'IMMEDIATE' || strategy === 'SHADOW' || strategy === 'EXPERIMENT') &&
    deployment.rollback_on_error_rate !== undefined
  ) {
    const rate = deployment.rollback_on_error_rate;
    const why = strategy === 'SHADOW' ? 'the candidate answers nobody' : 'there is no candidate';
    problems.push(problem('deployment.rollback_on_error_rate', rate, `none with ${strategy}: ${why}`));
  }
  if (progression !== undefined && progression.length > 0 && minutes === undefined) {
    problems.push(
      problem('deployment.progression_interval_minutes', minutes, 'minutes between the steps of progression'),
    );
  }
  if (minutes !== undefined && (progression === undefined || progression.length === 0)) {
    problems.push(
      problem(
        'deployment.progression',
        progression,
        'per cents for progression_interval_minutes to step through',
      ),
    );
  }
  let before = deployment.initial_percentage;
  (progression ?? []).forEach((step, i) => {
    if (step <= before)
      problems.push(problem(`deployment.progression[${i}]`, step, `more than ${before} (steps rise)`));
    before = Math.max(before, step);
  });
  return problems;
}

function problem(field: string, value: unknown, expected: string): Problem {
  return { field, value, expected };
}
