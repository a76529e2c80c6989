/** An experiment from its start to each of its ends: which phases it goes through, what it leaves at the gateway, and who follows it. */
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it, vi } from 'vitest';
import type { ExperimentSummary } from '../../activities/index.ts';
import type { ExperimentPlan, ExperimentRunState } from '../../src/state/experiment/index.ts';
import type { RolloutPlan } from '../../src/state/rollout/index.ts';
import { TASK_QUEUE } from '../../workflows/activity-options.ts';
import { experimentAdmitted } from '../support/experiment.ts';
import { createDevelopment, type Temporal } from './support/environment.ts';
import { useServer } from './support/hooks.ts';
import type { World } from './support/world.ts';

const temporal = useServer(createDevelopment);
const ROLLBACK = { by: 'oncall', reason: 'complaints' };
const SHARED = 'control 0.5, concise 0.25, clear 0.25, of 100 %';

/** In real time: a tick every tenth of a second, a look at every second one. A week of them is in `npm run prove -- experiment-week`. */
const FAST: Partial<ExperimentPlan> = { tickMs: 100, lookMs: 200, leaseMs: 60_000, maxDurationMs: 3_600_000 };
/** The winner's rollout, in two short steps. */
const ROLLOUT: Partial<RolloutPlan> = { steps: [50, 100], soakMs: 300, lookMs: 200, watchMs: 0 };

const serviceOf = (serviceId: string, different: Partial<ExperimentPlan> = {}): World => {
  const world = temporal().service(serviceId);
  world.experiment = { ...FAST, ...different };
  world.plan = ROLLOUT;
  return world;
};

type Shown = Omit<ExperimentRunState, 'evidence'> & {
  readonly ignored: readonly { readonly name: string; readonly why: string }[];
};

const until = (handle: WorkflowHandle, wanted: (state: Shown) => boolean): Promise<Shown> =>
  temporal().until<Shown>(handle, wanted);
const summaryOf = async (handle: WorkflowHandle): Promise<ExperimentSummary> =>
  (await handle.result()) as ExperimentSummary;
const winsAt =
  (look: number) =>
  (now: number): 'winner' | 'undecided' =>
    now >= look ? 'winner' : 'undecided';

describe.concurrent('an experiment that finds a winner', () => {
  it('ends adopted, restores first, and hands its lease to the rollout of the winner', async () => {
    const world = serviceOf('wins');
    world.finds = winsAt(3);
    const handle = await temporal().experiment(world);
    const summary = await summaryOf(handle);
    expect(summary).toMatchObject({
      outcome: 'adopted',
      winner: 'concise',
      looks: 3,
      graduation: { workflowId: 'rollout/wins' },
    });
    const child = temporal().client.workflow.getHandle('rollout/wins', summary.graduation?.runId);
    expect(await child.result()).toMatchObject({ outcome: 'promoted' });
    expect(await temporal().ask(child)).toMatchObject({
      input: { serviceId: 'wins', change: { model: 'new' }, by: 'experiment/wins' },
    });
    const kinds = world.gateway.writes.map((write) => write.split(' ').slice(1, 3).join(' '));
    const restored = kinds.indexOf('candidate removed');
    expect(kinds.slice(0, restored).every((kind) => kind.startsWith('arms'))).toBe(true);
    expect(kinds[restored + 1]).toBe('candidate at');
    expect(world.calls.indexOf('finishExperiment')).toBeGreaterThan(world.calls.indexOf('admitRollout'));
    expect(world.gateway).toMatchObject({ stable: 'hash of new', arms: null, candidate: null });
  });

  it('waits for an approval where one is asked for, and looks again before it believes it', async () => {
    const world = serviceOf('wins-and-asks', { approval: 'beforeGraduation' });
    world.finds = winsAt(1);
    const handle = await temporal().experiment(world);
    const asked = await until(handle, ({ phase }) => phase === 'awaitingGraduation');
    expect(asked.awaiting).not.toBeNull();
    expect(world.gateway.arms).toBe(SHARED);
    await handle.signal('approve', { by: 'ann' });
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'adopted', winner: 'concise' });
    expect(world.looks).toBeGreaterThan(asked.looks);
  });

  it('is rejected, and leaves nothing live, when nobody approves in time', async () => {
    const world = serviceOf('nobody-approves', { approval: 'beforeGraduation', approvalTimeoutMs: 500 });
    world.finds = winsAt(1);
    const handle = await temporal().experiment(world);
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'rejected', winner: null, graduation: null });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', arms: null, candidate: null });
  });

  it('ends adopted with the reason in its log when the rollout is refused', async () => {
    const world = serviceOf('winner-is-refused');
    world.finds = winsAt(1);
    world.failAt('admitRollout', 'PolicyDenied');
    const summary = await summaryOf(await temporal().experiment(world));
    expect(summary).toMatchObject({ outcome: 'adopted', graduation: null });
    expect(world.finishedExperiment?.log.at(-1)?.why).toMatch(/was not started: .*PolicyDenied/u);
    expect(world.lease).toBeNull();
  });
});

describe.concurrent('an experiment without a winner', () => {
  it.each([
    ['harm', 'harmed'],
    ['controlKept', 'keptControl'],
    ['noDifference', 'noDifference'],
    ['budgetSpent', 'budgetSpent'],
  ] as const)('restores and ends: %s', async (finds, outcome) => {
    const world = serviceOf(`ends-${finds.toLowerCase()}`);
    world.finds = (look) => (look < 2 ? 'undecided' : finds);
    const handle = await temporal().experiment(world);
    expect(await summaryOf(handle)).toMatchObject({ outcome, winner: null, graduation: null, looks: 2 });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', arms: null, candidate: null });
    expect(world.finishedExperiment?.outcome).toBe(outcome);
    expect(world.calls).not.toContain('admitRollout');
  });

  it('looks once more at the end of its longest duration, and expires', async () => {
    const world = serviceOf('expires', { maxDurationMs: 1_500 });
    expect(await summaryOf(await temporal().experiment(world))).toMatchObject({ outcome: 'expired' });
    expect(world.ticks.at(-1)?.judge).toBe(true);
    expect(world.gateway.arms).toBeNull();
  });

  it('is refused with every problem, and does nothing', async () => {
    const world = serviceOf('refused-input');
    const handle = await temporal().experiment(world, { variants: [{ id: 'stable' }], alpha: 2 });
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    const { cause } = failure as WorkflowFailedError;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect((cause as ApplicationFailure).type).toBe('InvalidInput');
    expect((cause as ApplicationFailure).message).toMatch(/variants\[0\]\.id.*alpha/u);
    expect(world.gateway.writes).toEqual([]);
  });
});

describe.concurrent('what people send to an experiment', () => {
  it('pause takes the arms away and keeps what is known; resume serves them again', async () => {
    const world = serviceOf('pauses');
    const handle = await temporal().experiment(world);
    await until(handle, ({ looks }) => looks >= 1);
    expect(
      await handle.executeUpdate('pause', { args: [{ by: 'ann', reason: 'release day' }] }),
    ).toMatchObject({
      accepted: true,
    });
    const paused = await until(handle, ({ served }) => served === 'no');
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', arms: null });
    const { ticks } = paused;
    await handle.signal('resume', { by: 'ann' });
    const resumed = await until(handle, (state) => state.served === 'yes' && state.ticks > ticks);
    expect(resumed.looks).toBeGreaterThanOrEqual(paused.looks);
    expect(world.gateway.arms).toBe(SHARED);
    expect(resumed.periods).toHaveLength(2);
    await handle.signal('stop', { by: 'ann', reason: 'seen enough' });
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'stopped', reason: 'seen enough' });
    expect(world.gateway.arms).toBeNull();
  });

  it('setAllocation is written, and a mistake in it changes nothing', async () => {
    const world = serviceOf('allocates');
    const handle = await temporal().experiment(world);
    await until(handle, ({ served }) => served === 'yes');
    const wrong = { by: 'ann', reason: 'more', weights: { control: 0.5, other: 0.5 } };
    expect(await handle.executeUpdate('setAllocation', { args: [wrong] })).toMatchObject({ accepted: false });
    const weights = { control: 0.2, concise: 0.4, clear: 0.4 };
    await handle.signal('setAllocation', { by: 'ann', reason: 'more', weights, exposedPct: 50 });
    await until(handle, ({ periods }) => periods.length === 2);
    expect(world.gateway.arms).toBe('control 0.2, concise 0.4, clear 0.4, of 50 %');
    await handle.signal('rollback', ROLLBACK);
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
  });

  it('promote graduates the variant that is named, on record', async () => {
    const world = serviceOf('promotes');
    const handle = await temporal().experiment(world);
    await until(handle, ({ looks }) => looks >= 1);
    await handle.signal('promote', { by: 'ann', reason: 'seen enough', variant: 'clear' });
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'adopted', winner: 'clear' });
    const child = temporal().client.workflow.getHandle('rollout/promotes');
    expect(await temporal().ask(child)).toMatchObject({ input: { change: { model: 'other' } } });
  });

  it('a stop ends one that waits for another change to be taken back, before it is admitted', async () => {
    const world = serviceOf('stopped-while-it-waits');
    world.holder = { workflowId: 'experiment/nobody', firstRunId: 'first', runId: 'run' };
    const handle = await temporal().experiment(world, { onConflict: 'supersede' });
    await temporal().until<{ waitsFor?: string }>(handle, ({ waitsFor }) => waitsFor !== undefined);
    await handle.signal('stop', { by: 'ann', reason: 'not today' });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'ChangeInFlight', message: expect.stringMatching(/stop by ann: not today$/u) as string },
    });
    expect(world.calls).not.toContain('admitExperiment');
    expect(world.gateway.writes).toEqual([]);
  });

  it('an anomaly: critical takes it back, high holds it until somebody resumes', async () => {
    const world = serviceOf('hurt');
    const handle = await temporal().experiment(world);
    await until(handle, ({ served }) => served === 'yes');
    const anomaly = { anomaly_type: 'quality_drop', affected_services: ['hurt'] };
    await handle.signal('anomaly', { ...anomaly, severity: 'high', id: 'a1' });
    await until(handle, ({ held }) => held !== null);
    await handle.signal('resume', { by: 'ann' });
    await until(handle, ({ held, served }) => held === null && served === 'yes');
    await handle.signal('anomaly', { ...anomaly, severity: 'critical', id: 'a2' });
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', arms: null });
  });
});

type Reach = (at: Temporal, handle: WorkflowHandle, world: World) => Promise<void>;
interface Row {
  readonly situation: string;
  readonly plan?: Partial<ExperimentPlan>;
  readonly prepare?: (world: World) => void;
  readonly reach: Reach;
}

const when =
  (wanted: (state: Shown) => boolean): Reach =>
  async (_at, handle) =>
    void (await until(handle, wanted));
const hanging =
  (activity: string): Reach =>
  async (at, _handle, world) =>
    at.reach(world.hangAt(activity));

/** Every state an experiment can be in when a responder acts. */
const rows: readonly Row[] = [
  {
    situation: 'awaiting approval',
    plan: { approval: 'both' },
    reach: when((s) => s.phase === 'awaitingApproval'),
  },
  { situation: 'the first write hangs', reach: hanging('setArms') },
  { situation: 'running', reach: when(({ phase }) => phase === 'running') },
  { situation: 'a tick hangs', reach: hanging('experimentTick') },
  {
    situation: 'paused',
    reach: async (_at, handle) => {
      await until(handle, ({ served }) => served === 'yes');
      await handle.signal('pause', { by: 'ann', reason: 'release day' });
      await until(handle, ({ served }) => served === 'no');
    },
  },
  {
    situation: 'awaiting graduation',
    plan: { approval: 'beforeGraduation' },
    prepare: (world) => {
      world.finds = winsAt(1);
    },
    reach: when(({ phase }) => phase === 'awaitingGraduation'),
  },
  {
    situation: 'the lease was lost',
    prepare: (world) => {
      world.serves = (tick) => (tick === 1 ? 'leaseLost' : 'ours');
    },
    reach: when(({ served, ticks }) => served === 'yes' && ticks > 1),
  },
];

describe.concurrent('a rollback', () => {
  it.each(rows)('is obeyed at once, and nothing stays live: $situation', async (row) => {
    const world = serviceOf(`rb-${row.situation.replaceAll(' ', '-')}`, row.plan);
    row.prepare?.(world);
    const handle = await temporal().experiment(world);
    await row.reach(temporal(), handle, world);
    await handle.signal('rollback', ROLLBACK);
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'rolledBack', reason: 'complaints' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', arms: null, candidate: null });
    expect(world.lease).toBeNull();
    world.release();
  });

  it('is what cancelling means', async () => {
    const world = serviceOf('cancelled');
    const handle = await temporal().experiment(world);
    await until(handle, ({ served }) => served === 'yes');
    await handle.cancel();
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    expect((failure as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', arms: null });
    expect(world.finishedExperiment).toMatchObject({ outcome: 'rolledBack' });
  });

  it('is taken by a new run before its first step, when it waits there already', async () => {
    const world = serviceOf('waits-for-the-new-run');
    const { serviceId } = world;
    const state = experimentAdmitted({ serviceId, ...FAST });
    const handle = await temporal().client.workflow.signalWithStart('abExperiment', {
      taskQueue: TASK_QUEUE,
      workflowId: `experiment/${serviceId}`,
      args: [
        { serviceId, name: 'concise', variants: [] },
        { state, ignored: [] },
      ],
      signal: 'rollback',
      signalArgs: [ROLLBACK],
    });
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'rolledBack', reason: ROLLBACK.reason });
  });

  it('leaves alone what somebody newer has written', async () => {
    const world = serviceOf('overtaken');
    const handle = await temporal().experiment(world);
    await until(handle, ({ served }) => served === 'yes');
    world.gateway.setStable({ generation: 9, revision: 1 }, 'theirs');
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'superseded' });
    expect(world.gateway).toMatchObject({ stable: 'theirs', generation: 9 });
  });

  it('is passed on to the rollout of the winner while that is being admitted', async () => {
    const world = serviceOf('called-off');
    world.finds = winsAt(1);
    const hang = world.hangAt('admitRollout');
    const handle = await temporal().experiment(world);
    await temporal().reach(hang);
    await handle.signal('rollback', ROLLBACK);
    await until(handle, ({ ending }) => ending?.outcome === 'rolledBack');
    const child = temporal().client.workflow.getHandle('rollout/called-off');
    const told = async () =>
      ((await child.fetchHistory()).events ?? []).filter(
        ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'rollback',
      ).length;
    await vi.waitFor(async () => expect(await told()).toBe(1), { timeout: 120_000 });
    hang.release();
    expect(await summaryOf(handle)).toMatchObject({ outcome: 'rolledBack' });
    expect(await told()).toBe(1);
    expect(await child.result()).toMatchObject({ outcome: 'rolledBack' });
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null, arms: null });
  });
});
