/** `experiment state` and `experiment list`: what an experiment does and why, and how those before it came out. Shows; decides nothing. */
import type { Command } from 'commander';
import type { ExperimentRow } from '../../ports/experiments.ts';
import type { ExperimentProgress, ExperimentRunState } from '../../state/experiment/index.ts';
import { answering, cut, table, timeOf, type Cli } from './answer.ts';
import {
  requireDatabase,
  serviceArgument,
  whole,
  withDatabase,
  withoutTemporal,
  withTemporal,
} from './options.ts';
import type { Where } from './parts.ts';
import { asked, experimentOf, TEMPORAL_ANSWERS_MS } from './temporal.ts';

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
  | (Omit<ExperimentRunState, 'evidence' | 'seen'> & {
      readonly startedBy: string;
      readonly progress: ExperimentProgress | null;
    })
);

export function addExperimentState(cli: Cli, experiment: Command): void {
  const state = experiment
    .command('state')
    .summary('what an experiment does, and why')
    .description(
      'Shows the newest experiment of a service: phase, arms with what they have brought so far, verdict, what it waits for, and messages that it did not accept.',
    )
    .addArgument(serviceArgument());
  withTemporal(state).addHelpText('after', '\nExample:\n  llm-optimizer experiment state support-bot');
  answering<Where>(cli, state, async (serviceId, options) => {
    const opened = cli.open(options);
    try {
      const shown = await asked(cli, opened, { ...options, timeoutMs: TEMPORAL_ANSWERS_MS }, () =>
        opened.client.workflow.getHandle(experimentOf(serviceId)).query<Shown>('state'),
      );
      return { text: stateText(shown), json: shown, ok: true };
    } finally {
      await opened.close();
    }
  });

  const list = experiment
    .command('list')
    .summary('how the experiments of a service came out')
    .description('Lists the newest experiments of a service, and the share of those that found a winner.')
    .addArgument(serviceArgument())
    .option('--limit <n>', 'how many', whole, 20);
  withDatabase(list).addHelpText('after', '\nExample:\n  llm-optimizer experiment list support-bot');
  answering<{ readonly database?: string; readonly limit: number }>(cli, list, async (serviceId, options) => {
    const opened = cli.open(withoutTemporal(requireDatabase(options).database));
    try {
      const rows = await opened.ports.experiments.list(serviceId, options.limit);
      const share = shareOf(rows);
      return { text: listText(serviceId, rows, share), json: { experiments: rows, ...share }, ok: true };
    } finally {
      await opened.close();
    }
  });
}

/** Of those that have ended. What a person rolled out, whatever was proven, was not found. */
export function shareOf(rows: readonly Pick<ExperimentRow, 'outcome' | 'state'>[]) {
  const ended = rows.filter(({ outcome }) => outcome !== null);
  const adopted = ended.filter(({ outcome }) => outcome === 'adopted');
  const byHand = adopted.filter(({ state }) => isByHand(state)).length;
  const won = adopted.length - byHand;
  return { ended: ended.length, won, byHand, winShare: ended.length === 0 ? null : won / ended.length };
}

const isByHand = (state: unknown): boolean =>
  typeof state === 'object' && state !== null && 'byHand' in state && state.byHand === true;

function listText(
  serviceId: string,
  rows: readonly ExperimentRow[],
  { ended, won, byHand, winShare }: ReturnType<typeof shareOf>,
): string {
  if (rows.length === 0) return `No experiment on ${serviceId} yet.`;
  const shown = table(
    ['started', 'name', 'outcome', 'winner', 'why'],
    rows.map((row) => [
      timeOf(row.startedAtMs),
      row.name,
      row.outcome ?? row.phase,
      row.outcome === 'adopted' ? (row.winner ?? '') : '',
      cut(row.reason ?? '', 70),
    ]),
  );
  const share = winShare === null ? '' : ` (${Math.round(100 * winShare)} %)`;
  const others = byHand === 0 ? '' : `, ${byHand} promoted by hand besides`;
  return `${shown}\n${won} of ${ended} that have ended found a winner${share}${others}.`;
}

function stateText(state: Shown): string {
  const ignored = state.ignored.map(({ atMs, name, why }) => `  ${timeOf(atMs)} ${name}: ${why}`);
  const tail = ignored.length === 0 ? [] : ['Not accepted:', ...ignored];
  if (state.plan === undefined) {
    const waits = state.waitsFor === undefined ? '' : `, waits for ${state.waitsFor} to be taken back`;
    const why = state.refusal === null ? `being admitted${waits}` : `refused: ${state.refusal}`;
    return [why, ...tail].join('\n');
  }
  const { plan, phase, outcome, paused, held, awaiting, progress, conclusion, verdict, graduation } = state;
  const stopped = paused ?? held;
  return [
    `${plan.name}, started by ${state.startedBy}: ${outcome ?? phase}`,
    `Plan: ${plan.sizing.reason}`,
    armsTable(state),
    ...(progress ? [`${progress.labels} of at most ${progress.of} labels per arm`] : []),
    ...(verdict && !conclusion ? [`Verdict: ${verdict.outcome}: ${verdict.reason}`] : []),
    ...(conclusion ? [`Conclusion: ${conclusion.sentence}`] : []),
    ...(graduation ? [`Rolled out by ${graduation.workflowId} (run ${graduation.runId})`] : []),
    ...(stopped ? [`${paused ? 'Paused' : 'Held'} by ${stopped.by}: ${stopped.reason}`] : []),
    ...(awaiting ? [`Waits for approval until ${timeOf(awaiting.untilMs)}`] : []),
    ...(state.evidenceHash === '' ? [] : [`Evidence: ${state.evidenceHash}`]),
    ...state.log.slice(-5).map(({ atMs, what, by, why }) => `  ${timeOf(atMs)} ${what} by ${by}: ${why}`),
    ...tail,
  ].join('\n');
}

function armsTable({ plan, totals, periods }: Exclude<Shown, { readonly plan?: never }>): string {
  const weights = periods.at(-1)?.weights ?? plan.allocation.weights;
  const figure = (value: number | null | undefined, digits: number): string =>
    value === null || value === undefined ? '' : value.toFixed(digits);
  return table(
    ['arm', 'share', 'units', 'labels', 'quality', 'errors', 'USD per 1,000', 'p95 ms', 'changes'],
    plan.arms.map(({ id, summary }) => {
      const arm = totals[id];
      const cost = arm?.costUsdPerRequest ?? null;
      return [
        id,
        `${Number((100 * (weights[id] ?? 0)).toFixed(1))} %`,
        String(arm?.exposures ?? 0),
        String(arm?.labels ?? 0),
        figure(arm?.qualityMean, 3),
        figure(arm?.errorRate, 4),
        figure(cost === null ? null : 1_000 * cost, 3),
        figure(arm?.latencyP95Ms, 0),
        cut(summary, 40),
      ];
    }),
  );
}
