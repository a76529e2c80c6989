/** `rollout start`: starts a rollout; one that runs already is replaced when asked for, and otherwise refuses it. */
import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { rolloutInputSchema, type RolloutInput } from '../../domain/workflow-input.ts';
import { answering, type Answer, type Cli } from './answer.ts';
import { serviceArgument, withPerson, withTemporal } from './options.ts';
import type { Opened, Where } from './parts.ts';
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
      'Starts a rollout and prints its workflow id. Its first activity admits it or refuses it: `rollout state` tells which, `rollout plan` tells it beforehand. Refused when one runs already, unless `--supersede` is given.',
    )
    .addArgument(serviceArgument());
  withTemporal(withPerson(withChange(command))).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer rollout start support-bot --model claude-3-5-haiku --by ann --reason "half the price"',
  );
  answering<StartOptions>(cli, command, async (serviceId, options) => {
    const input = parseOrFail(rolloutInputSchema, inputOf(serviceId, options), 'rollout start');
    const opened = cli.open(options);
    try {
      return await asked(cli, opened, { ...options, timeoutMs: TEMPORAL_ANSWERS_MS }, () =>
        start(cli, opened, input),
      );
    } finally {
      await opened.close();
    }
  });
}

/** Starts it; where one runs already under the id, that one is replaced when asked for. One that ends in between leaves the id free. */
async function start(cli: Cli, { client }: Opened, input: RolloutInput): Promise<Answer> {
  const { serviceId } = input;
  const workflowId = rolloutOf(serviceId);
  for (let tries = 0; ; tries += 1) {
    try {
      const { firstExecutionRunId: runId } = await client.workflow.start('canaryRollout', {
        taskQueue: cli.taskQueue,
        workflowId,
        workflowIdConflictPolicy: 'FAIL',
        args: [input],
      });
      return {
        text: `${workflowId} started (run ${runId}). Whether it was admitted: llm-optimizer rollout state ${serviceId}`,
        json: { workflowId, runId },
        ok: true,
      };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (input.onConflict !== 'supersede') {
      const how = `see: rollout state ${serviceId}; --supersede replaces it`;
      throw new Failure('ChangeInFlight', `${workflowId} runs already; ${how}`);
    }
    try {
      return await replace(client, workflowId, input);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) || tries > 0) throw error;
    }
  }
}

/** Tells the rollout that runs under this very id to take itself back and to begin anew with the input. */
async function replace(client: Client, workflowId: string, input: RolloutInput): Promise<Answer> {
  const { serviceId, change, by, reason, onConflict: _onConflict, ...how } = input;
  const message = { by, reason, change, input: how, messageId: randomUUID() };
  const answer = await client.workflow
    .getHandle(workflowId)
    .executeUpdate<{ readonly accepted: boolean; readonly reason: string }, [unknown]>('replace', {
      args: [message],
    });
  const said = `${answer.accepted ? 'accepted' : 'not accepted'}: ${answer.reason}`;
  return {
    text: `${workflowId} ran already, and was told to be replaced; ${said}. Whether the new one was admitted: llm-optimizer rollout state ${serviceId}`,
    json: { workflowId, replaced: true, ...answer },
    ok: answer.accepted,
  };
}
