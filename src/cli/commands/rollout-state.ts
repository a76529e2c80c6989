/** `rollout state`: what a rollout does, and why. Shows; decides nothing. */
import type { Command } from 'commander';
import type { RolloutState } from '../../state/rollout/index.ts';
import { dryRunLine, guardrailLines } from '../progress-view.ts';
import { plainRollout, planOf, type RolloutView } from '../rollout-view.ts';
import { answering, timeOf, type Cli } from './answer.ts';
import { serviceArgument, withTemporal } from './options.ts';
import type { Where } from './parts.ts';
import { asked, rolloutOf, TEMPORAL_ANSWERS_MS } from './temporal.ts';

interface Ignored {
  readonly atMs: number;
  readonly name: string;
  readonly why: string;
}

/** What the `state` query answers, before and after admission. */
type Shown = { readonly ignored: readonly Ignored[] } & (
  | {
      readonly phase: 'admitting' | 'refused';
      readonly refusal: string | null;
      readonly waitsFor?: string;
      readonly plan?: never;
    }
  | (RolloutView &
      Pick<RolloutState, 'evidenceHash' | 'ending' | 'log' | 'awaiting' | 'backup' | 'dryRuns'> & {
        readonly startedBy: string;
      })
);

export function addRolloutState(cli: Cli, rollout: Command): void {
  const command = rollout
    .command('state')
    .summary('what a rollout does, and why')
    .description(
      'Shows the newest rollout of a service: phase, step, evidence, what it waits for, and messages that it did not accept.',
    )
    .addArgument(serviceArgument());
  withTemporal(command).addHelpText('after', '\nExample:\n  llm-optimizer rollout state support-bot');
  answering<Where>(cli, command, async (serviceId, options) => {
    const opened = cli.open(options);
    try {
      const state = await asked(cli, opened, { ...options, timeoutMs: TEMPORAL_ANSWERS_MS }, () =>
        opened.client.workflow.getHandle(rolloutOf(serviceId)).query<Shown>('state'),
      );
      return { text: stateText(state, cli.nowMs()), json: state, ok: true };
    } finally {
      await opened.close();
    }
  });
}

const guardrailsOf = ({ plan, verdict, progress }: RolloutView, nowMs: number): readonly string[] =>
  guardrailLines(plan.guardrails, verdict, progress ?? [], nowMs);

function waitsFor({ approved, next, untilMs }: NonNullable<RolloutState['awaiting']>): string {
  return approved
    ? `Approved by ${approved.by}: ${next}, as soon as a look finds it proven`
    : `Waits for approval until ${timeOf(untilMs)}: ${next}`;
}

function stateText(state: Shown, nowMs: number): string {
  const ignored = state.ignored.map(({ atMs, name, why }) => `  ${timeOf(atMs)} ${name}: ${why}`);
  const tail = ignored.length === 0 ? [] : ['Not accepted:', ...ignored];
  if (state.plan === undefined) {
    const waits = state.waitsFor === undefined ? '' : `, waits for ${state.waitsFor} to be taken back`;
    const why = state.refusal === null ? `being admitted${waits}` : `refused: ${state.refusal}`;
    return [why, ...tail].join('\n');
  }
  const { plan, phase, outcome, ending, paused, held, awaiting, backup, evidenceHash } = state;
  const stopped = paused ?? held;
  return [
    `${plan.summary}, started by ${state.startedBy}: ${outcome ?? phase}`,
    planOf(state),
    ...(outcome === null
      ? [plainRollout(state, nowMs).trim(), 'Guardrails:', ...guardrailsOf(state, nowMs)]
      : []),
    ...(state.dryRuns ? ['Shown only (candidate vs stable):', ...state.dryRuns.map(dryRunLine)] : []),
    ...(stopped ? [`${paused ? 'Paused' : 'Held'} by ${stopped.by}: ${stopped.reason}`] : []),
    ...(backup
      ? [
          `Backup route (${plan.backup?.model ?? '?'}) ${backup.stage} since ${timeOf(backup.sinceMs)}: ${backup.reason}`,
        ]
      : []),
    ...(awaiting ? [waitsFor(awaiting)] : []),
    ...(ending ? [`Taken back by ${ending.by}: ${ending.reason}`] : []),
    ...(evidenceHash === '' ? [] : [`Evidence: ${evidenceHash}`]),
    ...state.log.slice(-5).map(({ atMs, what, by, why }) => `  ${timeOf(atMs)} ${what} by ${by}: ${why}`),
    ...tail,
  ].join('\n');
}
