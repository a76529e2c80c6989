/** Services for the rollback bench: adopted on the lab's gateway behind the fault proxy, with a baseline, and what a test does to one of them. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { adoptService } from '../../../src/client/adopt-service.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import { liveConfigurationSchema, type LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { serviceSettingsSchema, type ServiceSettingsInput } from '../../../src/domain/service-settings.ts';
import type { Arm } from '../../../src/domain/window.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { seedGateway } from '../../../workers/seed-gateway.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, INCUMBENT, type Lab } from '../../support/optimizer-lab.ts';
import type { FaultProxy } from './fault-proxy.ts';

/** The longest that a rollback may take to be seen. */
export const LIMIT_MS = 60_000;
/** The longest that a state may take to come about. Two dozen services wait side by side, in the process that serves them: they look seldom. */
const PREPARE_MS = 40_000;
/** A service did not get into the state that was to be tried. */
export class NotThere extends Error {}

export const WHO = { by: 'bench', reason: 'measuring' };

export type Overrides = Pick<ServiceSettingsInput, 'rollout' | 'change' | 'guardrails'>;

/** One service under test. */
export interface Subject {
  readonly serviceId: string;
  readonly client: Client;
  readonly proxy: FaultProxy;
  readonly rollout: WorkflowHandle;
  /** What the gateway itself says, past the proxy. */
  live(): Promise<LiveConfiguration>;
  start(steps: readonly number[], soak?: string): Promise<void>;
  signal(name: string, payload?: object): Promise<void>;
  /** Feedback events of this moment, half a dozen fields of them true to life: every third answer is wrong. */
  feed(count: Readonly<Record<Arm, number>>): Promise<void>;
  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
  /** Waits until the gateway serves the candidate at this weight. */
  weight(pct: number): Promise<void>;
  /** Leaves the step at this weight, once the rollout knows that it is served: before, it refuses to. */
  promoteFrom(pct: number): Promise<void>;
  state(): Promise<Readonly<Record<string, unknown>>>;
}

/** Adopts `serviceId` and gives it the labels that a rollout is admitted with. */
export async function createSubject(
  lab: Lab,
  proxy: FaultProxy,
  serviceId: string,
  overrides: Overrides,
): Promise<Subject> {
  const { client, stores, ports, gatewayUrl } = lab;
  await seedGateway(gatewayUrl, { serviceId, model: INCUMBENT, unit: 'request' });
  const settings = serviceSettingsSchema.parse({
    serviceId,
    orchestrator: { driver: 'rest', url: proxy.url },
    quality: { matureAfter: '1s' },
    change: { minSpacing: '0s', ...overrides.change },
    guardrails: overrides.guardrails ?? {},
    rollout: {
      soak: '15m',
      minSamples: 20,
      look: '2s',
      block: '1s',
      lease: '10m',
      watch: '10m',
      ...overrides.rollout,
    },
  });
  const hash = (body: Readonly<Record<string, string>>) => ports.hash(canonicalJson(body));
  await adoptService(
    { ...stores, orchestratorFor: ports.orchestratorFor, nowMs: Date.now, hash },
    settings,
    'bench',
  );

  const live = async () => {
    const answer = await fetch(`${gatewayUrl}/api/v1/configurations/${serviceId}`);
    return liveConfigurationSchema.parse(await answer.json());
  };
  const rollout = client.workflow.getHandle(`rollout/${serviceId}`);
  const until: Subject['until'] = async (what, look) => {
    const seen = await poll(async () => (await look()) || undefined, { timeoutMs: PREPARE_MS, everyMs: 300 });
    if (seen === undefined) {
      const { refusal, phase, log } = await rollout.query<Readonly<Record<string, unknown>>>('state');
      const stands = JSON.stringify({ refusal, phase, log });
      throw new NotThere(`${serviceId}: ${what} did not come about within ${PREPARE_MS} ms: ${stands}`);
    }
    return seen;
  };
  const feed: Subject['feed'] = async (count) => {
    const generations = await live();
    const atMs = Date.now();
    const events = (['stable', 'candidate'] as const).flatMap((arm) =>
      Array.from({ length: count[arm] }, (_, no) => {
        const id = randomUUID();
        return {
          source: 'bench',
          id,
          data: {
            type: 'model_response' as const,
            id,
            timestamp: new Date(atMs).toISOString(),
            request_id: id,
            service: serviceId,
            arm,
            generation: (arm === 'stable' ? generations.stable : generations.candidate)?.generation ?? 0,
            unit: { kind: 'request' as const, id },
            model: arm === 'stable' ? INCUMBENT : GOOD_CANDIDATE,
            task_type: 'bench',
            quality: no % 3 === 2 ? 0 : 1,
            error: false,
            cost_usd: 0.001,
            latency_ms: 1_000,
            input_tokens: 10,
            output_tokens: 10,
          },
        };
      }),
    );
    await stores.ingest.recordFeedback(events, atMs);
  };
  await feed({ stable: 60, candidate: 0 });
  return {
    serviceId,
    client,
    proxy,
    rollout,
    live,
    feed,
    until,
    start: async (steps, soak) => {
      await client.workflow.start('canaryRollout', {
        taskQueue: TASK_QUEUE,
        workflowId: rollout.workflowId,
        workflowIdConflictPolicy: 'FAIL',
        args: [
          {
            serviceId,
            change: { model: GOOD_CANDIDATE },
            steps,
            by: WHO.by,
            force: true,
            ...(soak && { soak }),
          },
        ],
      });
    },
    signal: (name, payload) => rollout.signal(name, payload ?? WHO),
    weight: async (pct) => {
      await until(`${pct} %`, async () => {
        const now = await live();
        return now.candidate !== null && now.weight_pct === pct;
      });
    },
    promoteFrom: async (pct) => {
      await until(`soaking at ${pct} %`, async () => {
        const { phase, weightPct } = await rollout.query<Readonly<Record<string, unknown>>>('state');
        return phase === 'soaking' && weightPct === pct;
      });
      await rollout.signal('promote', WHO);
    },
    state: () => rollout.query<Readonly<Record<string, unknown>>>('state'),
  };
}

/** Whether the gateway serves what it served before the change, alone. */
export const isRestored = (live: LiveConfiguration): boolean =>
  live.candidate === null && live.stable.configuration['model'] === INCUMBENT;
