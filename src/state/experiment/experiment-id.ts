/** The name by which gateways, events and registries know an experiment: the same over resets and generations, another one each time it is started. */
import type { ExperimentPlan } from './state.ts';

export function experimentIdOf({ name, salt }: Pick<ExperimentPlan, 'name' | 'salt'>): string {
  return `${name}-${salt}`;
}
