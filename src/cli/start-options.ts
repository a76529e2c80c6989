/** Options of `npm start`. Reads the command line only; starts nothing. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { LOG_LEVELS } from '../config/log.ts';

export interface StartOptions {
  readonly once: boolean;
  readonly swap: boolean;
  readonly seed: number;
  readonly speed: number;
  readonly service: string | null;
  readonly incumbent: string;
  readonly data: string;
  readonly logLevel: string;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
};

const atLeast20 = (text: string): number => {
  const value = Number(text);
  if (!(value >= 20 && value <= 400)) {
    throw new InvalidArgumentError('Expected a number from 20 (about 110 requests a second) to 400.');
  }
  return value;
};

/** Parses the arguments after the script's name. Prints the help or what is wrong and exits, as commander does. */
export function readStartOptions(argv: readonly string[]): StartOptions {
  const command = new Command('npm start --')
    .description(
      [
        'Runs the whole loop on this machine: a gateway that replays recorded outcomes of real LLMs, PostgreSQL, Temporal',
        'and the optimizer. Tells two stories: a service becomes cheaper at the same quality, step by step; then a bad',
        'candidate is tried and taken back by itself. Then it stays up, for you to try tctl and temporal on it.',
      ].join(' '),
    )
    .option('--once', 'exit when both stories are told: with 0, or with 1 if one did not end as told', false)
    .option(
      '--swap',
      'exchange the recorded rows of the two contenders: both outcomes must swap with them',
      false,
    )
    .option('--seed <n>', 'of traffic, latency draws and users', whole, 1)
    .option('--speed <factor>', 'how many times faster than recorded the traffic runs', atLeast20, 40)
    .option(
      '--service <file>',
      'settings of the service, YAML (deploy/services/support-bot.yaml unless given)',
    )
    .option('--incumbent <model>', 'what the gateway serves at first', 'gpt-4o-2024-05-13')
    .addOption(
      new Option(
        '--data <folder>',
        'everything that outlives the run (.data unless given, .data-swapped with --swap)',
      ).env('LLM_OPTIMIZER_DATA'),
    )
    .addOption(
      new Option('--log-level <level>', 'how much goes to optimizer.log in the data folder')
        .choices(LOG_LEVELS)
        .default('info')
        .env('LOG_LEVEL'),
    )
    .addHelpText(
      'after',
      [
        '',
        'Environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and DATABASE_URL name servers to use instead of own ones.',
        '',
        'A second start with the same data folder continues where the first one stopped. Ctrl-C ends everything.',
      ].join('\n'),
    )
    .parse(argv, { from: 'user' });
  const given = command.opts<Omit<StartOptions, 'service' | 'data'> & { service?: string; data?: string }>();
  return {
    ...given,
    service: given.service ?? null,
    data: given.data ?? (given.swap ? '.data-swapped' : '.data'),
  };
}
