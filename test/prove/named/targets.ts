/**
 * Real rollouts on a real server under traffic, over a route, a prompt registry, limits and a cache that reads a file: one target refuses the
 * second step, dies during the compensation, is changed by hand, dies in the middle of the promotion, or nothing goes wrong. After each the
 * whole of what is served must be the stable configuration of before or the promoted one, at every target.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { RolloutSummary } from '../../../activities/index.ts';
import { sameConfiguration } from '../../../src/domain/change.ts';
import type { Configuration, LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { gatewayTargetOf } from '../../../src/domain/supporting-target.ts';
import { poll } from '../../../src/embedded/poll.ts';
import type { RolloutState } from '../../../src/state/rollout/index.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { GOOD_CANDIDATE, INCUMBENT, startLab, type Lab } from '../../support/optimizer-lab.ts';
import { startProxy, type RefusingProxy } from '../../support/refusing-proxy.ts';
import { startSupporting, type Supporting } from '../../support/supporting-targets.ts';
import type { Proof } from '../proof.ts';

const SERVICE = 'support-bot';
const ROLLOUT = `rollout/${SERVICE}`;
const STABLE: Configuration = {
  model: INCUMBENT,
  system_prompt: 'be kind',
  rpm: '100',
  cacheTtlSeconds: '60',
};
const TRIED: Configuration = { ...STABLE, model: GOOD_CANDIDATE, rpm: '50', cacheTtlSeconds: '600' };
const LIMIT_MS = 90_000;

interface Rig {
  readonly lab: Lab;
  readonly supporting: Supporting;
  readonly proxy: RefusingProxy;
}

/** What happens to a rollout that soaks at 50 %, and how it then ends. */
interface Situation {
  readonly name: string;
  readonly outcome: RolloutSummary['outcome'];
  /** Answers the milliseconds until the route was free, where a target is dead meanwhile. */
  readonly happens: (rig: Rig) => Promise<number | null>;
}

const SITUATIONS: readonly Situation[] = [
  {
    name: 'second step refused by a target',
    outcome: 'rolledBack',
    happens: async ({ lab, proxy }) => {
      proxy.refuse = (method) => (method === 'PUT' ? 401 : null);
      await send(lab, 'promote');
      await until(lab, 'the way back', (state) => state.phase === 'rollingBack' || state.phase === 'ended');
      proxy.refuse = () => null;
      return null;
    },
  },
  {
    name: 'a target dead during the compensation',
    outcome: 'rolledBack',
    happens: async ({ lab, supporting }) => {
      await supporting.limits.kill();
      const sentMs = performance.now();
      await send(lab, 'rollback');
      const route = lab.ports.orchestratorFor({ driver: 'rest', url: lab.gatewayUrl });
      const free = await poll(
        async () => ((await route.read(SERVICE)).candidate === null ? true : undefined),
        { timeoutMs: LIMIT_MS, everyMs: 5 },
      );
      const ms = performance.now() - sentMs;
      const { status } = await lab.client.workflow.getHandle(ROLLOUT).describe();
      if (!free) throw new Error('the route was not free while a target was dead');
      if (status.name !== 'RUNNING') throw new Error(`${status.name} while a target was dead`);
      await supporting.limits.revive();
      return ms;
    },
  },
  {
    name: 'a target changed by hand',
    outcome: 'superseded',
    happens: async ({ lab, proxy }) => {
      const limits = lab.ports.orchestratorFor({ driver: 'rest', url: proxy.url });
      const { generation, revision } = await limits.read(SERVICE);
      await limits.setStable({
        serviceId: SERVICE,
        generation,
        revision: revision + 500,
        idempotencyKey: 'by hand',
        configuration: { model: INCUMBENT, rpm: '100' },
      });
      return null;
    },
  },
  {
    name: 'a target refuses in the middle of the promotion',
    outcome: 'rolledBack',
    happens: async ({ lab, proxy }) => {
      await send(lab, 'promote');
      await soakingAt(lab, 100);
      proxy.refuse = (method) => (method === 'PUT' ? 401 : null);
      await send(lab, 'promote');
      await until(lab, 'the way back', (state) => state.phase === 'rollingBack' || state.phase === 'ended');
      proxy.refuse = () => null;
      return null;
    },
  },
  {
    name: 'nothing goes wrong',
    outcome: 'promoted',
    happens: async ({ lab }) => {
      await send(lab, 'promote');
      await soakingAt(lab, 100);
      await send(lab, 'promote');
      return null;
    },
  },
];

export const proof: Proof = {
  summary:
    'several targets of one service: one refuses, dies or is changed by hand, and nothing is left half done',
  defaultRuns: 2,
  run: async ({ runs, seed, only, onProgress }) => {
    const supporting = await startSupporting(SERVICE, INCUMBENT, Date.now);
    const proxy = await startProxy(supporting.limits.url);
    const lab = await startLab({
      dataDir: mkdtempSync(join(tmpdir(), 'several-targets-')),
      seed,
      mode: 'recommend',
      speed: 8,
      rollout: { soak: '15m', look: '2s', lease: '30s', watch: '0s' },
      targets: supporting.targets.map(({ name, driver, url, keys }) => ({
        name,
        driver,
        url: name === 'limits' ? proxy.url : url,
        keys: [...keys],
      })),
      onProgress,
    });
    const broken: string[] = [];
    const free: number[] = [];
    const rows: string[][] = [];
    try {
      const chosen = SITUATIONS.filter(({ name }) => only === null || name.includes(only));
      for (const situation of chosen) {
        let asWanted = 0;
        for (let run = 1; run <= runs; run += 1) {
          const found = await tryOnce({ lab, supporting, proxy }, situation, run);
          onProgress(`${situation.name} ${run} of ${runs}: ${found.problem ?? 'whole'}`);
          if (found.problem === null) asWanted += 1;
          else broken.push(`${situation.name} ${run}: ${found.problem}`);
          if (found.freeMs !== null) free.push(found.freeMs);
        }
        rows.push([situation.name, situation.outcome, String(runs), String(asWanted)]);
      }
    } finally {
      await lab.stop();
      await proxy.close();
      await supporting.close();
    }
    return {
      table: [['what happens to one target', 'ends', 'rollouts', 'whole'], ...rows],
      figures: {
        rollouts: rows.length * runs,
        halfDone: broken.length,
        routeFreeMaxMs: free.length === 0 ? null : Math.round(Math.max(...free)),
      },
      broken,
    };
  },
};

/** One rollout from its start until everything is read back; then the service is put back where it began. */
async function tryOnce(
  rig: Rig,
  { outcome, happens }: Situation,
  run: number,
): Promise<{ readonly problem: string | null; readonly freeMs: number | null }> {
  const { lab } = rig;
  const handle = await start(lab);
  await soakingAt(lab, 50);
  const tried = await whole(lab);
  const freeMs = await happens(rig);
  const summary = (await handle.result()) as RolloutSummary;
  const live = await whole(lab);
  const problems = [
    ...(same(tried.candidate?.configuration, TRIED) ? [] : ['the candidate was not served whole at 50 %']),
    ...(summary.outcome === outcome ? [] : [`${summary.outcome}: ${summary.reason}`]),
    ...(live.candidate === null ? [] : ['a candidate is left']),
    ...(same(live.stable.configuration, outcome === 'promoted' ? TRIED : STABLE)
      ? []
      : [`served is ${JSON.stringify(live.stable.configuration)}`]),
  ];
  if (outcome === 'promoted') {
    const restoring = await lab.client.workflow.start('restoreConfiguration', {
      taskQueue: TASK_QUEUE,
      workflowId: `restore/${SERVICE}`,
      args: [{ serviceId: SERVICE, to: 'previous', by: 'prove', reason: `run ${run}` }],
    });
    await restoring.result();
    if (!same((await whole(lab)).stable.configuration, STABLE)) problems.push('the restore was not whole');
  }
  return { problem: problems.length === 0 ? null : problems.join('; '), freeMs };
}

const same = (a: Configuration | undefined, b: Configuration): boolean =>
  a !== undefined && sameConfiguration(a, b);

const whole = (lab: Lab): Promise<LiveConfiguration> =>
  lab.ports.orchestratorFor(gatewayTargetOf(lab.settings)).read(SERVICE);

async function start(lab: Lab): Promise<WorkflowHandle> {
  await lab.admissible();
  return lab.client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: ROLLOUT,
    args: [
      {
        serviceId: SERVICE,
        change: { model: GOOD_CANDIDATE, settings: { rpm: 50, cacheTtlSeconds: 600 } },
        steps: [50, 100],
        force: true,
        by: 'ann',
      },
    ],
  });
}

const send = (lab: Lab, name: 'promote' | 'rollback') =>
  lab.client.workflow.getHandle(ROLLOUT).signal(name, { by: 'ann', reason: 'the proof asks' });

async function until(lab: Lab, what: string, holds: (state: RolloutState) => boolean): Promise<void> {
  let last = 'nothing';
  const found = await poll(
    async () => {
      const state = await lab.client.workflow.getHandle(ROLLOUT).query<RolloutState>('state');
      last = JSON.stringify({ ...state, plan: undefined, verdict: undefined });
      return holds(state) ? true : undefined;
    },
    { timeoutMs: LIMIT_MS, everyMs: 50 },
  );
  if (found) return;
  const { raw } = await lab.client.workflow.getHandle(ROLLOUT).describe();
  const pending = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, lastFailure }) =>
      `${activityType?.name} (try ${attempt}): ${lastFailure?.message}`,
  );
  throw new Error(`${what}: it never came; pending: ${pending.join(', ')}; ${last}`);
}

const soakingAt = (lab: Lab, weightPct: number) =>
  until(
    lab,
    `soaking at ${weightPct} %`,
    (state) => state.phase === 'soaking' && state.weightPct === weightPct,
  );
