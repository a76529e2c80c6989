/**
 * Everything that can end a request or a workflow, by name. One file of `activities/` turns these into Temporal failures.
 */

/** Final failures: trying again cannot help. */
export const FINAL_FAILURES = [
  'InvalidInput',
  'UnknownService',
  'ChangeInFlight',
  'PolicyDenied',
  'BudgetExceeded',
  'StaleGeneration',
  'LeaseMoved',
  'Unauthorized',
  'OrchestratorRejected',
] as const;

/** Failures of the world around us: tried again with back-off. */
export const RETRIED_FAILURES = [
  'OrchestratorUnavailable',
  'StoreUnavailable',
  'RegistryUnavailable',
  'GovernanceUnavailable',
] as const;

export type FailureType = (typeof FINAL_FAILURES)[number] | (typeof RETRIED_FAILURES)[number];

/** One thing that is wrong with an input: where, what was given, what was expected. */
export interface Problem {
  readonly field: string;
  readonly value: unknown;
  readonly expected: string;
}

/**
 * A failure with its type and, for input, every problem found. `message` is one readable line.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly type: FailureType;
  readonly problems: readonly Problem[];

  constructor(type: FailureType, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.type = type;
    this.problems = problems;
  }

  get final(): boolean {
    return (FINAL_FAILURES as readonly string[]).includes(this.type);
  }
}

/** `InvalidInput` whose message lists every problem: `steps[1]: 5 is given, expected more than 25`. */
export function invalidInput(what: string, problems: readonly Problem[]): Failure {
  return new Failure('InvalidInput', `${what}: ${problems.map(describeProblem).join('; ')}`, problems);
}

/** One problem in words. Long values are cut at 80 characters: a prompt must not end up in an error message. */
export function describeProblem(problem: Problem): string {
  const given = problem.value === undefined ? 'missing' : JSON.stringify(problem.value);
  const shown = given.length > 80 ? `${given.slice(0, 77)}...` : given;
  return `${problem.field || '(input)'}: ${shown === 'missing' ? 'is missing' : `${shown} is given`}, expected ${problem.expected}`;
}
