/** Every driver, the same suite: what it claims in its capabilities it must do, and what it cannot do it must refuse. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import type { DriverUnderTest } from './driver-under-test.ts';
import { drivers, USUAL } from './drivers.ts';
import { experimentCases } from './experiment-cases.ts';

const USUAL_REQUESTS = 2_000;

/** Of a candidate that is to stay for the length of a test, however slow the machine. */
const LEASE_MS = 600_000;

/** A share of n fair draws lies within this of its expectation but for about one in 3 million. */
const tolerance = (share: number, n: number): number => 5.1 * Math.sqrt((share * (1 - share)) / n);

describe.each(drivers)('the $name driver', ({ start, experiments }) => {
  let driver: DriverUnderTest;
  let orchestrator: Orchestrator;
  let { stable, candidate }: NonNullable<DriverUnderTest['configurations']> = USUAL;
  let requests = USUAL_REQUESTS;
  let serviceId = '';
  let tests = 0;

  beforeAll(async () => {
    driver = await start();
    orchestrator = driver.orchestrator;
    ({ stable, candidate } = driver.configurations ?? USUAL);
    requests = driver.requests ?? USUAL_REQUESTS;
  });
  afterAll(() => driver.close());
  beforeEach(async () => {
    serviceId = `bot-${++tests}`;
    await driver.createService(serviceId, stable);
  });

  const write = (generation: number, revision: number) => ({
    serviceId,
    generation,
    revision,
    idempotencyKey: `rollout/${serviceId}/${generation}/${revision}`,
  });
  const shareOf = async (model: string): Promise<number> =>
    ((await driver.answers(serviceId, requests)).get(model) ?? 0) / requests;
  /** The share once the gateway had the time that it says it needs: an answer of 200 is not the traffic. */
  const settledShare = async (share: number): Promise<number> => {
    const giveUpAtMs = Date.now() + 2 * orchestrator.capabilities.convergenceMs;
    for (;;) {
      const seen = await shareOf(candidate.model);
      if (Math.abs(seen - share) <= tolerance(share, requests) || Date.now() > giveUpAtMs) return seen;
    }
  };

  it('sets a leased candidate, takes it back, and makes one stable; each answer is what a read says', async () => {
    const before = Date.now();
    const tried = await orchestrator.setCandidate({
      ...write(2, 1),
      configuration: candidate,
      weightPct: 5,
      leaseMs: 90_500,
    });
    expect(tried).toMatchObject({ generation: 2, revision: 1, weight_pct: 5, strategy: 'CANARY' });
    expect(tried.candidate?.configuration).toEqual(candidate);
    expect(tried.lease_expires_at).toBeGreaterThanOrEqual(before + 90_500);
    expect(await orchestrator.read(serviceId)).toEqual(tried);

    const back = await orchestrator.removeCandidate({ ...write(2, 2), reason: 'harm' });
    expect(back).toMatchObject({ candidate: null, revision: 2, last_change: { kind: 'rolledBack' } });
    const promoted = await orchestrator.setStable({ ...write(3, 1), configuration: candidate });
    expect(promoted.stable).toMatchObject({ configuration: candidate, generation: 3 });
    expect(await orchestrator.read(serviceId)).toEqual(promoted);
  });

  it('serves the shares that it was told, seen in the answers', async () => {
    const observed: number[] = [];
    for (const [i, weightPct] of [5, 25, 50, 100].entries()) {
      await orchestrator.setCandidate({
        ...write(2, i + 1),
        configuration: candidate,
        weightPct,
        leaseMs: LEASE_MS,
      });
      observed.push(await settledShare(weightPct / 100));
    }
    for (const [i, share] of [0.05, 0.25, 0.5, 1].entries()) {
      expect(Math.abs((observed[i] ?? 0) - share)).toBeLessThanOrEqual(tolerance(share, requests));
    }
    await orchestrator.removeCandidate({ ...write(2, 9), reason: 'enough' });
    expect(await settledShare(0)).toBe(0);
  });

  it('serves the smallest weight that it claims, and a tenth of it is refused or served as said', async () => {
    const { smallestWeightPct } = orchestrator.capabilities;
    const set = (revision: number, weightPct: number) =>
      orchestrator.setCandidate({
        ...write(2, revision),
        configuration: candidate,
        weightPct,
        leaseMs: LEASE_MS,
      });
    expect(await set(1, smallestWeightPct)).toMatchObject({ weight_pct: smallestWeightPct });
    const below = await set(2, smallestWeightPct / 10).then(
      (live) => `served at ${live.weight_pct}`,
      (error: unknown) => `refused: ${String(error)}`,
    );
    expect(below).toMatch(new RegExp(`^served at ${smallestWeightPct / 10}$|^refused: .*weightPct: `, 'u'));
  });

  it('copies requests where it claims to, and refuses a shadow where it does not; nobody is served the candidate', async () => {
    const shadow = { ...write(2, 1), configuration: candidate, weightPct: 0, copyPct: 20, leaseMs: LEASE_MS };
    const can = orchestrator.capabilities.shadow === true;
    const before = await orchestrator.read(serviceId);
    const answer: unknown = await orchestrator.setCandidate(shadow).catch((error: unknown) => error);
    const live = {
      strategy: 'SHADOW',
      weight_pct: 0,
      copy_pct: 20,
      revision: 1,
      candidate: { configuration: candidate },
    };
    const refusal = {
      type: 'OrchestratorRejected',
      final: true,
      problems: [{ field: 'copyPct', value: 20 }],
    };
    expect(answer).toMatchObject(can ? live : refusal);
    // A product that nobody of ours has written to cannot tell when it was changed last.
    const unchanged = {
      ...before,
      last_change: { ...before.last_change, at: expect.any(Number) as unknown },
    };
    expect(await orchestrator.read(serviceId)).toEqual(can ? answer : unchanged);
    expect(await shareOf(candidate.model)).toBe(0);
    await orchestrator.removeCandidate({ ...write(2, 2), reason: 'enough' });
    expect(await orchestrator.read(serviceId)).toMatchObject({ candidate: null, weight_pct: 0 });
  });

  it('is back on the stable configuration when the lease has run out, by itself or by its watchdog', async () => {
    const endsNotBeforeMs = Date.now() + 1_000;
    const apply = { ...write(2, 1), configuration: candidate, weightPct: 50, leaseMs: 1_000 };
    const { lease_expires_at } = await orchestrator.setCandidate(apply);
    await expect
      .poll(
        async () => {
          if (!orchestrator.capabilities.leased) await driver.expire?.(serviceId);
          return (await orchestrator.read(serviceId)).candidate;
        },
        { timeout: 60_000, interval: 50 },
      )
      .toBeNull();
    // An answer that took longer than the lease names no end any more.
    expect(Date.now()).toBeGreaterThanOrEqual(lease_expires_at ?? endsNotBeforeMs);
    expect(await orchestrator.read(serviceId)).toMatchObject({
      generation: 2,
      revision: 1,
      last_change: { kind: 'leaseExpired' },
    });
    expect(await settledShare(0)).toBe(0);
  });

  it('answers an equal pair with equal content as before, and names both pairs of a stale one', async () => {
    const apply = { ...write(5, 3), configuration: candidate, weightPct: 25, leaseMs: LEASE_MS };
    const first = await orchestrator.setCandidate(apply);
    expect(await orchestrator.setCandidate(apply)).toMatchObject({ revision: 3, candidate: first.candidate });
    const late = orchestrator.removeCandidate({ ...write(5, 2), reason: 'late' });
    await expect(late).rejects.toMatchObject({ type: 'StaleGeneration', final: true });
    await expect(late).rejects.toThrow(
      /ours is \(generation 5, revision 2\), live is \(generation 5, revision 3\)/u,
    );
    const other = orchestrator.setCandidate({ ...apply, weightPct: 26 });
    await expect(other).rejects.toMatchObject({ type: 'StaleGeneration' });
    await expect(orchestrator.setStable({ ...write(4, 9), configuration: stable })).rejects.toMatchObject({
      type: 'StaleGeneration',
    });
    expect(await orchestrator.read(serviceId)).toMatchObject({ generation: 5, revision: 3, weight_pct: 25 });
  });

  it('lists what the gateway cannot serve: in validate as problems, in a write as a final failure', async () => {
    expect(await orchestrator.validate(serviceId, candidate)).toEqual([]);
    const { configuration, problem } = driver.unservable;
    const before = await orchestrator.read(serviceId);
    expect(await orchestrator.validate(serviceId, configuration)).toEqual([problem]);
    await expect(orchestrator.setStable({ ...write(9, 1), configuration })).rejects.toMatchObject({
      type: 'OrchestratorRejected',
      final: true,
      problems: [{ ...problem, field: `configuration.${problem.field}` }],
    });
    const { generation, revision, stable: served } = await orchestrator.read(serviceId);
    expect({ generation, revision, stable: served }).toEqual({
      generation: before.generation,
      revision: before.revision,
      stable: before.stable,
    });
  });

  if (experiments !== undefined)
    experimentCases(experiments, () => ({ driver, serviceId, stable, candidate }));

  it('says which service the gateway does not know', async () => {
    await expect(orchestrator.read('nobody')).rejects.toMatchObject({
      type: 'UnknownService',
      message: expect.stringContaining('nobody'),
    });
  });
});
