/** `experiment start`: starts an experiment; refused when one runs already. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import { experimentInputSchema } from '../../domain/experiment.ts';
import { Failure } from '../../domain/failure.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { answering, type Cli } from './answer.ts';
import { experimentInput, withExperiment, type ExperimentOptions } from './experiment-input.ts';
import { serviceArgument, withPerson, withTemporal } from './options.ts';
import type { Where } from './parts.ts';
import { asked, experimentOf, TEMPORAL_ANSWERS_MS } from './temporal.ts';

interface StartOptions extends ExperimentOptions, Where {
  readonly by: string;
  readonly reason: string;
}

export function addExperimentStart(cli: Cli, experiment: Command): void {
  const command = experiment
    .command('start')
    .summary('start an experiment')
    .description(
      'Starts an experiment and prints its workflow id. Its first activity sizes and admits it, or refuses it with the numbers: `experiment state` tells which, `experiment plan` tells it beforehand.',
    )
    .addArgument(serviceArgument());
  withTemporal(withPerson(withExperiment(command))).addHelpText(
    'after',
    '\nExample:\n  llm-optimizer experiment start support-bot --name newer --variant newer:model=gpt-4o-2024-08-06 --by ann --reason "half the price"',
  );
  answering<StartOptions>(cli, command, async (serviceId, options) => {
    const input = parseOrFail(experimentInputSchema, experimentInput(serviceId, options), 'experiment start');
    const workflowId = experimentOf(serviceId);
    const opened = cli.open(options);
    try {
      return await asked(cli, opened, { ...options, timeoutMs: TEMPORAL_ANSWERS_MS }, async () => {
        const { firstExecutionRunId: runId } = await opened.client.workflow.start('abExperiment', {
          taskQueue: cli.taskQueue,
          workflowId,
          workflowIdConflictPolicy: 'FAIL',
          args: [input],
        });
        return {
          text: `${workflowId} started (run ${runId}). Whether it was admitted: llm-optimizer experiment state ${serviceId}`,
          json: { workflowId, runId },
          ok: true,
        };
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const how = `see: experiment state ${serviceId}; experiment stop ${serviceId} ends it`;
      throw new Failure('ChangeInFlight', `${workflowId} runs already; ${how}`);
    } finally {
      await opened.close();
    }
  });
}
