/** Blue-green and immediate changes against a real database and the real gateway: what they need, what they write, how they are taken back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyChange } from '../../../src/domain/change.ts';
import { receiveMessage } from '../../../src/state/rollout/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { admitRequest, Driver, ROLLOUT, withBaseline } from './rollout-driver.ts';
import { CANDIDATE, createWorld, INCUMBENT, SERVICE, sha256, traces, type World } from './world.ts';
import { canonicalJson } from '../../../src/decision/index.ts';

const DAY_MS = 86_400_000;
const SWITCH = { strategy: 'blueGreen' };
const IMMEDIATE = { strategy: 'immediate', reason: 'the old key was revoked' };

let postgres: TestPostgres;
let world: World;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
/** A new world with a baseline; each test begins with one. */
async function begin(settings: Record<string, unknown> = {}): Promise<void> {
  world = await createWorld(postgres, { settings });
  await withBaseline(world);
}

const hashOf = (model: string) => {
  const body = { model: INCUMBENT };
  return sha256(canonicalJson(applyChange(body, { model })));
};

/** A shadow's decision, as whoever shadows a candidate records it. */
async function shadowed(outcome: string, more: { ageMs?: number; candidate?: string; stable?: string } = {}) {
  const { ageMs = 0, candidate = CANDIDATE, stable = INCUMBENT } = more;
  const atMs = world.nowMs - ageMs;
  const id = `rollout/${SERVICE}/1/${atMs}/${outcome}/${candidate}/${stable}`;
  await world.stores.decisions.append({
    id,
    serviceId: SERVICE,
    workflowId: `rollout/${SERVICE}`,
    runId: 'shadow',
    kind: 'shadow',
    outcome,
    reason: 'as the test says',
    detail: { candidateHash: hashOf(candidate), stableHash: hashOf(stable) },
    hash: `hash of ${outcome}`,
    atMs,
  });
  return id;
}

/** The message of a refusal that left nothing behind. */
async function refusal(input: Record<string, unknown>, parentWorkflowId: string | null = null) {
  const before = await traces(world);
  const request = { ...admitRequest(input), parentWorkflowId };
  const error: unknown = await world.activities.admitRollout(request).catch((e: unknown) => e);
  expect(await traces(world)).toEqual(before);
  return error;
}

describe('a switch of the whole traffic', () => {
  it('rests on the shadow evidence of its very pair, and its plan and the audit log say on which', async () => {
    await begin();
    const id = await shadowed('healthy', { ageMs: 6 * DAY_MS });
    await shadowed('inconclusive');
    const { plan } = await world.activities.admitRollout(admitRequest(SWITCH));
    expect(plan).toMatchObject({
      strategy: 'blueGreen',
      steps: [100],
      restsOn: { decisionId: id, hash: 'hash of healthy' },
      labels: { needed: 200 },
    });
    expect(plan.forced).toBeUndefined();
    const [entry] = await world.stores.audit.list(SERVICE);
    expect(entry).toMatchObject({
      actor: 'ann',
      action: 'blueGreenSwitch',
      detail: { restsOn: { decisionId: id }, forced: false },
    });
  });

  it('does so for a canary without a step below 100 too', async () => {
    await begin();
    const id = await shadowed('healthy');
    const { plan } = await world.activities.admitRollout(admitRequest({ steps: [100] }));
    expect(plan).toMatchObject({ strategy: 'canary', restsOn: { decisionId: id } });
  });

  it('is refused without evidence of this very pair that is new enough and stands, and with steps', async () => {
    await begin();
    const rows: readonly [string, () => Promise<unknown>][] = [
      ['there is no evidence', () => Promise.resolve()],
      ['it is older than shadowEvidenceFor', () => shadowed('healthy', { ageMs: 8 * DAY_MS })],
      ['it is about another candidate', () => shadowed('healthy', { candidate: 'gpt-4o-mini-2024-07-18' })],
      ['it is about another stable configuration', () => shadowed('healthy', { stable: 'gpt-4-0613' })],
      ['it proved nothing', () => shadowed('inconclusive')],
      [
        'the pair was found harmful later',
        async () => {
          await shadowed('healthy', { ageMs: DAY_MS });
          await shadowed('harm');
        },
      ],
    ];
    for (const [why, prepare] of rows) {
      await prepare();
      expect([why, await refusal(SWITCH)]).toMatchObject([
        why,
        {
          type: 'InvalidInput',
          message: expect.stringMatching(
            /strategy: "blueGreen" is given, expected .*shadow evidence/u,
          ) as string,
        },
      ]);
    }
    expect(await refusal({ ...SWITCH, force: true, steps: [50, 100] })).toMatchObject({
      message: expect.stringMatching(
        /steps: \[50,100\] is given, expected none with strategy blueGreen/u,
      ) as string,
    });
  });

  it('may be forced by whoever gives a name, on record; then a rollback is one write back to the stable one beside it', async () => {
    await begin();
    expect(await refusal({ ...SWITCH, force: true, by: undefined })).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/by: is missing, expected who forces/u) as string,
    });
    const driver = await Driver.admitted(world, { ...SWITCH, force: true });
    expect(driver.state.plan).toMatchObject({ forced: true });
    expect((await world.stores.audit.list(SERVICE))[0]).toMatchObject({
      detail: { forced: true, restsOn: null },
    });
    await driver.setWeight(100);
    expect(await world.live()).toMatchObject({
      strategy: 'BLUE_GREEN',
      weight_pct: 100,
      stable: { configuration: { model: INCUMBENT } },
      candidate: { configuration: { model: CANDIDATE } },
      lease_expires_at: world.nowMs + 120_000,
    });
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({
      stable: { configuration: { model: INCUMBENT } },
      candidate: null,
      revision: 2,
    });
  });

  it('takes the strategy of the service when the input names none, and not its steps', async () => {
    await begin({
      rollout: { strategy: 'blueGreen', block: '1s', look: '2s', lease: '2m', maxRollout: '1h' },
    });
    expect(await refusal({})).toMatchObject({
      message: expect.stringMatching(/strategy: "blueGreen"/u) as string,
    });
    const { plan } = await world.activities.admitRollout(admitRequest({ strategy: 'canary' }));
    expect(plan.steps).toEqual([5, 25, 50, 100]);
  });

  it('is promoted on kept limits, and the step that was left has its decision', async () => {
    await begin();
    const driver = await Driver.admitted(world, { ...SWITCH, force: true });
    driver.state = { ...driver.state, plan: { ...driver.state.plan, constraints: { minQuality: 0.7 } } };
    world.nowMs += 1_000;
    await driver.setWeight(100);
    await driver.traffic(20_000, 100);
    const { verdict } = await driver.look();
    expect(verdict.outcome).toBe('healthy');
    expect(driver.state.phase).toBe('promoting');
    const [step] = driver.state.steps;
    const kept = await world.stores.decisions.get(step?.decisionId ?? '');
    expect(kept).toMatchObject({ outcome: 'healthy', detail: { evidenceHash: step?.evidenceHash } });
  });
});

describe('an immediate change', () => {
  it('is admitted for a person without a label, and recorded as what it is', async () => {
    world = await createWorld(postgres);
    const { plan } = await world.activities.admitRollout(admitRequest(IMMEDIATE));
    expect(plan).toMatchObject({
      strategy: 'immediate',
      steps: [100],
      soakMs: 0,
      labels: { needed: 0, expectedMs: 0 },
    });
    expect((await world.stores.audit.list(SERVICE))[0]).toMatchObject({
      actor: 'ann',
      action: 'immediateChange',
      detail: { strategy: 'immediate', reason: IMMEDIATE.reason, forced: false },
    });
  });

  it('is refused without a person and a reason, with what it does not have, and from a cycle', async () => {
    await begin();
    const rows: readonly [Record<string, unknown>, RegExp][] = [
      [{ by: undefined }, /by: is missing, expected the person/u],
      [{ by: `cycle/${SERVICE}` }, /by: "cycle\/support-bot" is given, expected the person/u],
      [{ reason: undefined }, /reason: is missing, expected why/u],
      [{ steps: [50, 100] }, /steps: .*none with strategy immediate/u],
      [{ soak: '1m' }, /soak: .*nothing soaks/u],
      [{ minSamples: 10 }, /minSamples: .*nothing is judged/u],
    ];
    for (const [input, message] of rows) {
      expect(await refusal({ ...IMMEDIATE, ...input })).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringMatching(message) as string,
      });
    }
    expect(await refusal(IMMEDIATE, `cycle/${SERVICE}`)).toMatchObject({
      type: 'PolicyDenied',
      message: expect.stringMatching(/a person starts it/u) as string,
    });
  });

  it('stands under the fleet pause, and under a freeze unless forced', async () => {
    await begin();
    await world.stores.fleet.pause({ by: 'ann', reason: 'audit', atMs: world.nowMs });
    expect(await refusal({ ...IMMEDIATE, force: true })).toMatchObject({ type: 'PolicyDenied' });
    world = await createWorld(postgres, {
      settings: { change: { freeze: [{ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' }] } },
    });
    expect(await refusal(IMMEDIATE)).toMatchObject({ type: 'PolicyDenied', message: /frozen/u });
    const { plan } = await world.activities.admitRollout(admitRequest({ ...IMMEDIATE, force: true }));
    expect(plan.forced).toBe(true);
  });

  it('is written, read back, promoted, and keeps the decision that nothing was judged', async () => {
    await begin();
    const driver = await Driver.admitted(world, IMMEDIATE);
    await driver.setWeight(100);
    expect(await world.live()).toMatchObject({
      weight_pct: 100,
      stable: { configuration: { model: INCUMBENT } },
    });
    expect(driver.state.phase).toBe('promoting');
    await world.activities.promoteCandidate(driver.nextWrite());
    driver.happened({ kind: 'promoted', atMs: world.nowMs });
    expect(await world.live()).toMatchObject({
      candidate: null,
      stable: { configuration: { model: CANDIDATE } },
    });
    await world.activities.finishRollout({ state: driver.state, holder: ROLLOUT });
    const [verdict] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' });
    expect(verdict).toMatchObject({ id: `rollout/${SERVICE}/2/step/0`, outcome: 'noData' });
  });

  it('is taken back between the write and the promotion, and after the promotion was written', async () => {
    await begin();
    const driver = await Driver.admitted(world, IMMEDIATE);
    await driver.setWeight(100);
    driver.state = receiveMessage(
      driver.state,
      { name: 'rollback', by: 'oncall', reason: 'complaints' },
      world.nowMs,
    ).state;
    expect(driver.state.phase).toBe('rollingBack');
    // The promotion was on its way already, and is undone.
    await world.activities.promoteCandidate(driver.nextWrite());
    await world.activities.takeBackCandidate(driver.takeBackWrite());
    expect(await world.live()).toMatchObject({
      candidate: null,
      stable: { configuration: { model: INCUMBENT } },
    });
  });
});

describe('the first write of a change', () => {
  it('waits when a freeze has begun since it was admitted, unless it was forced', async () => {
    await begin();
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    const freeze = [{ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', reason: 'holidays' }];
    const { change } = world.settings;
    await world.stores.services.put({ ...world.settings, change: { ...change, freeze } });
    const write = { ...driver.nextWrite(), weightPct: 50, leaseMs: 120_000 };
    await expect(world.activities.setWeight({ ...write, starts: true })).rejects.toMatchObject({
      type: 'GovernanceUnavailable',
      nonRetryable: false,
      message: expect.stringMatching(/frozen until .*holidays/u) as string,
    });
    expect(await world.live()).toMatchObject({ candidate: null });
    await world.activities.setWeight({ ...write, starts: false });
    expect(await world.live()).toMatchObject({ weight_pct: 50 });
  });
});

describe('a cycle', () => {
  it.each([
    ['immediate', () => Promise.resolve(), 'recommend', /a person starts it/u],
    ['blueGreen', () => Promise.resolve(), 'recommend', /needs shadow evidence/u],
    ['blueGreen', () => shadowed('healthy'), 'deploy', /./u],
  ] satisfies [string, () => Promise<unknown>, string, RegExp][])(
    'of a service with strategy %s',
    async (strategy, prepare, kind, reason) => {
      const rollout = { strategy, block: '1s', look: '2s', lease: '2m', maxRollout: '1h' };
      const settings = {
        rollout,
        candidates: { models: [CANDIDATE] },
        experiment: { minCostReductionPct: 1 },
        constraints: { maxTotalQualityLossPct: 100 },
      };
      await begin(settings);
      await prepare();
      const outcomes = (costUsd: number) =>
        Array.from({ length: 400 }, (_, i) => ({ queryId: `q${i}`, taskType: 'chat', quality: 1, costUsd }));
      await world.stores.outcomes.replace(SERVICE, { [INCUMBENT]: outcomes(2), [CANDIDATE]: outcomes(1) });
      const request = { input: { serviceId: SERVICE }, workflowId: `cycle/${SERVICE}`, runId: 'r' };
      expect(await world.activities.assess(request)).toMatchObject({
        kind,
        reason: expect.stringMatching(reason) as string,
      });
    },
  );
});
