/** `experiment plan`: shows what an experiment would do, without doing it. */
import type { Command } from 'commander';
import { previewExperiment, type ExperimentPreview } from '../../../activities/experiments/preview.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { AllocationKind } from '../../domain/experiment.ts';
import { about } from '../about.ts';
import { answering, table, type Cli } from './answer.ts';
import { experimentInput, withExperiment, type ExperimentOptions } from './experiment-input.ts';
import { requireDatabase, serviceArgument, withDatabase, withTemporal } from './options.ts';
import type { Where } from './parts.ts';

export function addExperimentPlan(cli: Cli, experiment: Command): void {
  const command = experiment
    .command('plan')
    .summary('show what an experiment would do, without doing it')
    .description(
      'Shows the arms, what is judged, how many labels that takes at the rate at which they come, the expected finish, and for what the experiment would be refused. Changes nothing anywhere. Exit code 1 when it would be refused.',
    )
    .addArgument(serviceArgument());
  withDatabase(withTemporal(withExperiment(command))).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer experiment plan support-bot --name newer --variant newer:model=gpt-4o-2024-08-06 --primary cost',
  );
  answering<ExperimentOptions & Where>(cli, command, async (serviceId, options) => {
    const opened = cli.open(requireDatabase(options));
    try {
      const preview = await previewExperiment(opened.ports, experimentInput(serviceId, options));
      const admitted = preview.refusals.length === 0;
      return { text: planText(serviceId, preview), json: { serviceId, admitted, ...preview }, ok: admitted };
    } finally {
      await opened.close();
    }
  });
}

function planText(serviceId: string, { plan, refusals }: ExperimentPreview): string {
  const verdict =
    refusals.length === 0
      ? ['', 'It would be admitted.']
      : ['', 'It would be refused:', ...refusals.map(({ type, message }) => `  ${type}  ${message}`)];
  const head = `Experiment on ${serviceId}: a plan; nothing was changed.`;
  if (!plan) return [head, ...verdict].join('\n');
  const { design, sizing, allocation, ramp, maxDurationMs, approval, graduate } = plan;
  const takes = sizing.expectedMs === null ? 'cannot be told' : `some ${about(sizing.expectedMs)}`;
  return [
    head,
    table(
      ['arm', 'share', 'changes'],
      plan.arms.map(({ id, summary }) => [id, `${percent(allocation.weights[id])} %`, summary]),
    ),
    `Judged:      ${design.primary.id} (${plan.analysis}, alpha ${design.alpha}); guardrails ${design.guardrails.map(({ metric, required }) => `${metric.id}${required ? '' : ' (shown only)'}`).join(', ')}`,
    `Allocation:  ${SHARED[allocation.kind]}; ${ramp.exposedPct.join(' > ')} % of the units take part`,
    `Size:        ${sizing.reason}`,
    `Takes:       ${takes}, at most ${formatDuration(maxDurationMs)}`,
    ...(approval === 'none' ? [] : [`Approval:    ${approval}`]),
    `A winner:    ${graduate ? 'is rolled out' : 'is recommended'} when it gains ${plan.criteria.minImprovementPct} % or saves ${plan.criteria.minCostReductionPct} %`,
    ...verdict,
  ].join('\n');
}

const OF_REGRET = ', minimises regret, power not promised';
const SHARED: Readonly<Record<AllocationKind, string>> = {
  fixed: 'fixed',
  thompson: `thompson${OF_REGRET}`,
  t3c: `t3c${OF_REGRET}`,
  elimination: 'elimination, a variant that is proven worse gets nothing from then on',
};

const percent = (share = 0): number => Number((100 * share).toFixed(1));
