/** A proposal as the input of `abExperiment`: what a person could have typed. It starts nothing. */
import type { ExperimentInput } from '../domain/experiment.ts';
import type { TaskType } from '../domain/task-type.ts';
import { experimentName } from './learning/index.ts';
import { CONTROL, type ParameterProposal } from './parameters/index.ts';
import type { PromptProposal } from './prompts/index.ts';

export interface Asked {
  readonly serviceId: string;
  readonly taskType: TaskType;
  /** A whole number from 0 that ends the name, such as the seed. */
  readonly mark: number;
  readonly untriedPct: number;
  /** A required guardrail is of the cost: then weights may not follow the outcomes. */
  readonly costDecides?: boolean;
  readonly by?: string;
}

const RAMP_EVERY = '1h';

/** For the first hour each arm has the share of an untried setting; then all units take part, in equal shares. */
export function promptExperiment(
  { serviceId, taskType, mark, untriedPct, by }: Asked,
  { variants }: Extract<PromptProposal, { kind: 'proposal' }>,
): ExperimentInput {
  const firstPct = Math.min(100, untriedPct * (variants.length + 1));
  return {
    serviceId,
    name: experimentName('prompts', taskType, mark),
    hypothesis: `${variants.map(({ origins }) => origins.join(' and ')).join(', ')}: the answers get better or cheaper`,
    variants: [{ id: CONTROL }, ...variants.map(({ id, text }) => ({ id, change: { systemPrompt: text } }))],
    allocation: 'fixed',
    ...(firstPct < 100 && { ramp: [firstPct, 100], rampEvery: RAMP_EVERY }),
    ...(by !== undefined && { by }),
    reason: variants.map(({ id, why }) => `${id}: ${why}`).join('; '),
  };
}

/** What is proven worse is put out, and an untried setting never has more than its share; the control has the rest. */
export function parameterExperiment(
  { serviceId, taskType, mark, untriedPct, costDecides = false, by }: Asked,
  { settings, weights }: Extract<ParameterProposal, { kind: 'proposal' }>,
): ExperimentInput {
  const untried = settings.filter(({ isTried }) => !isTried);
  const caps = Object.fromEntries(untried.map(({ id }) => [id, untriedPct / 100]));
  return {
    serviceId,
    name: experimentName('parameters', taskType, mark),
    hypothesis: 'a setting in the ranges of the service gives better or cheaper answers',
    variants: [{ id: CONTROL }, ...settings.map(({ id, change }) => ({ id, change }))],
    weights,
    ...(costDecides ? { allocation: 'fixed' } : { allocation: 'elimination', caps }),
    ...(by !== undefined && { by }),
    reason: settings.map(({ id, why }) => `${id}: ${why}`).join('; '),
  };
}
