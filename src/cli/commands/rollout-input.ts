/** The options of `rollout plan` and `rollout start` as the input of the workflow. Decides nothing: admission judges it. */
import { Option, type Command } from 'commander';
import type { Change } from '../../domain/change.ts';
import { ASKED_STRATEGIES } from '../../domain/strategy.ts';
import { durationText, fileText, number, steps, whole } from './options.ts';

export interface ChangeOptions {
  readonly model?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxTokens?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly systemPromptFile?: string;
  readonly strategy?: string;
  readonly steps?: readonly number[];
  readonly soak?: string;
  readonly minSamples?: number;
  readonly shadowOnly?: boolean;
  readonly force?: boolean;
  readonly supersede?: boolean;
}

export function withChange(command: Command): Command {
  return command
    .option('--model <name>', 'serve this model')
    .option('--temperature <number>', 'serve with this temperature, 0 to 2', number)
    .option('--top-p <number>', 'serve with this top-p, above 0 to 1', number)
    .option('--top-k <n>', 'serve with this top-k, 1 or more, where the provider knows it', whole)
    .option('--max-tokens <n>', 'serve with at most this many tokens', whole)
    .option('--frequency-penalty <number>', 'serve with this frequency penalty, -2 to 2', number)
    .option('--presence-penalty <number>', 'serve with this presence penalty, -2 to 2', number)
    .option('--system-prompt-file <file>', 'serve with the system prompt in this file', fileText)
    .addOption(
      new Option(
        '--strategy <name>',
        "canary (in steps), shadow (copies of requests are judged in pairs before the steps), blueGreen (one switch, the stable one kept beside it) or immediate (by a person, judged by nothing but the watch); default: the service's own",
      ).choices(ASKED_STRATEGIES),
    )
    .option(
      '--steps <list>',
      "of a canary: per cents of the traffic, such as 5,25,50,100 (default: the service's own)",
      steps,
    )
    .option('--shadow-only', 'judge copies of requests, and end without a live per cent', false)
    .option('--soak <duration>', 'shortest time at each step, such as 15m', durationText)
    .option('--min-samples <n>', 'fewest labels per arm and step', whole)
    .option(
      '--force',
      'start although the evidence cannot come in time, or there is none; it is kept on record',
      false,
    )
    .option(
      '--supersede',
      'have the change that holds the service taken back first, instead of being refused',
      false,
    );
}

/** What `canaryRollout` is started with. Options that were not given are left out: the service has defaults. */
export function inputOf(
  serviceId: string,
  given: ChangeOptions & { readonly by?: string; readonly reason?: string },
): Readonly<Record<string, unknown>> {
  const { model, temperature, topP, topK, maxTokens, frequencyPenalty, presencePenalty } = given;
  const change: Partial<Change> = {
    model,
    temperature,
    topP,
    topK,
    maxTokens,
    frequencyPenalty,
    presencePenalty,
    systemPrompt: given.systemPromptFile,
  };
  return defined({
    serviceId,
    change: defined(change),
    strategy: given.strategy,
    shadowOnly: given.shadowOnly === true ? true : undefined,
    steps: given.steps,
    soak: given.soak,
    minSamples: given.minSamples,
    by: given.by,
    reason: given.reason,
    force: given.force === true ? true : undefined,
    onConflict: given.supersede === true ? 'supersede' : undefined,
  });
}

const defined = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
