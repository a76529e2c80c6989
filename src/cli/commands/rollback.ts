/** `rollback`: puts a service back, through `restoreConfiguration` or, with `--direct`, at the gateway itself. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { RestoreSummary } from '../../../activities/index.ts';
import { durationMs } from '../../domain/duration.ts';
import { Failure } from '../../domain/failure.ts';
import { DRIVERS } from '../../domain/gateway-target.ts';
import { answering, type Answer, type Cli } from './answer.ts';
import { rollBackDirectly, type DirectOptions } from './direct-command.ts';
import { durationText, serviceArgument, withDatabase, withPerson, withTemporal } from './options.ts';
import { asked } from './temporal.ts';

interface RollbackOptions extends DirectOptions {
  readonly to: 'previous' | 'stable' | number;
  readonly direct: boolean;
}

export function addRollback(cli: Cli, program: Command): void {
  const command = program
    .command('rollback')
    .summary('put a service back, whatever runs')
    .description(
      [
        'Puts a service back to a recorded configuration, whoever holds it, and waits until the gateway serves it.',
        'With --direct: break-glass. It needs the gateway alone, neither Temporal nor the database: it takes the candidate away, reads back, and fences out the rollout that brought it.',
      ].join('\n'),
    )
    .addArgument(serviceArgument());
  withDatabase(withTemporal(withPerson(command)))
    .addOption(
      new Option('--to <what>', 'previous, stable or a generation number (not with --direct)')
        .default('previous')
        .conflicts('direct')
        .argParser(wanted),
    )
    .option('--direct', 'at the gateway itself: for when Temporal or the database is gone', false)
    .option('--gateway <url>', "with --direct: the gateway's address (read from the database unless given)")
    .addOption(
      new Option(
        '--driver <name>',
        'with --direct: how to speak to it (from the address unless given)',
      ).choices(DRIVERS),
    )
    .option('--route <name>', 'with --direct and --gateway: what the product calls the service, if not so')
    .option(
      '--config <file>',
      "with --direct and --driver litellm-file: path of LiteLLM's configuration file",
    )
    .option('--timeout <duration>', 'how long to try before giving up', durationText, '5m')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  llm-optimizer rollback support-bot --by oncall --reason complaints',
        '  llm-optimizer rollback support-bot --by oncall --reason "Temporal is down" --direct --gateway http://127.0.0.1:8081',
        '',
        'A --direct rollback that the database could not take is printed as one line of JSON: keep it for `audit import`.',
      ].join('\n'),
    );
  answering<RollbackOptions>(cli, command, (serviceId, options) => {
    if (options.direct) return rollBackDirectly(cli, serviceId, options);
    // Somebody who names a gateway believes that Temporal is not asked.
    const named = (['gateway', 'driver', 'route', 'config'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (named !== undefined) command.error(`error: option '--${named}' is for '--direct', which is missing`);
    return restore(cli, serviceId, options);
  });
}

function wanted(given: string): RollbackOptions['to'] {
  if (given === 'previous' || given === 'stable') return given;
  const generation = Number(given);
  if (Number.isSafeInteger(generation) && generation >= 1) return generation;
  throw new InvalidArgumentError('Expected previous, stable or a generation number.');
}

const BREAK_GLASS = 'rollback SERVICE --direct needs the gateway alone';

async function restore(cli: Cli, serviceId: string, options: RollbackOptions): Promise<Answer> {
  const opened = cli.open(options);
  const workflowId = `restore/${serviceId}`;
  const { by, reason, to, timeout } = options;
  try {
    return await asked(
      cli,
      opened,
      { ...options, timeoutMs: durationMs(timeout), hint: BREAK_GLASS },
      async () => {
        const handle = await opened.client.workflow
          .start('restoreConfiguration', {
            taskQueue: cli.taskQueue,
            workflowId,
            workflowIdConflictPolicy: 'FAIL',
            args: [{ serviceId, to, by, reason }],
          })
          .catch((error: unknown) => {
            if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
            throw new Failure('ChangeInFlight', `${workflowId} runs already: somebody else is restoring`);
          });
        const restored: RestoreSummary = await handle.result();
        const taken = restored.tookOverFrom === null ? '' : `, taken over from ${restored.tookOverFrom}`;
        return {
          text: `${serviceId} is back on generation ${restored.restoredFrom}, live as generation ${restored.generation}${taken}.`,
          json: { workflowId, runId: handle.firstExecutionRunId, ...restored },
          ok: true,
        };
      },
    );
  } finally {
    await opened.close();
  }
}
