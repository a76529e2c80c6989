/** The command line of the program: every command, and what it ends with. Knows no server; `CliParts` brings them. */
import { Command, CommanderError } from 'commander';
import { EXIT, type Cli } from './answer.ts';
import { addAudit } from './audit.ts';
import { addDecision } from './decision.ts';
import { addDlq } from './dlq.ts';
import { addEmit } from './emit.ts';
import { addExperimentMessages } from './experiment-messages.ts';
import { addExperimentPlan } from './experiment-plan.ts';
import { addExperimentPropose } from './experiment-propose.ts';
import { addExperimentStart } from './experiment-start.ts';
import { addExperimentState } from './experiment-state.ts';
import { addFleet } from './fleet.ts';
import type { CliParts } from './parts.ts';
import { addRollback } from './rollback.ts';
import { addRolloutMessages } from './rollout-messages.ts';
import { addRolloutPlan } from './rollout-plan.ts';
import { addRolloutStart } from './rollout-start.ts';
import { addRolloutState } from './rollout-state.ts';
import { addService } from './service.ts';
import { addWindows } from './windows.ts';

/** Runs one command. Answers the exit code: 0 as asked, 1 not, 2 wrong usage. Never throws. */
export async function runCli(parts: CliParts, argv: readonly string[]): Promise<number> {
  const cli: Cli = { ...parts, exitCode: EXIT.ok };
  try {
    await programOf(cli).parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongUsage;
    cli.err(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}

function programOf(cli: Cli): Command {
  const program = new Command('llm-optimizer')
    .description(
      'Finds a better configuration of an LLM service, proves it on live traffic in steps, and takes it back when it hurts. These commands show what it does and tell it what to do.',
    )
    .exitOverride()
    .configureOutput({ writeOut: cli.out, writeErr: cli.err })
    .showHelpAfterError('(add --help for what is expected)')
    .addHelpText(
      'after',
      [
        '',
        'Exit codes: 0 it went as asked, 1 it did not, 2 wrong usage.',
        '',
        'In an emergency:',
        '  llm-optimizer rollback support-bot --by oncall --reason complaints',
        '  llm-optimizer rollback support-bot --by oncall --reason complaints --direct --gateway http://127.0.0.1:8081',
      ].join('\n'),
    );
  const rollout = program
    .command('rollout')
    .summary('plan, start and steer a rollout')
    .description('A rollout serves a change to more and more of the traffic, each step only on proof.');
  addRolloutPlan(cli, rollout);
  addRolloutStart(cli, rollout);
  addRolloutState(cli, rollout);
  addRolloutMessages(cli, rollout);
  const experiment = program
    .command('experiment')
    .summary('propose, plan, start and steer an experiment')
    .description(
      'An experiment serves variants beside what is live until the evidence says which is better, or that none is.',
    );
  addExperimentPropose(cli, experiment);
  addExperimentPlan(cli, experiment);
  addExperimentStart(cli, experiment);
  addExperimentState(cli, experiment);
  addExperimentMessages(cli, experiment);
  addRollback(cli, program);
  addDecision(cli, program);
  addService(cli, program);
  addFleet(cli, program);
  addWindows(cli, program);
  addAudit(cli, program);
  addDlq(cli, program);
  addEmit(cli, program);
  return program;
}
