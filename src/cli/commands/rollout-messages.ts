/** `rollout rollback|approve|reject|pause|resume|promote`: tells a running rollout what to do, and prints its answer. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { MessageName } from '../../state/messages.ts';
import { answering, type Cli } from './answer.ts';
import { serviceArgument, text, withPerson, withTemporal } from './options.ts';
import type { Where } from './parts.ts';
import { asked, rollbackHints, rolloutOf, TEMPORAL_ANSWERS_MS } from './temporal.ts';

interface MessageOptions extends Where {
  readonly by: string;
  readonly reason?: string;
  readonly note?: string;
  readonly evidence?: string;
}

interface Told {
  readonly accepted: boolean;
  readonly reason: string;
}

/** What each is for. Those that end or stop something say why. */
const MESSAGES = {
  rollback: 'take the change back, from any state, at once',
  approve: 'approve what waits for approval',
  reject: 'refuse what waits for approval: the change is taken back',
  pause: 'keep the weight where it is; looks go on',
  resume: 'go on after a pause or a hold',
  promote: 'leave the present step although not everything is proven; the unmet gates are kept on record',
} as const satisfies Partial<Record<MessageName, string>>;

const WITHOUT_REASON: readonly string[] = ['approve', 'resume'];

export function addRolloutMessages(cli: Cli, rollout: Command): void {
  for (const [name, summary] of Object.entries(MESSAGES)) {
    const command = rollout
      .command(name)
      .summary(summary)
      .description(
        `Tells the running rollout of a service to ${summary}. Prints its answer; exit code 1 when it does not accept.`,
      )
      .addArgument(serviceArgument());
    withTemporal(withPerson(command, WITHOUT_REASON.includes(name) ? 'no reason' : 'reason'));
    if (name === 'approve') {
      command
        .option(
          '--evidence <hash>',
          'refuse when there is newer evidence than this (see `rollout state`)',
          text,
        )
        .option('--note <text>', 'a remark, for the record', text);
    }
    const why = WITHOUT_REASON.includes(name) ? '' : ' --reason "..."';
    command.addHelpText('after', `\nExample:\n  llm-optimizer rollout ${name} support-bot --by ann${why}`);
    answering<MessageOptions>(cli, command, (serviceId, options) => tell(cli, name, serviceId, options));
  }
}

async function tell(cli: Cli, name: string, serviceId: string, options: MessageOptions) {
  const { by, reason, note, evidence } = options;
  const opened = cli.open(options);
  const patience = { ...options, timeoutMs: TEMPORAL_ANSWERS_MS, ...rollbackHints(name, serviceId) };
  try {
    const answer = await asked(cli, opened, patience, () =>
      opened.client.workflow.getHandle(rolloutOf(serviceId)).executeUpdate<Told, [unknown]>(name, {
        args: [{ by, reason, note, evidence, messageId: randomUUID() }],
      }),
    );
    return {
      text: `${answer.accepted ? 'accepted' : 'not accepted'}: ${answer.reason}`,
      json: { workflowId: rolloutOf(serviceId), ...answer },
      ok: answer.accepted,
    };
  } finally {
    await opened.close();
  }
}
