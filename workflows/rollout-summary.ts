/** What a rollout answers with when it ends. */
import { workflowInfo } from '@temporalio/workflow';
import type { RolloutSummary } from '../activities/index.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';

export function summaryOf(ended: RolloutState): RolloutSummary {
  return {
    serviceId: ended.plan.serviceId,
    generation: ended.plan.generation,
    summary: ended.plan.summary,
    outcome: ended.outcome ?? 'rolledBack',
    reason: ended.ending?.reason ?? ended.log.at(-1)?.why ?? '',
    looks: ended.looks,
    steps: ended.steps,
    historyEvents: workflowInfo().historyLength,
  };
}
