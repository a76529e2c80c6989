/**
 * Plays one rollout from adoption to its end while processes may die at any moment, feeding each step the second that decides it. What the story is
 * told by is the decision log alone, as anybody could read it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { adoptService } from '../../../src/client/adopt-service.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import { seedGateway } from '../../../workers/seed-gateway.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import { testSettings } from '../settings.ts';
import { persist, type Lab } from './lab.ts';
import { decisionsOf, sha256, stepOf, traceOf, type Trace } from './trace.ts';
import { baseline, keptFresh, portionEvents, portionsOf, Seconds, STEPS } from './traffic.ts';

export type StoryName = 'promoted' | 'takenBack' | 'rolledBackByResponder';
export const STORIES: readonly StoryName[] = ['promoted', 'takenBack', 'rolledBackByResponder'];

/** In which step the story turns; the first half of each is a healthy rollout. */
const TURNS_AT = 1;
const INCUMBENT = 'gpt-4o-2024-05-13';
const CANDIDATE = 'gpt-4o-2024-08-06';
/**
 * Looks so far apart that a second stays fresh (for three looks after it has matured) while a process is away. A rollout that is disturbed for
 * longer is kept fresh by single requests.
 */
const LOOK = '10s';
const FRESH_MS = 30_000;
const KEPT_FRESH_EVERY_MS = 10_000;
const LOOK_AGAIN_MS = 300;

/** @param untilMs when the story is given up: a rollout may be disturbed for as long as kills go on, and must end soon after the last */
export async function playStory(
  lab: Lab,
  serviceId: string,
  name: StoryName,
  untilMs: () => number,
): Promise<Trace> {
  await persist(() => adopt(lab, serviceId, { look: LOOK }));
  await persist(() => start(lab, serviceId));
  const feeder = new Feeder(lab, serviceId);
  let rolledBack = false;
  for (;;) {
    if (Date.now() > untilMs()) {
      throw new Error(`${serviceId}: it did not end in time: ${await whereItStands(lab, serviceId)}`);
    }
    await delay(LOOK_AGAIN_MS);
    const decisions = await persist(() => decisionsOf(lab, serviceId));
    const verdicts = decisions.filter(({ kind }) => kind === 'verdict');
    const hasEnded = decisions.some(({ kind }) => kind === 'rollout');
    if (hasEnded && (await persist(() => isClosed(lab, serviceId)))) break;
    const step = verdicts.reduce((last, each) => Math.max(last, stepOf(each)), -1);
    if (step < 0 || hasEnded) continue;
    if (name === 'rolledBackByResponder' && step === TURNS_AT) {
      if (!rolledBack) await rollBack(lab, serviceId);
      rolledBack = true;
      continue;
    }
    const latest = verdicts.findLast((each) => stepOf(each) === step)?.outcome ?? '';
    await feeder.feed(step, latest, name === 'takenBack' && step === TURNS_AT);
  }
  const live = await persist(() => createRestOrchestrator({ url: lab.gatewayUrl }).read(serviceId));
  return persist(() => traceOf(lab, serviceId, live));
}

/** The gateway's first configuration, settings as short as they may be, and labels to be admitted on. */
export async function adopt(
  lab: Lab,
  serviceId: string,
  rollout: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { stores, gatewayUrl } = lab;
  await seedGateway(gatewayUrl, { serviceId, model: INCUMBENT, unit: 'request' });
  const settings = testSettings(serviceId, {
    mode: 'auto',
    quality: { matureAfter: '2s' },
    guardrails: {
      quality: { maxDropPct: 30 },
      errorRate: { maxRisePoints: 10 },
      latencyP95: { required: false },
    },
    rollout: {
      steps: STEPS,
      minSamples: 100,
      block: '1s',
      look: '2s',
      soak: '1s',
      lease: '5m',
      maxRollout: '1h',
      watch: '1s',
      ...rollout,
    },
    ...more,
    orchestrator: { url: gatewayUrl },
  });
  const nowMs = Date.now();
  const ports = {
    ...stores,
    orchestratorFor: createRestOrchestrator,
    nowMs: () => nowMs - 60_000,
    hash: (body: Readonly<Record<string, string>>) => sha256(canonicalJson(body)),
  };
  await adoptService(ports, settings, 'ann');
  await lab.writing(() => stores.ingest.recordFeedback(baseline(serviceId, nowMs), nowMs));
}

export async function start({ client }: Lab, serviceId: string): Promise<void> {
  try {
    await client.workflow.start('canaryRollout', {
      taskQueue: TASK_QUEUE,
      workflowId: `rollout/${serviceId}`,
      args: [{ serviceId, change: { model: CANDIDATE }, by: 'ann', force: true }],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

const rollBack = ({ client }: Lab, serviceId: string): Promise<void> =>
  persist(() =>
    client.workflow
      .getHandle(`rollout/${serviceId}`)
      .signal('rollback', { by: 'oncall', reason: 'complaints', messageId: `rollback/${serviceId}` }),
  );

async function isClosed({ client }: Lab, serviceId: string): Promise<boolean> {
  return (await client.workflow.getHandle(`rollout/${serviceId}`).describe()).status.name !== 'RUNNING';
}

/** What the rollout itself says, for whoever has to find out why it did not end. */
async function whereItStands({ client }: Lab, serviceId: string): Promise<string> {
  try {
    const state = await client.workflow
      .getHandle(`rollout/${serviceId}`)
      .query<Record<string, unknown>>('state');
    const { evidence: _, plan: __, ...rest } = state;
    return canonicalJson(rest).slice(0, 6_000);
  } catch (error) {
    return `its state cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Gives each step its portions as the decision log asks for them, each once. */
class Feeder {
  readonly #lab: Lab;
  readonly #serviceId: string;
  readonly #seconds = new Seconds();
  readonly #given = new Map<number, number>();
  #kept = 0;
  #lastMs = 0;

  constructor(lab: Lab, serviceId: string) {
    this.#lab = lab;
    this.#serviceId = serviceId;
  }

  async feed(step: number, latest: string, harmful: boolean): Promise<void> {
    const given = this.#given.get(step) ?? 0;
    const portion = portionsOf(step, harmful)[given];
    if (portion && portion.after === latest) {
      const id = `step-${step}-${given}`;
      await this.#write((fromMs) => portionEvents(this.#serviceId, id, step, portion, fromMs));
      this.#given.set(step, given + 1);
      this.#lastMs = Date.now() + FRESH_MS - KEPT_FRESH_EVERY_MS;
    } else if (given > 0 && !portion && Date.now() > this.#lastMs + KEPT_FRESH_EVERY_MS) {
      this.#kept += 1;
      this.#lastMs = Date.now();
      await this.#write((fromMs) => [keptFresh(this.#serviceId, `fresh-${this.#kept}`, step, fromMs)]);
    }
  }

  async #write(events: (fromMs: number) => FeedbackEvent[]): Promise<void> {
    const { writing, stores } = this.#lab;
    await writing(async () => {
      const nowMs = Date.now();
      await stores.ingest.recordFeedback(events(this.#seconds.next(nowMs)), nowMs);
    });
  }
}
