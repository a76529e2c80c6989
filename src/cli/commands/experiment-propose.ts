/** `experiment propose`: shows what could be tried next in the prompt or the parameters of a service. Starts nothing. */
import { Option, type Command } from 'commander';
import { proposeExperiment, type ExperimentProposal } from '../../../activities/propose-experiment.ts';
import type { TokenCount } from '../../ports/tokens.ts';
import { answering, cut, table, timeOf, type Answer, type Cli } from './answer.ts';
import { requireDatabase, serviceArgument, whole, withDatabase, withTemporal } from './options.ts';
import type { Where } from './parts.ts';

interface ProposeOptions extends Where {
  readonly what: 'prompts' | 'parameters';
  readonly seed: number;
  readonly variants: number;
}

export function addExperimentPropose(cli: Cli, experiment: Command): void {
  const command = experiment
    .command('propose')
    .summary('show what could be tried next, without trying it')
    .description(
      'Shows the next experiment with the prompt or the parameters of a service: its variants with their reasons, tokens and shares, and why others were passed over. The same seed proposes the same while nothing is learned. Changes nothing anywhere. Exit code 1 when there is nothing left to try now.',
    )
    .addArgument(serviceArgument())
    .addOption(
      new Option('--what <part>', 'what to change').choices(['prompts', 'parameters']).makeOptionMandatory(),
    )
    .option('--seed <n>', 'of what is drawn', whole, 1)
    .option('--variants <n>', 'of prompts: how many at once, 1 to 9', whole, 1);
  withDatabase(withTemporal(command)).addHelpText(
    'after',
    [
      '',
      'Examples:',
      '  llm-optimizer experiment propose support-bot --what prompts',
      '  llm-optimizer experiment propose support-bot --what parameters --seed 7 --json',
    ].join('\n'),
  );
  answering<ProposeOptions>(cli, command, async (serviceId, options) => {
    const opened = cli.open(requireDatabase(options));
    try {
      const { what, seed, variants } = options;
      return answerOf(await proposeExperiment(opened.ports, { serviceId, what, seed, variants }));
    } finally {
      await opened.close();
    }
  });
}

function answerOf(proposal: ExperimentProposal): Answer {
  const head = `Experiment with the ${proposal.what} of ${proposal.serviceId}: a proposal (seed ${proposal.seed}); nothing was changed.`;
  const passed = proposal.passedOver.map(({ origin, reason }) => `  ${origin}: ${reason}`);
  const tail = passed.length === 0 ? [] : ['', 'Passed over:', ...passed];
  const lines =
    proposal.kind === 'exhausted'
      ? [
          head,
          '',
          `Nothing to try: ${proposal.reason}`,
          ...(proposal.nextMs === null ? [] : [`Again from:     ${timeOf(proposal.nextMs)}`]),
        ]
      : [
          head,
          '',
          variantTable(proposal),
          '',
          ...texts(proposal),
          `Input: ${JSON.stringify(proposal.input)}`,
        ];
  return { text: [...lines, ...tail].join('\n'), json: proposal, ok: proposal.kind === 'proposal' };
}

type Found = Extract<ExperimentProposal, { kind: 'proposal' }>;

function variantTable({ variants, input, baselineTokens, what }: Found): string {
  const shareOf = (id: string): string => {
    const share = input.weights?.[id] ?? 1 / (variants.length + 1);
    return `${(100 * share).toFixed(1)} %`;
  };
  const rows = variants.map(({ id, change, why, notes, tokens }) => [
    id,
    shareOf(id),
    what === 'prompts' ? tokensText(tokens, baselineTokens) : settingText(change),
    [why, ...notes].join('\n'),
  ]);
  const control = [
    'control',
    shareOf('control'),
    what === 'prompts' ? tokensText(baselineTokens, null) : 'as it is',
    'as it is',
  ];
  return table(['variant', 'traffic', what === 'prompts' ? 'tokens' : 'setting', 'why'], [control, ...rows]);
}

function tokensText(count: TokenCount | null, baseline: TokenCount | null): string {
  if (count === null) return 'none';
  const about = count.isExact ? '' : 'about ';
  if (baseline === null) return `${about}${count.tokens} (${count.encoding})`;
  const more = count.tokens - baseline.tokens;
  return `${about}${count.tokens} (${more < 0 ? '' : '+'}${more})`;
}

const settingText = (change: Readonly<Record<string, unknown>>): string =>
  Object.entries(change)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join('\n');

const LONGEST_SHOWN = 2_000;

const texts = ({ variants, what }: Found): readonly string[] =>
  what === 'parameters'
    ? []
    : variants.flatMap(({ id, change }) => [
        `--- ${id}`,
        cut(change.systemPrompt ?? '', LONGEST_SHOWN),
        '---',
        '',
      ]);
