/** A rollout from its first step to its last: what looks say, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import type { RolloutSummary } from '../../activities/index.ts';
import { useTimeSkipping } from './support/hooks.ts';
import type { Verdict } from './support/world.ts';

const temporal = useTimeSkipping();
const MINUTE_MS = 60_000;
/** Looks every five minutes: a third of the soak, so that tests are short and every soak has three. */
const FEW_LOOKS = { lookMs: 5 * MINUTE_MS, leaseMs: 20 * MINUTE_MS } as const;

const resultOf = async (handle: { result(): Promise<unknown> }) => (await handle.result()) as RolloutSummary;

describe('a rollout whose looks are healthy', () => {
  it('goes 5, 25, 50, 100 %, soaks each step fifteen minutes, and promotes', async () => {
    const world = temporal().service('goes-well');
    const summary = await resultOf(await temporal().rollout(world));
    expect(summary).toMatchObject({ outcome: 'promoted', looks: 60, generation: 2 });
    expect(summary.steps.map((step) => step.weightPct)).toEqual([5, 25, 50, 100]);
    for (const step of summary.steps) {
      expect((step.endedAtMs ?? 0) - step.startedAtMs).toBeGreaterThanOrEqual(15 * MINUTE_MS);
    }
    expect(world.gateway).toMatchObject({ stable: 'hash of new', candidate: null });
    expect(world.finished?.outcome).toBe('promoted');
  });

  it('takes the steps and the soak that were typed', async () => {
    const world = temporal().service('own-steps');
    world.plan = FEW_LOOKS;
    const summary = await resultOf(await temporal().rollout(world, { steps: [50, 100], soak: '1h' }));
    expect(summary.steps.map((step) => step.weightPct)).toEqual([50, 100]);
    const [first] = summary.steps;
    expect((first?.endedAtMs ?? 0) - (first?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(60 * MINUTE_MS);
  });

  it('writes with a revision that rises at every write, and promotes last', async () => {
    const world = temporal().service('revisions');
    world.plan = FEW_LOOKS;
    await resultOf(await temporal().rollout(world, { steps: [50, 100] }));
    const revisions = world.gateway.writes.map((write) => Number(/\/(\d+) /u.exec(write)?.[1]));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(world.gateway.writes.at(-1)).toContain('stable hash of new');
  });

  it('leaves a watch behind, under an id of its own', async () => {
    const world = temporal().service('watched');
    world.plan = FEW_LOOKS;
    const { steps } = await resultOf(await temporal().rollout(world, { steps: [50, 100] }));
    const watch = temporal().client.workflow.getHandle('watch/watched/2');
    expect((await watch.describe()).type).toBe('promotionWatch');
    expect(await temporal().ask(watch)).toMatchObject({
      input: { lastWeightPct: 50, stepsFromMs: steps.map((step) => step.startedAtMs) },
    });
    await watch.cancel();
  });
});

describe('a look', () => {
  it.each<[Verdict, string]>([
    ['harm', 'rolledBack'],
    ['inconclusive', 'notEnoughEvidence'],
  ])('that says %s (rollback when inconclusive) ends the rollout as %s', async (verdict, outcome) => {
    const world = temporal().service(`look-${verdict}`);
    world.plan = { ...FEW_LOOKS, onInconclusive: 'rollback' };
    world.verdict = (look) => (look < 4 ? 'healthy' : verdict);
    const summary = await resultOf(await temporal().rollout(world));
    expect(summary).toMatchObject({ outcome, reason: `quality says ${verdict}` });
    expect(summary.steps).toHaveLength(2);
    expect(world.gateway).toMatchObject({ stable: 'stable-hash', candidate: null });
  });

  it.each<Verdict>(['inconclusive', 'noData'])(
    'that goes on saying %s leads to nothing but the end of the time',
    async (verdict) => {
      const world = temporal().service(`never-${verdict.toLowerCase()}`);
      world.plan = { ...FEW_LOOKS, maxRolloutMs: 3 * 60 * MINUTE_MS };
      world.verdict = () => verdict;
      const summary = await resultOf(await temporal().rollout(world));
      expect(summary).toMatchObject({ outcome: 'notEnoughEvidence', steps: [{ weightPct: 5 }] });
      expect(summary.looks).toBeGreaterThan(20);
      expect(world.gateway.candidate).toBeNull();
    },
  );

  it('that finds both arms hurt holds until somebody resumes', async () => {
    const world = temporal().service('both-hurt');
    world.plan = FEW_LOOKS;
    world.verdict = (look) => (look === 1 ? 'bothHurt' : 'healthy');
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    const held = await temporal().until(handle, ({ looks }) => looks >= 8);
    expect(held).toMatchObject({ phase: 'soaking', stepIndex: 0, held: { by: 'optimizer' } });
    await handle.signal('resume', { by: 'ann' });
    expect(await resultOf(handle)).toMatchObject({ outcome: 'promoted' });
  });

  it('that finds the lease gone applies the step again, keeps the evidence and restarts the soak', async () => {
    const world = temporal().service('lease-lost');
    world.plan = FEW_LOOKS;
    world.live = (look) => (look === 2 ? 'leaseLost' : 'ours');
    const handle = await temporal().rollout(world, { steps: [50, 100] });
    const before = await temporal().until(handle, ({ looks }) => looks === 1);
    const after = await temporal().until(handle, ({ phase, looks }) => phase === 'soaking' && looks === 2);
    expect(after).toMatchObject({ stepIndex: 0, evidenceHash: 'evidence-2' });
    expect((after.soakEndsAtMs ?? 0) - (before.soakEndsAtMs ?? 0)).toBeGreaterThanOrEqual(9 * MINUTE_MS);
    expect(await resultOf(handle)).toMatchObject({ outcome: 'promoted', looks: 2 + 3 + 3 });
  });

  it('that cannot be had is tried again at the next one, and decides nothing', async () => {
    const world = temporal().service('no-database');
    world.plan = FEW_LOOKS;
    world.failAt('look', 'StoreUnavailable', 6);
    const handle = await temporal().rollout(world, { steps: [100] });
    const summary = await resultOf(handle);
    expect(summary).toMatchObject({ outcome: 'promoted', looks: 1 });
    expect(world.calls.filter((call) => call === 'look')).toHaveLength(7);
  });
});

describe('a rollout that somebody else has overtaken', () => {
  it('ends superseded at its next write, and writes nothing more', async () => {
    const world = temporal().service('overtaken');
    world.plan = FEW_LOOKS;
    const handle = await temporal().rollout(world);
    await temporal().until(handle, ({ looks }) => looks === 1);
    world.gateway.setStable({ generation: 9, revision: 1 }, 'theirs');
    expect(await resultOf(handle)).toMatchObject({ outcome: 'superseded' });
    expect(world.gateway).toMatchObject({ stable: 'theirs', generation: 9 });
    expect(world.calls).not.toContain('takeBackCandidate');
  });

  it('ends superseded also when it was being taken back', async () => {
    const world = temporal().service('overtaken-going-back');
    world.plan = FEW_LOOKS;
    const handle = await temporal().rollout(world);
    await temporal().until(handle, ({ phase }) => phase === 'soaking');
    world.gateway.setStable({ generation: 9, revision: 1 }, 'theirs');
    await handle.signal('rollback', { by: 'oncall', reason: 'complaints' });
    expect(await resultOf(handle)).toMatchObject({ outcome: 'superseded' });
    expect(world.gateway.stable).toBe('theirs');
  });
});
