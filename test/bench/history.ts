/**
 * What the workflows cost in history events: a cycle that finds nothing to do, and a whole rollout over 5, 25, 50 and 100 %,
 * as Temporal counts them after the end.
 */
import type { RolloutSummary } from '../../activities/index.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, startLab, type Lab } from '../support/optimizer-lab.ts';
import type { Bench } from './bench.ts';
import { benchFolder } from './lab-folder.ts';

const STEPS = [5, 25, 50, 100];

export const history: Bench = {
  summary: 'history events of an idle cycle and of a rollout over 5, 25, 50 and 100 %',
  run: async ({ seed, onProgress }) => {
    const lab = await startLab({
      dataDir: benchFolder(),
      seed,
      mode: 'recommend',
      cycle: { minLabels: 1_000_000_000, every: '1h' },
      onProgress,
    });
    try {
      const idleCycleEvents = await idleCycle(lab);
      onProgress(`an idle cycle: ${idleCycleEvents} events; the rollout takes about a minute and a half`);
      const { rolloutEvents, looks } = await rollout(lab);
      return {
        table: [
          ['workflow', 'history events', 'looks'],
          ['optimizationCycle, idle', String(idleCycleEvents), ''],
          [`canaryRollout, ${STEPS.join(' / ')} %`, String(rolloutEvents), String(looks)],
        ],
        figures: { idleCycleEvents, rolloutEvents, looks, steps: STEPS.length },
      };
    } finally {
      await lab.stop();
    }
  },
};

async function idleCycle({ client, settings: { serviceId } }: Lab): Promise<number> {
  const handle = await client.workflow.start('optimizationCycle', {
    taskQueue: TASK_QUEUE,
    workflowId: `cycle/${serviceId}`,
    args: [{ serviceId, by: 'bench' }],
  });
  const { assessment } = (await handle.result()) as { readonly assessment: { readonly kind: string } };
  if (assessment.kind !== 'nothingToDo') throw new Error(`the cycle was not idle: ${assessment.kind}`);
  return (await handle.describe()).historyLength;
}

async function rollout(lab: Lab) {
  const { client, settings } = lab;
  await lab.admissible();
  const handle = await client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: `rollout/${settings.serviceId}`,
    args: [{ serviceId: settings.serviceId, change: { model: GOOD_CANDIDATE }, steps: STEPS, by: 'bench' }],
  });
  const { outcome, reason, looks, steps } = (await handle.result()) as RolloutSummary;
  if (outcome !== 'promoted' || steps.length !== STEPS.length)
    throw new Error(`the rollout ended ${outcome} after ${steps.length} steps: ${reason}`);
  return { rolloutEvents: (await handle.describe()).historyLength, looks };
}
