/**
 * Plays one experiment from adoption to its end while its worker may be killed at any moment. Traffic comes in whole seconds, each once the look before has
 * counted what came earlier: what is judged never depends on when a look came, or on how long a process was away.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { ExperimentRow } from '../../../src/ports/experiments.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { experimentIdOf, type ExperimentRunState } from '../../../src/state/experiment/index.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { feedbackEvent } from '../feedback.ts';
import { persist, type Lab } from './lab.ts';
import { adopt } from './story.ts';
import { Seconds } from './traffic.ts';

export type ExperimentStory = 'winner' | 'harm' | 'noDifference' | 'controlBetter';
export const EXPERIMENT_STORIES: readonly ExperimentStory[] = [
  'winner',
  'harm',
  'noDifference',
  'controlBetter',
];

/** Share of good answers, and of errors, of the variant; of the control it is always three in five, and none. */
const VARIANT: Readonly<Record<ExperimentStory, { readonly quality: number; readonly errors: number }>> = {
  winner: { quality: 0.8, errors: 0 },
  harm: { quality: 0.6, errors: 0.3 },
  noDifference: { quality: 0.6, errors: 0 },
  controlBetter: { quality: 0.4, errors: 0 },
};
const CONTROL_QUALITY = 0.6;
/** Requests of each arm in one portion. */
const PORTION = 150;
const LOOK_AGAIN_MS = 200;

/** Everything in which two runs of a story must be alike. Times, ids, and how many looks found nothing new are left out. */
export interface ExperimentTrace {
  readonly outcome: string;
  readonly winner: string | null;
  readonly verdicts: readonly string[];
  /** Canonical JSON of verdict, totals and conclusion. */
  readonly judged: string;
  readonly liveAtTheEnd: string;
  readonly leftLive: boolean;
}

export async function playExperiment(
  lab: Lab,
  serviceId: string,
  story: ExperimentStory,
  untilMs: () => number,
): Promise<ExperimentTrace> {
  await persist(() => adopt(lab, serviceId, {}, EXPERIMENTS));
  await persist(() => start(lab, serviceId));
  const seconds = new Seconds();
  let given = 0;
  for (;;) {
    if (Date.now() > untilMs()) throw new Error(`${serviceId}: it did not end in time`);
    await delay(LOOK_AGAIN_MS);
    const state = await stateOf(lab, serviceId);
    if (!state?.plan) continue;
    if (state.phase === 'ended' && (await persist(() => isClosed(lab, serviceId)))) break;
    const labels = Math.min(...state.plan.arms.map(({ id }) => state.totals[id]?.labels ?? 0));
    if (state.phase !== 'running' || state.served !== 'yes' || labels < given * PORTION) continue;
    given += 1;
    const no = given;
    const events = portionOf(serviceId, state, story, no, seconds.next(Date.now()));
    await persist(() => lab.writing(() => lab.stores.ingest.recordFeedback(events, Date.now())));
  }
  return persist(() => traceOf(lab, serviceId));
}

const EXPERIMENTS = {
  quality: { matureAfter: '2s' },
  guardrails: {
    quality: { maxDropPct: 40 },
    errorRate: { maxRisePoints: 10 },
    latencyP95: { required: false },
  },
  experiment: { look: '2s', lease: '5m', minSamples: 100, minImprovementPct: 15, maxDuration: '1h' },
};

async function start({ client }: Lab, serviceId: string): Promise<void> {
  try {
    await client.workflow.start('abExperiment', {
      taskQueue: TASK_QUEUE,
      workflowId: `experiment/${serviceId}`,
      args: [
        {
          serviceId,
          name: 'killed',
          variants: [{ id: 'other', change: { model: 'gpt-4o-2024-08-06' } }],
          graduate: false,
          force: true,
          by: 'ann',
        },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Null while nobody answers: the worker may be away. */
async function stateOf({ client }: Lab, serviceId: string): Promise<ExperimentRunState | null> {
  try {
    return await client.withDeadline(Date.now() + 5_000, () =>
      client.workflow.getHandle(`experiment/${serviceId}`).query<ExperimentRunState>('state'),
    );
  } catch {
    return null;
  }
}

async function isClosed({ client }: Lab, serviceId: string): Promise<boolean> {
  return (await client.workflow.getHandle(`experiment/${serviceId}`).describe()).status.name !== 'RUNNING';
}

/** Outcomes as even as the rate allows: counts are exact, and the same in every run. */
function portionOf(
  serviceId: string,
  { plan }: ExperimentRunState,
  story: ExperimentStory,
  no: number,
  fromMs: number,
): FeedbackEvent[] {
  const { quality, errors } = VARIANT[story];
  const hit = (i: number, rate: number): boolean => Math.floor((i + 1) * rate) > Math.floor(i * rate);
  const of = (arm: string, good: number, bad: number) =>
    Array.from({ length: PORTION }, (_, i) =>
      feedbackEvent(`${serviceId}-${no}-${arm}-${i}`, {
        service: serviceId,
        arm,
        generation: plan.generation,
        experiment: experimentIdOf(plan),
        timestamp: new Date(fromMs + Math.floor((i * 1_000) / PORTION)).toISOString(),
        quality: hit(i, good) ? 1 : 0,
        error: hit(i, bad),
        latency_ms: 800 * (0.5 + ((i * 37) % 100) / 100),
        cost_usd: 0.002 * (0.5 + ((i * 61) % 100) / 100),
      }),
    );
  return [...of('control', CONTROL_QUALITY, 0), ...of('other', quality, errors)];
}

async function traceOf(lab: Lab, serviceId: string): Promise<ExperimentTrace> {
  const { stores, gatewayUrl } = lab;
  const [row] = await stores.experiments.list(serviceId);
  if (!row) throw new Error(`${serviceId}: there is no row of its experiment`);
  const decisions = await stores.decisions.list({ serviceId, kind: 'experiment', limit: 1_000 });
  const live = await createRestOrchestrator({ url: gatewayUrl }).read(serviceId);
  const { verdict, totals, conclusion } = row.state as Record<string, unknown>;
  return {
    outcome: row.outcome ?? row.phase,
    winner: winnerOf(row),
    verdicts: [...new Set(decisions.toReversed().map(({ outcome }) => outcome))],
    judged: canonicalJson({ verdict, totals, conclusion }),
    liveAtTheEnd: canonicalJson(live.stable.configuration),
    leftLive: live.candidate !== null || (live.experiment ?? null) !== null,
  };
}

const winnerOf = ({ outcome, winner }: ExperimentRow): string | null =>
  outcome === 'adopted' ? winner : null;
