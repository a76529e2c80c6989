/** `rollout start`: starts a rollout, unless one runs already. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { rolloutInputSchema } from '../../domain/workflow-input.ts';
import { answering, type Cli } from './answer.ts';
import { serviceArgument, withPerson, withTemporal } from './options.ts';
import type { Where } from './parts.ts';
import { inputOf, withChange, type ChangeOptions } from './rollout-input.ts';
import { asked, rolloutOf, TEMPORAL_ANSWERS_MS } from './temporal.ts';

interface StartOptions extends ChangeOptions, Where {
  readonly by: string;
  readonly reason: string;
}

export function addRolloutStart(cli: Cli, rollout: Command): void {
  const command = rollout
    .command('start')
    .summary('start a rollout')
    .description(
      'Starts a rollout and prints its workflow id. Its first activity admits it or refuses it: `rollout state` tells which, `rollout plan` tells it beforehand. Refused when one runs already.',
    )
    .addArgument(serviceArgument());
  withTemporal(withPerson(withChange(command))).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer rollout start support-bot --model claude-3-5-haiku --by ann --reason "half the price"',
  );
  answering<StartOptions>(cli, command, async (serviceId, options) => {
    const input = parseOrFail(rolloutInputSchema, inputOf(serviceId, options), 'rollout start');
    const workflowId = rolloutOf(serviceId);
    const opened = cli.open(options);
    try {
      const handle = await asked(cli, opened, { ...options, timeoutMs: TEMPORAL_ANSWERS_MS }, () =>
        opened.client.workflow
          .start('canaryRollout', {
            taskQueue: cli.taskQueue,
            workflowId,
            workflowIdConflictPolicy: 'FAIL',
            args: [input],
          })
          .catch((error: unknown) => {
            if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
            throw new Failure(
              'ChangeInFlight',
              `${workflowId} runs already; see: rollout state ${serviceId}`,
            );
          }),
      );
      const runId = handle.firstExecutionRunId;
      return {
        text: `${workflowId} started (run ${runId}). Whether it was admitted: llm-optimizer rollout state ${serviceId}`,
        json: { workflowId, runId },
        ok: true,
      };
    } finally {
      await opened.close();
    }
  });
}
