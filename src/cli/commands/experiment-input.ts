/** The options of `experiment plan` and `experiment start` as the input of the workflow. Decides nothing: admission judges it. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ALLOCATIONS, ANALYSES, PRIMARIES } from '../../domain/experiment.ts';
import { durationText, number, steps, text, whole } from './options.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface ExperimentOptions {
  readonly name?: string;
  readonly hypothesis?: string;
  readonly variant?: readonly Fields[];
  readonly primary?: string;
  readonly analysis?: string;
  readonly allocation?: string;
  readonly ramp?: readonly number[];
  readonly rampEvery?: string;
  readonly holdout?: number;
  readonly minImprovement?: number;
  readonly minCostReduction?: number;
  readonly minSamples?: number;
  readonly maxDuration?: string;
  readonly look?: string;
  readonly budgetUsd?: number;
  readonly approval?: string;
  readonly graduate?: boolean;
  readonly input?: Fields;
  readonly force?: boolean;
  readonly supersede?: boolean;
}

export function withExperiment(command: Command): Command {
  return command
    .option('--name <name>', 'of the experiment, such as concise-prompt', text)
    .option('--hypothesis <text>', 'what it is to show, for the record', text)
    .option(
      '--variant <id:key=value,...>',
      'one variant and what it changes: model, temperature, topP, maxTokens, systemPromptFile; once for each. The control is added',
      variant,
    )
    .addOption(new Option('--primary <metric>', 'what is to get better (default quality)').choices(PRIMARIES))
    .addOption(new Option('--analysis <kind>', 'how it is judged (default anytime)').choices(ANALYSES))
    .addOption(
      new Option(
        '--allocation <kind>',
        "how traffic is shared; thompson and t3c minimise regret and promise no power, elimination puts out what is proven worse (default: the service's own)",
      ).choices(ALLOCATIONS),
    )
    .option('--ramp <list>', 'per cents of the units that take part, rising, such as 5,25,100', steps)
    .option('--ramp-every <duration>', 'how long each of them lasts', durationText)
    .option('--holdout <pct>', 'per cent of the units that are in no arm', number)
    .option('--min-improvement <pct>', 'what a winner must gain at least', number)
    .option('--min-cost-reduction <pct>', 'or save at least', number)
    .option('--min-samples <n>', 'fewest labels per arm', whole)
    .option('--max-duration <duration>', 'longest duration, such as 7d', durationText)
    .option('--look <duration>', 'between two looks, such as 15m', durationText)
    .option('--budget-usd <usd>', 'ends when the variants have cost this much more than the control', number)
    .addOption(
      new Option('--approval <when>', 'what somebody has to approve').choices([
        'none',
        'beforeStart',
        'beforeGraduation',
        'both',
      ]),
    )
    .option('--no-graduate', 'recommend the winner, and start no rollout of it')
    .option('--input <file>', 'JSON of the whole input; options given besides go before it', json)
    .option('--force', 'start although the longest duration cannot reach the size; kept on record', false)
    .option('--supersede', 'have the change that holds the service taken back first', false);
}

/** What `abExperiment` is started with. Options that were not given are left out: the service has defaults. */
export function experimentInput(
  serviceId: string,
  given: ExperimentOptions & { readonly by?: string; readonly reason?: string },
): Fields {
  const { budgetUsd } = given;
  return defined({
    ...given.input,
    ...defined({
      serviceId,
      name: given.name,
      hypothesis: given.hypothesis,
      variants: given.variant,
      primary: given.primary,
      analysis: given.analysis,
      allocation: given.allocation,
      ramp: given.ramp,
      rampEvery: given.rampEvery,
      holdoutPct: given.holdout,
      minImprovementPct: given.minImprovement,
      minCostReductionPct: given.minCostReduction,
      minSamples: given.minSamples,
      maxDuration: given.maxDuration,
      look: given.look,
      budget: budgetUsd === undefined ? undefined : { usd: budgetUsd },
      approval: given.approval,
      graduate: given.graduate === false ? false : undefined,
      by: given.by,
      reason: given.reason,
      force: given.force === true ? true : undefined,
      onConflict: given.supersede === true ? 'supersede' : undefined,
    }),
  });
}

const NUMBERS: readonly string[] = ['temperature', 'topP', 'maxTokens'];
const EXAMPLE = 'newer:model=gpt-4o-mini,temperature=0.2';

/** `id:key=value,key=value`, added to those given before. */
function variant(given: string, before: readonly Fields[] = []): readonly Fields[] {
  const [id = '', ...rest] = given.split(':');
  const pairs = rest.join(':').split(',').filter(Boolean);
  const change: Record<string, unknown> = {};
  for (const pair of pairs) {
    const [key = '', ...values] = pair.split('=');
    const value = values.join('=');
    if (value === '') throw new InvalidArgumentError(`Expected something like ${EXAMPLE}.`);
    if (key === 'systemPromptFile') change['systemPrompt'] = read(value);
    else change[key] = NUMBERS.includes(key) ? number(value) : value;
  }
  return [...before, pairs.length === 0 ? { id } : { id, change }];
}

function json(path: string): Fields {
  const content = read(path);
  try {
    const parsed: unknown = JSON.parse(content);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Fields;
  } catch {
    // Said below, as for anything else that is no object.
  }
  throw new InvalidArgumentError('Expected a file with one JSON object.');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(
      `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
