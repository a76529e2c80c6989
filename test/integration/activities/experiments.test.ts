/** What an experiment does to the store and to a gateway: admitted, served, judged, paused, overtaken, taken back, written down. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejudge } from '../../../src/cli/commands/rejudge.ts';
import { receiveExperimentMessage } from '../../../src/state/experiment/index.ts';
import type { WorkflowDirectory } from '../../../src/ports/workflows.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { EXPERIMENT, ExperimentDriver, experimentRequest, SHORT_EXPERIMENTS } from './experiment-driver.ts';
import { holderOf, withBaseline } from './rollout-driver.ts';
import { byHand, CANDIDATE, createWorld, INCUMBENT, SERVICE, sha256, traces, type World } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

/** Temporal as far as these activities ask it: a change that holds the lease runs, and nothing else does. */
const nobodyRuns: WorkflowDirectory = {
  isClosed: () => Promise.resolve(false),
  endOf: () => Promise.resolve(null),
  startRestore: () => Promise.resolve(false),
  running: () => Promise.resolve(null),
  firstRunOf: () => Promise.resolve(null),
  startCycle: () => Promise.resolve(false),
  tellCycle: () => Promise.resolve(),
  signalRollback: () => Promise.resolve(false),
};

const newWorld = (settings: Record<string, unknown> = {}): Promise<World> =>
  createWorld(postgres, { settings: { ...SHORT_EXPERIMENTS, ...settings } });

const modelsOf = async (world: World) =>
  (await world.live()).experiment?.arms.map(({ id, configuration }) => [id, configuration['model']]);

describe('a refused experiment leaves no trace', () => {
  it('names every problem by its field, and the numbers of one that cannot be decided in time', async () => {
    const world = await newWorld();
    await withBaseline(world);
    const refused = async (input: Record<string, unknown>) => {
      const before = await traces(world);
      const error: unknown = await world.activities
        .admitExperiment(experimentRequest(input))
        .catch((e: unknown) => e);
      expect(isDeepStrictEqual(before, await traces(world))).toBe(true);
      return error as { readonly type: string; readonly message: string };
    };
    const model = (id: string, name: string) => ({ id, change: { model: name } });
    const cases: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [
        { variants: [{ id: 'stable' }], alpha: 3 },
        /variants\[0\]\.id.*alpha: 3 is given, expected at most 0\.5/u,
      ],
      [{ variants: [{ id: 'control' }] }, /variants.*at least one that changes something/u],
      [{ variants: [model('same', INCUMBENT)] }, /variants\[0\]\.change.*differs from what is live/u],
      [
        { variants: [model('a', CANDIDATE), model('b', CANDIDATE)] },
        /variants\[1\]\.change.*differs from a, which is the same/u,
      ],
      [{ variants: [model('a', 'no-such-model')] }, /variants\[0\]\.change\.model.*a known model/u],
      [
        { weights: { control: 0.5, nobody: 0.5 }, forced: { tester: 'nobody' } },
        /weights\.nobody.*weights\.other.*forced\.tester/u,
      ],
      [
        { allocation: 'elimination', caps: { other: 0.1, control: 0.9 } },
        /caps\.other: 0\.1 is given, expected at least its weight, 0\.5.*caps\.control.*a variant: other/u,
      ],
      [{ caps: { other: 0.9 } }, /caps.*none with allocation fixed/u],
      [{ ramp: [50, 20] }, /ramp\[1\].*more than 50.*rampEvery/u],
      [{ holdoutPct: 20, ramp: [90] }, /ramp\[0\].*at most 80/u],
      [
        { maxDuration: '20s' },
        /maxDuration: "20s".*needs about [\d,]+ labels per arm.*the longest duration is.*"force": true/u,
      ],
    ];
    for (const [input, message] of cases) {
      expect(await refused(input)).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringMatching(message) as string,
      });
    }
    expect(await refused({ serviceId: 'sales-bot' })).toMatchObject({ type: 'UnknownService' });
    await world.stores.fleet.pause({ by: 'ann', reason: 'release day', atMs: world.nowMs });
    expect(await refused({})).toMatchObject({ type: 'PolicyDenied' });
  });
});

describe('an experiment', () => {
  it('is admitted, served, finds its winner, and is restored; its verdict can be judged again', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    const { plan } = driver.state;
    expect(plan).toMatchObject({ generation: 2, tickMs: 2_000, lookMs: 2_000, forcedStart: false });
    expect(plan.arms.map(({ id }) => id)).toEqual(['control', 'other']);
    expect((await world.stores.leases.current(SERVICE))?.holder).toEqual(EXPERIMENT);
    await driver.setArms();
    expect(await world.live()).toMatchObject({ candidate: null, weight_pct: 0, generation: 2 });
    expect(await modelsOf(world)).toEqual([
      ['control', INCUMBENT],
      ['other', CANDIDATE],
    ]);
    await driver.traffic(300, { control: 0.6, other: 0.61 });
    const first = await driver.tick();
    expect(first.judged).toMatchObject({ verdict: { outcome: 'running' }, conclusion: null });
    expect(first.judged?.totals['control']?.labels).toBe(300);
    await driver.traffic(1_500, { control: 0.6, other: 0.85 });
    const second = await driver.tick();
    expect(second.judged).toMatchObject({
      verdict: { outcome: 'winner', variant: 'other' },
      conclusion: { outcome: 'adopted', variant: 'other' },
    });
    expect(driver.next.kind).toBe('restore');
    await driver.takeArmsAway();
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
    });
    expect(await modelsOf(world)).toBeUndefined();
    expect(driver.next).toMatchObject({ kind: 'graduate', variant: 'other' });
    await world.activities.finishExperiment({ state: driver.state, holder: EXPERIMENT });
    await world.activities.finishExperiment({ state: driver.state, holder: EXPERIMENT });
    expect(await world.stores.leases.current(SERVICE)).toBeNull();
    const verdicts = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'experiment' });
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['winner', 'running']);
    for (const verdict of verdicts) expect(rejudge(verdict, sha256)).toMatchObject({ kind: 'same' });
    const [row] = await world.stores.experiments.list(SERVICE);
    expect(row).toMatchObject({ name: 'other-model', winner: 'other', generation: 2 });
    const [end] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'experimentEnd' });
    expect(end?.detail).toMatchObject({
      segments: {
        taskType: {
          kind: 'found',
          value: { kind: 'exploration', findings: [{ variant: 'other', stands: true }] },
        },
        region: { kind: 'found', value: { findings: [{ segment: 'unknown', variant: 'other' }] } },
      },
    });
  });

  it('the same tick again renews again and finds the same', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await driver.traffic(300, { control: 0.6, other: 0.6 });
    const request = driver.tickRequest(true);
    const once = await world.activities.experimentTick(request);
    expect(await world.activities.experimentTick(request)).toEqual(once);
  });

  it('pauses and goes on: nothing of the time between is counted, and no unit changes its arm', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    const before = (await world.live()).experiment;
    await driver.traffic(300, { control: 0.6, other: 0.6 });
    await driver.takeArmsAway();
    expect(await modelsOf(world)).toBeUndefined();
    world.nowMs += 10_000;
    await driver.setArms();
    expect((await world.live()).experiment).toMatchObject({ salt: before?.salt, arms: before?.arms });
    await driver.traffic(200, { control: 0.6, other: 0.6 });
    const { judged } = await driver.tick();
    expect(judged?.totals['other']?.labels).toBe(500);
  });

  it('finds its lease run out, serves the arms again, and keeps what it knew', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await driver.traffic(300, { control: 0.6, other: 0.6 });
    await driver.tick();
    world.nowMs += 130_000;
    expect(await driver.tick(false)).toMatchObject({ live: 'leaseLost', judged: null });
    await driver.setArms();
    expect(await modelsOf(world)).toHaveLength(2);
    expect(driver.state.totals['control']?.labels).toBe(300);
  });
});

describe('while the fleet is paused', () => {
  it('an experiment is looked at, and gets less exposure, but nothing else', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await world.stores.fleet.pause({ by: 'ann', reason: 'release day', atMs: world.nowMs });
    expect((await driver.tick(false)).standstill).toMatch(/paused by ann/u);
    const { weights } = driver.state.plan.allocation;
    const set = (exposedPct: number, of = weights) =>
      world.activities.setArms(driver.setArmsRequest({ weights: of, exposedPct }));
    await expect(set(50, { control: 0.4, other: 0.6 })).rejects.toMatchObject({
      type: 'GovernanceUnavailable',
    });
    expect(await set(20)).toMatchObject({ exposedPct: 20 });
    expect((await world.live()).experiment?.exposed_pct).toBe(20);
  });

  it('a winner waits for the end of the pause, and is restored for its rollout then', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await driver.traffic(1_500, { control: 0.6, other: 0.85 });
    await world.stores.fleet.pause({ by: 'ann', reason: 'release day', atMs: world.nowMs });
    const found = await driver.tick();
    expect(found.judged?.conclusion).toMatchObject({ outcome: 'adopted', variant: 'other' });
    expect([driver.state.phase, driver.state.ending]).toEqual(['running', null]);
    await world.stores.fleet.resume();
    await driver.tick();
    expect(driver.state.ending).toMatchObject({ outcome: 'adopted', variant: 'other' });
    expect(driver.next.kind).toBe('restore');
  });

  it('a write that was left halfway is settled by the next tick: what was in force is in force again', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    const { weights } = driver.state.plan.allocation;
    driver.state = {
      ...driver.state,
      wanted: { weights, exposedPct: 20, by: 'ann', why: 'as the test says' },
    };
    await world.activities.setArms(driver.setArmsRequest({ weights, exposedPct: 20 }));
    driver.happened({ kind: 'armsNotSet', atMs: world.nowMs, why: 'its answer was lost' });
    expect(driver.next.kind).toBe('tick');
    await driver.tick(false);
    expect(driver.state).toMatchObject({ served: 'yes', wanted: { exposedPct: 20 } });
    expect((await world.live()).experiment?.exposed_pct).toBe(100);
  });
});

describe('a write whose answer was lost', () => {
  /** Asks for a share of the units, as a person does. */
  const asks = (driver: ExperimentDriver, exposedPct: number): void => {
    const message = { name: 'setAllocation', by: 'ann', reason: 'as the test says', exposedPct } as const;
    driver.state = receiveExperimentMessage(driver.state, message, driver.world.nowMs).state;
  };
  /** Written, and nobody knows. */
  const lost = async (driver: ExperimentDriver): Promise<void> => {
    const { next } = driver;
    if (next.kind !== 'setArms') throw new Error(`next is ${next.kind}, and not setArms`);
    await driver.world.activities.setArms(driver.setArmsRequest(next));
    driver.happened({ kind: 'armsNotSet', atMs: driver.world.nowMs, why: 'its answer was lost' });
  };

  it.each([
    ['still less is asked for', 10],
    ['what it wrote is undone', 100],
  ])("is this experiment's own also when meanwhile %s", async (_what, thenPct) => {
    const driver = await ExperimentDriver.admitted(await newWorld());
    await driver.setArms();
    asks(driver, 20);
    await lost(driver);
    asks(driver, thenPct);
    await driver.tick(false);
    expect(driver.state).toMatchObject({ phase: 'running', served: 'yes' });
    expect(driver.state).not.toHaveProperty('unread');
    if (thenPct < 100) await driver.setArms();
    expect((await driver.world.live()).experiment?.exposed_pct).toBe(thenPct);
  });

  it('is told from what somebody else wrote', async () => {
    const driver = await ExperimentDriver.admitted(await newWorld());
    await driver.setArms();
    asks(driver, 20);
    await lost(driver);
    asks(driver, 10);
    const { weights } = driver.state.plan.allocation;
    await driver.world.activities.setArms({
      ...driver.setArmsRequest({ weights, exposedPct: 20 }),
      exposedPct: 30,
      servedAs: { weights, exposedPct: 20 },
    });
    await expect(driver.tick(false)).rejects.toMatchObject({ type: 'StaleGeneration' });
  });
});

describe('what somebody else has done', () => {
  it('a newer change ends it: it writes nothing more, and takes nothing of theirs away', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await byHand(world, 9, 1, { model: CANDIDATE });
    await expect(driver.tick(false)).rejects.toMatchObject({ type: 'StaleGeneration' });
    await expect(driver.takeArmsAway()).rejects.toMatchObject({
      type: 'StaleGeneration',
      nonRetryable: true,
    });
    expect(await world.live()).toMatchObject({
      generation: 9,
      stable: { configuration: { model: CANDIDATE } },
    });
  });

  it('a candidate under its own generation is left as it is', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await byHand(world, 2, 500, { model: 'somebody-s', weightPct: 10 });
    await expect(driver.tick(false)).rejects.toMatchObject({ type: 'StaleGeneration' });
    await expect(driver.takeArmsAway()).rejects.toMatchObject({ type: 'StaleGeneration' });
    expect((await world.live()).candidate).not.toBeNull();
  });

  it('a try of a pause that comes late leaves what was written since', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    const late = { ...driver.write(true), holder: EXPERIMENT, newerStays: true, reason: 'a pause' };
    await driver.setArms();
    await expect(world.activities.takeArmsAway(late)).rejects.toMatchObject({ type: 'StaleGeneration' });
    expect(await modelsOf(world)).toHaveLength(2);
    await expect(
      world.activities.takeArmsAway({ ...late, holder: { ...EXPERIMENT, runId: 'run-2' } }),
    ).rejects.toMatchObject({ type: 'LeaseMoved', nonRetryable: true });
  });

  it('a reset run writes nothing before it has taken a generation of its own', async () => {
    const world = await newWorld();
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await driver.traffic(40, { control: 0.6, other: 0.85 });
    const other = { ...EXPERIMENT, runId: 'run-2' };
    const request = driver.tickRequest(false);
    await expect(world.activities.experimentTick({ ...request, holder: other })).rejects.toMatchObject({
      type: 'LeaseMoved',
    });
    const { generation } = await world.activities.retakeExperimentLease({ ...request, holder: other });
    expect(generation).toBe(3);
    expect(await world.stores.experiments.arms(SERVICE, 3)).toHaveLength(2);
    const counted = (of: number) =>
      world.stores.experimentWindows.experimentSegments({
        serviceId: SERVICE,
        generation: of,
        by: 'taskType',
      });
    expect(await counted(2)).not.toEqual([]);
    expect(await counted(3)).toEqual(await counted(2));
    await expect(world.activities.experimentTick(request)).rejects.toMatchObject({ type: 'LeaseMoved' });
  });

  it('no second change gets in between the end of an experiment and the rollout of its winner', async () => {
    const world = await createWorld(postgres, { settings: SHORT_EXPERIMENTS, workflows: nobodyRuns });
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    await driver.traffic(1_500, { control: 0.6, other: 0.85 });
    await driver.tick();
    await driver.takeArmsAway();
    const child = { serviceId: SERVICE, workflowId: `rollout/${SERVICE}` };
    const input = { serviceId: SERVICE, change: { model: CANDIDATE }, by: EXPERIMENT.workflowId };
    const stranger = { input, holder: holderOf('cycle-s/change'), parentWorkflowId: null };
    await expect(world.activities.admitRollout(stranger)).rejects.toMatchObject({ type: 'ChangeInFlight' });
    expect(await world.activities.graduationOf(child)).toMatchObject({ kind: 'waits' });
    const parent = { workflowId: EXPERIMENT.workflowId, runId: EXPERIMENT.runId };
    await world.activities.admitRollout({
      input,
      holder: holderOf(child.workflowId),
      parentWorkflowId: EXPERIMENT.workflowId,
      parent,
    });
    expect(await world.activities.graduationOf(child)).toMatchObject({ kind: 'taken' });
    await world.activities.finishExperiment({ state: driver.state, holder: EXPERIMENT });
    expect((await world.stores.leases.current(SERVICE))?.holder.workflowId).toBe(child.workflowId);
  });

  it('an emergency restore takes the arms away, whoever holds the service, and closes the books', async () => {
    const world = await createWorld(postgres, { settings: SHORT_EXPERIMENTS, workflows: nobodyRuns });
    const driver = await ExperimentDriver.admitted(world);
    await driver.setArms();
    const input = { serviceId: SERVICE, to: 'previous', by: 'oncall', reason: 'complaints' };
    const wanted = await world.activities.prepareRestore({ input });
    expect(wanted.holder?.workflowId).toBe(EXPERIMENT.workflowId);
    await world.activities.restoreStable({ wanted, holder: holderOf(`restore/${SERVICE}`) });
    expect(await modelsOf(world)).toBeUndefined();
    expect((await world.live()).stable.configuration['model']).toBe(INCUMBENT);
    const [row] = await world.stores.experiments.list(SERVICE);
    expect(row).toMatchObject({ outcome: 'superseded', reason: 'the service was restored' });
    await expect(driver.tick(false)).rejects.toMatchObject({ type: 'StaleGeneration' });
  });
});
