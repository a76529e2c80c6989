/** What an experiment answers with when it ends. */
import { workflowInfo } from '@temporalio/workflow';
import type { ExperimentSummary } from '../activities/index.ts';
import type { ExperimentRunState } from '../src/state/experiment/index.ts';

export function experimentSummary(ended: ExperimentRunState): ExperimentSummary {
  const { plan, conclusion, ending, log, graduation, looks, ticks } = ended;
  const outcome = ended.outcome ?? 'failed';
  return {
    serviceId: plan.serviceId,
    generation: plan.generation,
    name: plan.name,
    outcome,
    winner: outcome === 'adopted' ? (ending?.variant ?? null) : null,
    reason: ending?.reason ?? log.at(-1)?.why ?? '',
    conclusion,
    graduation,
    looks,
    ticks,
    historyEvents: workflowInfo().historyLength,
  };
}
