/**
 * A hurt service on the whole program, under traffic: an alert over HTTP puts it on its backup model, with a change in flight and with none, and
 * people end it. What is tried is what the gateway really serves, from the alert's POST to the gateway's own read-back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { LiveConfiguration } from '../../../src/domain/orchestrator-wire.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { benchFolder } from '../../bench/lab-folder.ts';
import { GOOD_CANDIDATE, INCUMBENT, startLab, type Lab } from '../../support/optimizer-lab.ts';
import type { Proof } from '../proof.ts';

const BACKUP = 'gpt-4o-mini-2024-07-18';
const LIMIT_MS = 60_000;
const WHO = { by: 'prove', reason: 'trying' };

interface Seen {
  readonly what: string;
  readonly ms: number[];
  broken: number;
}

export const proof: Proof = {
  summary: 'an alert puts a service on its backup model, and people end it, on the whole program',
  defaultRuns: 3,
  run: async ({ runs, seed, onProgress }) => {
    const lab = await startLab({
      dataDir: benchFolder(),
      seed,
      mode: 'recommend',
      rollout: { soak: '15m' },
      candidates: { backup: BACKUP },
      onProgress,
    });
    const broken: string[] = [];
    const rows: Seen[] = [];
    const step = async (
      what: string,
      act: () => Promise<unknown>,
      wanted: (live: LiveConfiguration) => boolean,
    ) => {
      const row = rows.find((each) => each.what === what) ?? { what, ms: [], broken: 0 };
      if (!rows.includes(row)) rows.push(row);
      const beganMs = performance.now();
      await act();
      const live = await poll(async () => ((await isServed(lab, wanted)) ? true : undefined), {
        timeoutMs: LIMIT_MS,
        everyMs: 5,
      });
      const ms = performance.now() - beganMs;
      if (live) row.ms.push(ms);
      else {
        row.broken += 1;
        broken.push(`${what}: the gateway did not serve it within ${LIMIT_MS / 1_000} s`);
      }
      onProgress(`${what}: ${live ? `${ms.toFixed(0)} ms` : 'NOT SEEN'}`);
    };
    try {
      for (let no = 1; no <= runs; no += 1) {
        await inFlight(lab, `${seed}/${no}`, step);
        await idle(lab, `${seed}/${no}`, step);
      }
      const figures = Object.fromEntries(
        rows.map(({ what, ms }) => [nameOf(what), Math.round(Math.max(0, ...ms))]),
      );
      return {
        table: [
          ['what', 'seen', 'median', 'longest'],
          ...rows.map(({ what, ms }) => [
            what,
            `${ms.length} of ${runs}`,
            `${median(ms)} ms`,
            `${Math.round(Math.max(0, ...ms))} ms`,
          ]),
        ],
        figures: { ...figures, runs, violations: broken.length },
        broken,
      };
    } finally {
      await lab.stop();
    }
  },
};

type Step = (
  what: string,
  act: () => Promise<unknown>,
  wanted: (live: LiveConfiguration) => boolean,
) => Promise<void>;

const modelOf = (version: LiveConfiguration['stable'] | null) => version?.configuration['model'];
const onStep = (live: LiveConfiguration) =>
  modelOf(live.stable) === INCUMBENT && modelOf(live.candidate) === GOOD_CANDIDATE && live.weight_pct === 5;
const onBackup = (live: LiveConfiguration) =>
  modelOf(live.stable) === INCUMBENT && modelOf(live.candidate) === BACKUP && live.weight_pct === 100;
const alone = (model: string) => (live: LiveConfiguration) =>
  modelOf(live.stable) === model && live.candidate === null;

/** A high alert, a resume, a high alert again, a rollback from there. */
async function inFlight(lab: Lab, run: string, step: Step): Promise<void> {
  await lab.admissible();
  let rollout: WorkflowHandle | null = null;
  const signal = (name: string, payload: object) => async () => rollout?.signal(name, payload);
  await step('first step', async () => (rollout = await startRollout(lab)), onStep);
  await step('high alert, change in flight', () => alert(lab, `${run}/a`, 'high'), onBackup);
  await step('resume', signal('resume', { by: WHO.by }), onStep);
  await step('high alert again', () => alert(lab, `${run}/b`, 'high'), onBackup);
  await step('rollback from the backup route', signal('rollback', WHO), alone(INCUMBENT));
  await (rollout as WorkflowHandle | null)?.result();
}

/** A critical alert with nothing in flight, and the end of it by a person. */
async function idle(lab: Lab, run: string, step: Step): Promise<void> {
  const { client, settings } = lab;
  await step('critical alert, nothing in flight', () => alert(lab, `${run}/c`, 'critical'), alone(BACKUP));
  await cycleOver(lab);
  await step(
    'restoreConfiguration',
    () =>
      client.workflow.start('restoreConfiguration', {
        taskQueue: TASK_QUEUE,
        workflowId: `restore/${settings.serviceId}`,
        args: [{ serviceId: settings.serviceId, to: 'previous', ...WHO }],
      }),
    alone(INCUMBENT),
  );
  await client.workflow.getHandle(`restore/${settings.serviceId}`).result();
}

/** The cycle gives the lease back a moment after the gateway serves the backup model. */
async function cycleOver({ stores, settings }: Lab): Promise<void> {
  const free = async () => ((await stores.leases.current(settings.serviceId)) === null ? true : undefined);
  await poll(free, { timeoutMs: LIMIT_MS, everyMs: 20 });
  await delay(100);
}

function startRollout({ client, settings }: Lab): Promise<WorkflowHandle> {
  return client.workflow.start('canaryRollout', {
    taskQueue: TASK_QUEUE,
    workflowId: `rollout/${settings.serviceId}`,
    workflowIdConflictPolicy: 'FAIL',
    args: [{ serviceId: settings.serviceId, change: { model: GOOD_CANDIDATE }, by: WHO.by }],
  });
}

async function alert({ stack, settings }: Lab, id: string, severity: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${stack.ports.otlpHttp}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      alert_id: id,
      severity,
      anomaly_type: 'provider_outage',
      service_name: settings.serviceId,
    }),
  });
  if (response.status !== 202) throw new Error(`ingest answered ${response.status}`);
}

async function isServed(
  { ports, settings }: Lab,
  wanted: (live: LiveConfiguration) => boolean,
): Promise<boolean> {
  return wanted(await ports.orchestratorFor(settings.orchestrator).read(settings.serviceId));
}

const median = (ms: readonly number[]): number =>
  Math.round(ms.toSorted((a, b) => a - b)[Math.floor((ms.length - 1) / 2)] ?? 0);

/** `high alert, change in flight` -> `highAlertChangeInFlightMaxMs` */
const nameOf = (what: string): string =>
  `${what.replaceAll(/[^a-z]+([a-z])/giu, (_all, letter: string) => letter.toUpperCase())}MaxMs`;
