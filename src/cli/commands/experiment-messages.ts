/** `experiment stop|rollback|pause|resume|approve|reject|promote|allocate`: tells a running experiment what to do, and prints its answer. */
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import type { MessageName } from '../../state/messages.ts';
import { answering, type Cli } from './answer.ts';
import { number, serviceArgument, text, withPerson, withTemporal } from './options.ts';
import type { Where } from './parts.ts';
import { asked, rollbackHints, experimentOf, TEMPORAL_ANSWERS_MS } from './temporal.ts';

interface MessageOptions extends Where {
  readonly by: string;
  readonly reason?: string;
  readonly note?: string;
  readonly evidence?: string;
  readonly variant?: string;
  readonly weights?: Readonly<Record<string, number>>;
  readonly exposed?: number;
}

interface Told {
  readonly accepted: boolean;
  readonly reason: string;
}

interface Message {
  readonly name: MessageName;
  readonly summary: string;
  /** Those that end or stop something say why. */
  readonly withReason: boolean;
  readonly example?: string;
}

const MESSAGES: Readonly<Record<string, Message>> = {
  stop: { name: 'stop', summary: 'end it: the stable configuration is restored', withReason: true },
  rollback: { name: 'rollback', summary: 'take it back, from any state, at once', withReason: true },
  pause: {
    name: 'pause',
    summary: 'serve no arm for a while; what is known is kept',
    withReason: true,
  },
  resume: { name: 'resume', summary: 'go on after a pause or a hold', withReason: false },
  approve: { name: 'approve', summary: 'approve what waits for approval', withReason: false },
  reject: {
    name: 'reject',
    summary: 'refuse what waits for approval: the stable configuration is restored',
    withReason: true,
  },
  promote: {
    name: 'promote',
    summary: 'roll a variant out although not everything is proven; what is not is kept on record',
    withReason: true,
    example: ' --variant newer',
  },
  allocate: {
    name: 'setAllocation',
    summary: 'share the traffic otherwise',
    withReason: true,
    example: ' --weights control=0.5,newer=0.5 --exposed 50',
  },
};

export function addExperimentMessages(cli: Cli, experiment: Command): void {
  for (const [word, { name, summary, withReason, example = '' }] of Object.entries(MESSAGES)) {
    const command = experiment
      .command(word)
      .summary(summary)
      .description(
        `Tells the running experiment of a service to ${summary}. Prints its answer; exit code 1 when it does not accept.`,
      )
      .addArgument(serviceArgument());
    withTemporal(withPerson(command, withReason ? 'reason' : 'no reason'));
    if (name === 'approve') {
      command
        .option('--evidence <hash>', 'refuse when there is newer evidence than this', text)
        .option('--note <text>', 'a remark, for the record', text);
    }
    if (name === 'promote') command.option('--variant <id>', 'which one; the leading one by default', text);
    if (name === 'setAllocation') {
      command
        .option('--weights <list>', 'share of each arm, such as control=0.5,newer=0.5', weights)
        .option('--exposed <pct>', 'per cent of the units that take part', number);
    }
    const why = withReason ? ' --reason "..."' : '';
    command.addHelpText(
      'after',
      `\nExample:\n  llm-optimizer experiment ${word} support-bot --by ann${why}${example}`,
    );
    answering<MessageOptions>(cli, command, (serviceId, options) => tell(cli, name, serviceId, options));
  }
}

async function tell(cli: Cli, name: MessageName, serviceId: string, options: MessageOptions) {
  const { by, reason, note, evidence, variant, weights: shares, exposed } = options;
  const opened = cli.open(options);
  const patience = { ...options, timeoutMs: TEMPORAL_ANSWERS_MS, ...rollbackHints(name, serviceId) };
  try {
    const answer = await asked(cli, opened, patience, () =>
      opened.client.workflow.getHandle(experimentOf(serviceId)).executeUpdate<Told, [unknown]>(name, {
        args: [
          {
            by,
            reason,
            note,
            evidence,
            variant,
            weights: shares,
            exposedPct: exposed,
            messageId: randomUUID(),
          },
        ],
      }),
    );
    return {
      text: `${answer.accepted ? 'accepted' : 'not accepted'}: ${answer.reason}`,
      json: { workflowId: experimentOf(serviceId), ...answer },
      ok: answer.accepted,
    };
  } finally {
    await opened.close();
  }
}

/** `control=0.5,newer=0.5`. Whether these are its arms is said by the experiment. */
function weights(given: string): Readonly<Record<string, number>> {
  const pairs = given.split(',').map((pair) => pair.split('='));
  if (!pairs.every(([id, share]) => id !== undefined && id !== '' && share !== undefined && share !== '')) {
    throw new InvalidArgumentError(
      'Expected shares with commas between them, such as control=0.5,newer=0.5.',
    );
  }
  return Object.fromEntries(pairs.map(([id = '', share = '']) => [id, number(share)]));
}
