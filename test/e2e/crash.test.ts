// `npm start` killed in the middle of a rollout and started again on the same data folder: within the lease and after it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPorts } from '../../src/embedded/stack-files.ts';
import { poll } from '../../src/embedded/poll.ts';
import type { GateReport } from '../../src/domain/gate.ts';
import type { Look, RolloutState } from '../../src/state/rollout/index.ts';
import {
  clearUp,
  gatewayOnDisk,
  START,
  startProcess,
  type OptimizerProcess,
} from '../support/optimizer-process.ts';
import { takeOwnPorts } from '../support/own-ports.ts';
import { temporaryFolder } from '../support/servers.ts';

const SERVICE = 'support-bot';
const ROLLOUT = `rollout/${SERVICE}`;
/** What has not come by then never comes; a minute and a half is usual. */
const LIMIT_MS = 600_000;

type State = Omit<RolloutState, 'evidence' | 'seen' | 'gates'> & { readonly gates: readonly GateReport[] };

let dataDir: string;
let program: OptimizerProcess;

beforeEach(async () => {
  dataDir = temporaryFolder();
  await takeOwnPorts(dataDir);
});
afterEach(async () => {
  await clearUp(program, dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

/**
 * Quality may drop by more than chance ever shows of a candidate that is as good (at the usual 5 per cent one such rollout in some 300,000 is taken back): what is
 * tried here is what a restart finds. The contender of the second story, some 26 per cent worse, is taken back all the same.
 */
const WIDE = 'guardrails: { quality: { maxDropPct: 15 } }';

/** Starts, or starts again, with the embedded run's service, times replaced. */
async function start(seed: number, times: Readonly<Record<string, string>>): Promise<void> {
  const file = join(dataDir, 'service.yaml');
  const text = readFileSync('deploy/services/support-bot.yaml', 'utf8');
  const timed = Object.entries(times).reduce(
    (yaml, [key, value]) => yaml.replace(new RegExp(`\\b${key}: \\w+`, 'u'), `${key}: ${value}`),
    text,
  );
  writeFileSync(file, `${timed}${WIDE}\n`);
  program = await startProcess([
    START,
    '--once',
    '--data',
    dataDir,
    '--seed',
    String(seed),
    '--service',
    file,
  ]);
}

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: `127.0.0.1:${readPorts(dataDir)?.temporal}` });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** The rollout's state once it is as wanted; an unanswered query counts as not yet. */
async function stateWhen(wanted: (state: State) => boolean): Promise<State> {
  let last: State | null = null;
  const seen = await poll(
    async () => {
      last = await withClient((client) => client.workflow.getHandle(ROLLOUT).query<State>('state')).catch(
        () => null,
      );
      return last?.plan && wanted(last) ? last : undefined;
    },
    { timeoutMs: LIMIT_MS / 2, everyMs: 100 },
  );
  if (!seen) throw new Error(`not as wanted: ${JSON.stringify(last)}\n${program.lines.join('\n')}`);
  return seen;
}

/** When the step's traffic had moved, as the gate of the looks says it: from then on it soaks. */
const moved = ({ gates }: State): string | undefined => gates.find(({ id }) => id === 'share')?.reason;

/** In a step of the ladder, with its clock running. */
const inStep = (index: number) => (state: State) =>
  state.stepIndex === index && state.phase === 'soaking' && state.soakEndsAtMs !== null;

const labels = (state: State): number =>
  state.verdict?.guardrails.find(({ id }) => id === 'quality')?.labels.candidate ?? 0;

const appliedAgain = (state: State) => state.log.filter(({ why }) => why === 'applied again, soak restarted');

/** The evidence that each look of the rollout began with and ended with, as its history has them. */
async function evidenceOfLooks(runId?: string) {
  const history = await withClient((client) => client.workflow.getHandle(ROLLOUT, runId).fetchHistory());
  const asked = new Map<string, RolloutState>();
  const looks: { readonly before: RolloutState; readonly after: Look }[] = [];
  for (const { eventId, ...event } of history.events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const completed = event.activityTaskCompletedEventAttributes;
    const [input, result] = [scheduled?.input?.payloads?.[0], completed?.result?.payloads?.[0]];
    if (scheduled?.activityType?.name === 'look' && input) {
      const { state } = defaultPayloadConverter.fromPayload<{ readonly state: RolloutState }>(input);
      asked.set(String(eventId), state);
    }
    const before = asked.get(String(completed?.scheduledEventId));
    if (before && result) looks.push({ before, after: defaultPayloadConverter.fromPayload<Look>(result) });
  }
  return looks;
}

/**
 * Each look began with exactly what the one before it had gathered, and no block was folded twice or lost. A step that has just begun has no gates yet.
 */
async function expectUnbrokenEvidence(runId?: string): Promise<void> {
  const looks = await evidenceOfLooks(runId);
  expect(looks.length).toBeGreaterThan(3);
  const gathered = ({ evidence, evidenceHash, foldedTo, gates }: RolloutState | Look) => ({
    evidence,
    evidenceHash,
    foldedTo,
    gates,
  });
  expect(looks.slice(1).map(({ before }) => gathered(before))).toEqual(
    looks.slice(0, -1).map(({ after }, i) => {
      const begins = looks[i + 1]?.before.gates === null;
      return { ...gathered(after), ...(begins && { gates: null }) };
    }),
  );
  for (const { before, after } of looks) {
    expect(after.foldedTo).toBeGreaterThanOrEqual(before.foldedTo);
    expect(after.evidence.blocks).toBeGreaterThanOrEqual(before.evidence.blocks);
  }
}

/** The step, what was written for it, and when it is to end. */
const clockOf = ({ stepIndex, asked, soakEndsAtMs }: State) => ({ stepIndex, asked, soakEndsAtMs });

/**
 * Whether another clock than before is in order: a program that came back only when the step was over has left it, no sooner than it was to end; and a look may
 * find that the traffic moved later than the looks before it had found.
 */
function isInOrder(after: State, before: State): boolean {
  const endsAtMs = before.soakEndsAtMs ?? Infinity;
  if (after.stepIndex > before.stepIndex)
    return (after.steps[before.steps.length - 1]?.endedAtMs ?? 0) >= endsAtMs;
  const isSameWrite = after.asked?.setAtMs === before.asked?.setAtMs;
  return isSameWrite && moved(after) !== moved(before) && (after.soakEndsAtMs ?? Infinity) > endsAtMs;
}

/** The rollout goes on as if nothing had happened: step, write, soak end and everything gathered are those of before. */
function expectTheSame(after: State, before: State): void {
  expect(clockOf(isInOrder(after, before) ? before : after)).toEqual(clockOf(before));
  expect(after.steps.slice(0, before.steps.length).map(({ startedAtMs }) => startedAtMs)).toEqual(
    before.steps.map(({ startedAtMs }) => startedAtMs),
  );
  expect(after.plan).toEqual(before.plan);
  expect(after.foldedTo).toBeGreaterThanOrEqual(before.foldedTo);
  expect(after.looks).toBeGreaterThanOrEqual(before.looks);
  expect(labels(after)).toBeGreaterThanOrEqual(labels(before));
  expect(appliedAgain(after)).toEqual([]);
}

test(
  'Killed twice within the lease, Node alone and then everything: same steps, same soak ends, same evidence, promoted',
  {
    timeout: LIMIT_MS,
  },
  async () => {
    // A lease that no restart outlasts.
    const times = { soak: '15s', lease: '20m' };
    await start(21, times);
    const second = await stateWhen(inStep(1));
    await program.killNode();
    await start(21, times);
    await program.line(/taking over/u, LIMIT_MS / 2);
    expectTheSame(await stateWhen(({ looks }) => looks > second.looks), second);

    const third = await stateWhen(inStep(2));
    await program.killAll(dataDir);
    await start(21, times);
    expectTheSame(await stateWhen(({ looks }) => looks > third.looks), third);
    await expectUnbrokenEvidence();

    const { runId } = await withClient((client) => client.workflow.getHandle(ROLLOUT).describe());
    await program.line(/promoted: model/u, LIMIT_MS / 2);
    await expectUnbrokenEvidence(runId);
    expect(await program.ended(LIMIT_MS / 2)).toBe(0);
    expect(program.lines).toContain('Both stories ended as told.');
    const gateway = await gatewayOnDisk(dataDir, SERVICE);
    expect(gateway.candidate).toBeNull();
    expect(`model gpt-4o-2024-05-13 -> ${gateway.stable.configuration['model']}`).toBe(third.plan.summary);
  },
);

test(
  'Killed and started again after the lease: evidence kept, step applied again, soak restarted and logged',
  {
    timeout: LIMIT_MS,
  },
  async () => {
    // Short, since the test waits for its end. Where the machine stands still for so long, the lease runs out by itself as well.
    const times = { soak: '15s', look: '2s', lease: '12s' };
    await start(22, times);
    const before = await stateWhen(inStep(1));
    const appliedBefore = appliedAgain(before).length;
    await program.killAll(dataDir);
    const expiresAtMs = (await gatewayOnDisk(dataDir, SERVICE)).candidate?.leaseExpiresAtMs ?? 0;
    expect(expiresAtMs).toBeGreaterThan(before.plan.admittedAtMs);
    await poll(() => (Date.now() > expiresAtMs ? true : undefined), { timeoutMs: 60_000 });
    await start(22, times);

    const after = await stateWhen(
      (state) => appliedAgain(state).length > appliedBefore && state.soakEndsAtMs !== null,
    );
    expect(after.stepIndex).toBe(1);
    expect(after.log.map(({ what }) => what)).toContain('lease ran out');
    const againAtMs = appliedAgain(after).at(-1)?.atMs ?? 0;
    expect(after.soakEndsAtMs).toBeGreaterThanOrEqual(againAtMs + after.plan.soakMs);
    expect(after.soakEndsAtMs).toBeGreaterThan(before.soakEndsAtMs ?? 0);
    expect(after.steps).toHaveLength(2);
    expect(after.foldedTo).toBeGreaterThanOrEqual(before.foldedTo);
    expect(labels(after)).toBeGreaterThanOrEqual(labels(before));
    await stateWhen(({ stepIndex }) => stepIndex === 2);
    await expectUnbrokenEvidence();
    await program.stop();
  },
);
