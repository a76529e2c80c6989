/** `rollout plan`: shows what a rollout would do, without doing it. */
import type { Command } from 'commander';
import { previewRollout } from '../../../activities/preview-rollout.ts';
import { answering, type Cli } from './answer.ts';
import { requireDatabase, serviceArgument, withDatabase, withTemporal } from './options.ts';
import type { Where } from './parts.ts';
import { planText } from './plan-view.ts';
import { inputOf, withChange, type ChangeOptions } from './rollout-input.ts';

export function addRolloutPlan(cli: Cli, rollout: Command): void {
  const command = rollout
    .command('plan')
    .summary('show what a rollout would do, without doing it')
    .description(
      'Shows the change, what is served now, each step with what must be ruled out and how many labels that takes, the expected finish, and everything for which the rollout would be refused. Changes nothing anywhere. Exit code 1 when it would be refused.',
    )
    .addArgument(serviceArgument());
  withDatabase(withTemporal(withChange(command))).addHelpText(
    'after',
    [
      '',
      'Examples:',
      '  llm-optimizer rollout plan support-bot --model claude-3-5-haiku',
      '  llm-optimizer rollout plan support-bot --temperature 0.2 --steps 10,50,100 --soak 30m --json',
    ].join('\n'),
  );
  answering<ChangeOptions & Where>(cli, command, async (serviceId, options) => {
    const opened = cli.open(requireDatabase(options));
    try {
      const preview = await previewRollout(opened.ports, inputOf(serviceId, options));
      const admitted = preview.refusals.length === 0;
      return { text: planText(serviceId, preview), json: { serviceId, admitted, ...preview }, ok: admitted };
    } finally {
      await opened.close();
    }
  });
}
