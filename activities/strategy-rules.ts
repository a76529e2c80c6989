/** What each strategy may be asked, and by whom. Evidence is judged in `plan-rollout.ts`, what is proven told by `what-is-proven.ts`. */
import { Failure, type Problem } from '../src/domain/failure.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { isOneStep, WHOLE_TRAFFIC, type RolloutStrategy } from '../src/domain/strategy.ts';
import type { RolloutInput } from '../src/domain/workflow-input.ts';

/** Ids of workflows begin so: what starts with one is not the name of a person. */
const WORKFLOW_ID = /^(?:cycle|experiment|rollout|restore|watch)\//u;

/** A shadow goes before the steps of a canary, or before nothing. */
export function strategyOf(input: RolloutInput, settings: ServiceSettings): RolloutStrategy {
  const asked = input.strategy ?? settings.rollout.strategy;
  return asked === 'shadow' || input.shadowOnly === true ? 'canary' : asked;
}

/** A service's own steps are those of its canaries. */
export function stepsOf(input: RolloutInput, settings: ServiceSettings): readonly number[] {
  return isOneStep(strategyOf(input, settings)) ? WHOLE_TRAFFIC : (input.steps ?? settings.rollout.steps);
}

/** Throws PolicyDenied when a workflow asks for what only a person may do. */
export function refuseWithoutPerson(
  strategy: RolloutStrategy,
  serviceId: string,
  parentWorkflowId: string | null,
): void {
  if (strategy !== 'immediate' || parentWorkflowId === null) return;
  const why = `${parentWorkflowId} may not change ${serviceId} with strategy immediate: a person starts it`;
  throw new Failure('PolicyDenied', why);
}

/** What does not go together with the strategy, or is missing for it, by field. */
export function problemsOfStrategy(input: RolloutInput, settings: ServiceSettings): readonly Problem[] {
  const strategy = strategyOf(input, settings);
  const problems: Problem[] = [];
  const expect = (field: keyof RolloutInput, expected: string): void => {
    problems.push({ field, value: input[field], expected });
  };
  if (isOneStep(strategy) && input.steps !== undefined) {
    expect('steps', `none with strategy ${strategy}, which has the one step of 100 %`);
  }
  if (input.shadowOnly === true && (input.strategy ?? 'shadow') !== 'shadow') {
    expect('strategy', 'shadow or nothing with shadowOnly');
  }
  if (strategy === 'immediate') {
    if (input.soak !== undefined) expect('soak', 'none with strategy immediate: nothing soaks');
    if (input.minSamples !== undefined)
      expect('minSamples', 'none with strategy immediate: nothing is judged');
    if (input.by === undefined || WORKFLOW_ID.test(input.by)) {
      expect('by', 'the person who changes the service at once (strategy immediate)');
    }
    if (input.reason === undefined)
      expect('reason', 'why the service is changed at once (strategy immediate)');
  }
  return problems;
}
