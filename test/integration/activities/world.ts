/**
 * The world of the activity tests: a real database, the real gateway on a folder of its own, the real driver between them, and one
 * clock for all of it that stands still until a test moves it. Traffic is written through ingest, request by request.
 */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../gateway/support.ts';
import {
  createActivities,
  createControlActivities,
  type Activities,
  type ActivityPorts,
  type ControlActivities,
} from '../../../activities/index.ts';
import { createTokenCounter } from '../../../src/adapters/gpt-tokenizer/index.ts';
import { createOpenAiPrompts } from '../../../src/adapters/openai-prompts/index.ts';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import { createWatchdogs } from '../../../src/adapters/watchdog/index.ts';
import { createWebhookNotifier } from '../../../src/adapters/webhook/index.ts';
import { withoutRegistry } from '../../../src/adapters/rest-registry/index.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { adoptService } from '../../../src/client/adopt-service.ts';
import { readRetention } from '../../../src/config/retention-settings.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { FeedbackData } from '../../../src/domain/feedback.ts';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../../../src/domain/service-settings.ts';
import { startGateway, type Upstream } from '../../../src/gateway/index.ts';
import type { OrchestratorFor } from '../../../src/ports/orchestrator.ts';
import type { FeedbackEvent } from '../../../src/ports/windows.ts';
import type { WorkflowDirectory } from '../../../src/ports/workflows.ts';
import { seedGateway } from '../../../workers/seed-gateway.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import type { TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

export const SERVICE = 'support-bot';
export const INCUMBENT = 'gpt-4o-2024-05-13';
export const CANDIDATE = 'gpt-4o-2024-08-06';

/** Longer than any pause of a busy machine; the gateway stands beside the test. */
const PATIENCE_MS = 60_000;

/** When the world begins, ms since the Unix epoch: a whole minute. */
export const BEGIN_MS = Date.parse('2026-03-01T12:00:00Z');

/** Knows every model but one, and answers nothing: traffic comes through ingest here. */
const upstream: Upstream = {
  validate: ({ model }) =>
    model === 'no-such-model' ? [{ field: 'model', value: model, expected: 'a known model' }] : [],
  complete: async () => ({ kind: 'notRecorded', message: 'this upstream answers nothing' }),
};

/** For tests in which nothing may ask Temporal: it fails them. */
const noTemporal: WorkflowDirectory = {
  isClosed: () => Promise.reject(new Error('isClosed: this test runs without Temporal')),
  endOf: () => Promise.reject(new Error('endOf: this test runs without Temporal')),
  startRestore: () => Promise.reject(new Error('startRestore: this test runs without Temporal')),
  running: () => Promise.resolve(null),
  firstRunOf: () => Promise.reject(new Error('firstRunOf: this test runs without Temporal')),
  startCycle: () => Promise.reject(new Error('startCycle: this test runs without Temporal')),
  tellCycle: () => Promise.reject(new Error('tellCycle: this test runs without Temporal')),
  signalRollback: () => Promise.reject(new Error('signalRollback: this test runs without Temporal')),
};

/** `count` requests of one arm, spread evenly over `[fromMs, toMs)`; a share `quality` of them succeeds. */
export interface Traffic {
  readonly arm?: FeedbackData['arm'];
  readonly generation?: number;
  /** Of an arm of an experiment: its id. */
  readonly experiment?: string;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly quality?: number;
  /** False: nobody has judged the answers. A share of them: so many are judged. True unless told. */
  readonly labelled?: boolean | number;
  readonly errors?: number;
  readonly latencyMs?: number;
  readonly costUsd?: number;
}

export interface World {
  readonly stores: Stores;
  readonly ports: ActivityPorts;
  readonly activities: Activities & ControlActivities;
  readonly settings: ServiceSettings;
  readonly url: string;
  /** The one clock. */
  nowMs: number;
  /** What the gateway serves. */
  live(): Promise<LiveConfiguration>;
  feed(...traffic: readonly Traffic[]): Promise<void>;
  /** For what no part of the program would ever write. */
  query(sql: string): Promise<void>;
  /** Ends the database's pool: every store answers StoreUnavailable from now on. */
  stopDatabase(): Promise<void>;
}

export interface WorldOptions {
  readonly settings?: Record<string, unknown>;
  readonly workflows?: WorkflowDirectory;
  /** True unless said otherwise. */
  readonly adopted?: boolean;
  /** Finds the drivers, over the world's clock; the REST driver for every address unless said otherwise. */
  readonly orchestratorFor?: (clock: () => number) => OrchestratorFor;
  /** Time goes by itself, for tests with workers. */
  readonly realTime?: boolean;
  /** Settings of another gateway than the reference one. */
  readonly orchestrator?: Record<string, unknown>;
}

/** A new world on `postgres`, which ends with the test. Blocks of a second, labels that are mature after two. */
export async function createWorld(
  postgres: Pick<TestPostgres, 'createDatabase'>,
  options: WorldOptions = {},
): Promise<World> {
  const { pool } = await postgres.createDatabase({ connections: 4 });
  const stores = createStores(pool);
  const time = options.realTime === true ? realTime() : { nowMs: BEGIN_MS };
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    stateDir: await temporaryFolder(),
    upstream,
    emitters: [],
    logger: pino({ level: 'silent' }),
    clock: () => time.nowMs,
  });
  onTestFinished(() => gateway.close());
  const settings = testSettings(SERVICE, {
    mode: 'auto',
    quality: { matureAfter: '2s' },
    rollout: {
      block: '1s',
      look: '2s',
      soak: '10s',
      lease: '2m',
      maxRollout: '1h',
      watch: '10m',
      minSamples: 200,
    },
    ...options.settings,
    orchestrator: options.orchestrator ?? { url: gateway.url },
  });
  const ports: ActivityPorts = {
    ...stores,
    tokens: createTokenCounter(),
    promptWriter: createOpenAiPrompts(),
    orchestratorFor:
      options.orchestratorFor?.(() => time.nowMs) ??
      (({ url }) => createRestOrchestrator({ url, timeoutMs: PATIENCE_MS })),
    watchdogs: createWatchdogs({ timeoutMs: PATIENCE_MS }),
    notifier: createWebhookNotifier(),
    registry: withoutRegistry,
    retention: () => readRetention({}),
    workflows: options.workflows ?? noTemporal,
    nowMs: () => time.nowMs,
    hash: sha256,
  };
  await seedGateway(gateway.url, { serviceId: SERVICE, model: INCUMBENT, unit: 'request' });
  const world: World = {
    stores,
    ports,
    activities: { ...createActivities(ports), ...createControlActivities(ports) },
    settings,
    url: gateway.url,
    get nowMs() {
      return time.nowMs;
    },
    set nowMs(value) {
      time.nowMs = value;
    },
    live: () => createRestOrchestrator({ url: gateway.url, timeoutMs: PATIENCE_MS }).read(SERVICE),
    feed: async (...traffic) => {
      const events = traffic.flatMap(eventsOf);
      const { stored } = await stores.ingest.recordFeedback(events, time.nowMs);
      if (stored !== events.length) throw new Error(`${stored} of ${events.length} events were stored`);
    },
    query: async (sql) => void (await pool.query(sql)),
    stopDatabase: () => pool.end(),
  };
  if (options.adopted ?? true) await adopt(world);
  return world;
}

function realTime(): { nowMs: number } {
  return {
    get nowMs() {
      return Date.now();
    },
    set nowMs(_value) {
      throw new Error('nowMs: this world is in real time');
    },
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function adopt(world: World): Promise<LiveConfiguration> {
  const hash = (body: Readonly<Record<string, string>>) => sha256(canonicalJson(body));
  return adoptService({ ...world.ports, hash }, world.settings, 'ann');
}

/** What a person may type at the gateway itself: a write past the optimizer. */
export async function byHand(
  world: World,
  generation: number,
  revision: number,
  of: { readonly model: string; readonly weightPct?: number },
): Promise<void> {
  const base = {
    serviceId: SERVICE,
    generation,
    revision,
    idempotencyKey: `by-hand/${generation}/${revision}`,
    configuration: { model: of.model },
  };
  const gateway = createRestOrchestrator({ url: world.url });
  if (of.weightPct === undefined) await gateway.setStable(base);
  else await gateway.setCandidate({ ...base, weightPct: of.weightPct, leaseMs: 600_000 });
}

/** Everything a refused input could have left behind. */
export async function traces(world: World): Promise<unknown> {
  const { leases, configurations, audit, decisions, rollouts, experiments } = world.stores;
  return {
    lease: await leases.current(SERVICE),
    configurations: await configurations.list(SERVICE),
    audit: await audit.list(SERVICE),
    decisions: await decisions.list({ serviceId: SERVICE }),
    rollouts: await rollouts.list(SERVICE),
    experiments: await experiments.list(SERVICE),
    live: await world.live(),
  };
}

let batch = 0;

/** Success and failure alternate as evenly as the rate allows, so that counts are exact; latencies fan out around theirs. */
function eventsOf(traffic: Traffic): FeedbackEvent[] {
  const { arm = 'stable', generation = 1, experiment, count, fromMs, toMs } = traffic;
  const { quality = 0.8, errors = 0.005, latencyMs = 800, costUsd = 0.002, labelled = true } = traffic;
  batch += 1;
  const hit = (i: number, rate: number) => Math.floor((i + 1) * rate) > Math.floor(i * rate);
  return Array.from({ length: count }, (_, i) =>
    feedbackEvent(`${batch}-${i}`, {
      timestamp: new Date(fromMs + Math.floor((i * (toMs - fromMs)) / count)).toISOString(),
      arm,
      generation,
      ...(experiment !== undefined && { experiment }),
      quality: hit(i, Number(labelled)) ? (hit(i, quality) ? 1 : 0) : null,
      error: hit(i, errors),
      latency_ms: latencyMs * (0.5 + ((i * 37) % 100) / 100),
      cost_usd: costUsd * (0.5 + ((i * 61) % 100) / 100),
    }),
  );
}
