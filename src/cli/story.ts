/**
 * The two stories of the embedded run. Nothing in here knows which candidate is good: in the first story the optimizer
 * chooses among the service's candidates, in the second a person deploys the contender that it did not choose.
 * The stories only watch, start what a person would start, and check what came of it.
 */
import type { Client } from '@temporalio/client';
import { servesStableAlone } from '../domain/live-change.ts';
import type { LiveConfiguration } from '../domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../domain/service-settings.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';
import type { DecisionLog, DecisionRecord } from '../ports/stores.ts';
import type { WindowStore } from '../ports/windows.ts';
import { followRollout, type RolloutEnd } from './follow-rollout.ts';
import type { Screen } from './screen.ts';
import type { StoryProgress } from './story-file.ts';
import { servedBy, storyTable, type Served } from './story-report.ts';
import { until } from './wait.ts';

export interface StoryParts {
  readonly client: Client;
  readonly taskQueue: string;
  readonly settings: ServiceSettings;
  readonly orchestrator: Orchestrator;
  readonly decisions: DecisionLog;
  readonly windows: WindowStore;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** Requests a second that the traffic is sending. */
  readonly rate: () => number;
  readonly save: (story: StoryProgress) => Promise<void>;
}

const NOTICE_LIMIT_MS = 300_000;

/** Tells what is left of both stories. The answer says whether each ended as told. */
export async function tellStories(parts: StoryParts, begun: StoryProgress): Promise<StoryProgress> {
  let story = begun;
  if (story.stage === 'improve') story = await improve(parts, story);
  if (story.stage === 'takeBack') story = await takeBack(parts, story);
  return story;
}

/** First story: the optimizer notices, proves and promotes something cheaper. */
async function improve(parts: StoryParts, story: StoryProgress): Promise<StoryProgress> {
  const { screen, client, settings } = parts;
  const { serviceId } = settings;
  screen.line();
  screen.line(
    `Story 1. ${serviceId} runs on ${story.incumbentModel}. Can it be cheaper at the same quality?`,
  );
  const decision = await until(() => decided(parts, story), {
    what: `no cycle decided to change ${serviceId}`,
    everyMs: 1_000,
    limitMs: NOTICE_LIMIT_MS,
    signal: parts.signal,
  });
  screen.settle();
  screen.line(`  The optimizer: ${decision.reason}`);
  const runId = await until(() => rolloutSince(client, `rollout/${serviceId}`, story.startedAtMs), {
    what: `rollout/${serviceId} did not start`,
    everyMs: 500,
    limitMs: NOTICE_LIMIT_MS,
    signal: parts.signal,
  });
  const end = await followRollout(
    client,
    screen,
    { workflowId: `rollout/${serviceId}`, runId },
    parts.signal,
  );
  const live = await parts.orchestrator.read(serviceId);
  const promotedModel = live.stable.configuration['model'] ?? 'unknown';
  const [before, after] = await Promise.all([
    served(parts, story, story.incumbentGeneration, story.incumbentModel),
    served(parts, story, end.generation, promotedModel),
  ]);
  screen.line(`  ${end.outcome}: ${end.summary}. ${end.reason}`);
  screen.line(storyTable(before, after, end));
  const asTold = improvedAsTold(end, live, before, after);
  screen.line(asTold ? '  As told: cheaper, and no step was left without proof.' : '  NOT as told.');
  const next: StoryProgress = {
    ...story,
    stage: 'takeBack',
    promotedModel,
    asTold: { ...story.asTold, improve: asTold },
  };
  await parts.save(next);
  return next;
}

/** Run of the newest rollout, when it was started in this story. */
async function rolloutSince(client: Client, workflowId: string, sinceMs: number): Promise<string | null> {
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  return description && description.startTime.getTime() >= sinceMs ? description.runId : null;
}

function improvedAsTold(end: RolloutEnd, live: LiveConfiguration, before: Served, after: Served): boolean {
  return (
    end.outcome === 'promoted' &&
    servesStableAlone(live) &&
    live.stable.generation === end.generation &&
    before.costUsdPer1000 !== null &&
    after.costUsdPer1000 !== null &&
    after.costUsdPer1000 < before.costUsdPer1000
  );
}

/** The newest decision of this story to deploy; shows what the cycles before it waited for. */
async function decided(parts: StoryParts, story: StoryProgress): Promise<DecisionRecord | null> {
  const recent = await parts.decisions.list({
    serviceId: parts.settings.serviceId,
    kind: 'cycle',
    limit: 20,
  });
  const ours = recent.filter((each) => each.atMs >= story.startedAtMs);
  const deploy = ours.find((each) => each.outcome === 'deploy');
  if (deploy) return deploy;
  const reason = ours[0]?.reason ?? 'the first cycle is about to start';
  const text = `  observing ${parts.rate().toFixed(0)} requests/s: ${reason}`;
  parts.screen.live([text], text);
  return null;
}

/** Second story: a person deploys the other contender; the rollout takes it back by itself. */
async function takeBack(parts: StoryParts, story: StoryProgress): Promise<StoryProgress> {
  const { screen, client, settings } = parts;
  const { serviceId } = settings;
  const other = settings.candidates.models.slice(0, 2).find((model) => model !== story.promotedModel);
  if (other === undefined) throw new Error('candidates.models: at least two are needed for the second story');
  screen.line();
  screen.line(`Story 2. Somebody deploys ${other}, the other contender.`);
  const before = await parts.orchestrator.read(serviceId);
  const runId = story.secondRunId ?? (await startByHand(parts, other));
  await parts.save({ ...story, secondRunId: runId });
  const end = await followRollout(
    client,
    screen,
    { workflowId: `rollout/${serviceId}`, runId },
    parts.signal,
  );
  const live = await parts.orchestrator.read(serviceId);
  screen.line(`  ${end.outcome}: ${end.summary}. ${end.reason}`);
  screen.line(
    `  The gateway, read back: ${live.stable.configuration['model'] ?? 'unknown'} for everybody, ${servesStableAlone(live) ? 'no candidate' : 'A CANDIDATE'}, generation ${live.generation}, revision ${live.revision}.`,
  );
  const harmedPct = Math.max(0, ...end.steps.map((step) => step.weightPct));
  const asTold =
    end.outcome === 'rolledBack' &&
    servesStableAlone(live) &&
    live.stable.configuration['model'] === before.stable.configuration['model'];
  screen.line(
    asTold ? `  As told: taken back by itself at ${harmedPct} % of the traffic.` : '  NOT as told.',
  );
  const done: StoryProgress = {
    ...story,
    stage: 'done',
    secondRunId: runId,
    asTold: { ...story.asTold, takeBack: asTold },
  };
  await parts.save(done);
  return done;
}

async function startByHand(parts: StoryParts, model: string): Promise<string> {
  const { serviceId } = parts.settings;
  const handle = await parts.client.workflow.start('canaryRollout', {
    taskQueue: parts.taskQueue,
    workflowId: `rollout/${serviceId}`,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ serviceId, change: { model }, by: 'somebody', reason: 'it is said to be just as good' }],
  });
  return handle.firstExecutionRunId;
}

function served(parts: StoryParts, story: StoryProgress, generation: number, model: string): Promise<Served> {
  const { serviceId } = parts.settings;
  return servedBy(parts.windows, {
    serviceId,
    generation,
    model,
    fromMs: story.startedAtMs,
    toMs: Date.now(),
  });
}
