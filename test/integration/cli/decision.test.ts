import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordDecision } from '../../../src/decision/index.ts';
import type { DecisionRecord } from '../../../src/ports/stores.ts';
import { receiveMessage } from '../../../src/state/rollout/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from '../activities/rollout-driver.ts';
import { createWorld, SERVICE, type World } from '../activities/world.ts';
import { DATABASE, openTerminal, type Terminal } from './terminal.ts';

let postgres: TestPostgres;
let world: World;
let driver: Driver;
let terminal: Terminal;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  world = await createWorld(postgres);
  terminal = openTerminal(world.ports);
  driver = await Driver.admitted(world, { steps: [50, 100] });
  world.nowMs += 1_000;
  await driver.setWeight(50);
});

/** The newest verdict, as the database has it. */
async function newest(): Promise<DecisionRecord> {
  const [decision] = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' });
  if (!decision) throw new Error('no verdict was recorded');
  return decision;
}

type Detail = Record<string, unknown> & {
  readonly verdict: Record<string, unknown> & { readonly guardrails: readonly Record<string, unknown>[] };
  readonly evidence: Record<string, unknown>;
  readonly limits: Record<string, unknown>;
};

/** Another decision beside the newest, whose detail was changed. */
async function changed(change: (detail: Detail) => unknown, hash?: string): Promise<string> {
  const decision = await newest();
  const id = `${decision.id}/changed`;
  const detail = change(decision.detail as Detail);
  const named = (detail as Partial<Detail>).verdict?.['outcome'];
  const outcome = typeof named === 'string' ? named : decision.outcome;
  await world.stores.decisions.append({ ...decision, id, outcome, detail, hash: hash ?? decision.hash });
  return id;
}

const rejudge = (id: string) => terminal.json('decision', 'rejudge', id, ...DATABASE);

const SAME = { exit: 0, json: { kind: 'same', heldBack: null } };

describe('judges again, bit for bit, what a look recorded', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['noData', async () => void (world.nowMs += 5_000)],
    ['inconclusive', () => driver.traffic(12_000, 20)],
    ['harm', () => driver.traffic(20_000, 200, { quality: 0.6 })],
    ['healthy', () => driver.traffic(30_000, 400)],
  ])('%s', async (outcome, arrive) => {
    await arrive();
    const { verdict } = await driver.look();
    expect(verdict.outcome).toBe(outcome);
    const { id } = await newest();
    expect(await rejudge(id)).toMatchObject({ ...SAME, json: { id, kind: 'same', heldBack: null } });
    expect(await terminal.type('decision', 'rejudge', id, ...DATABASE)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(new RegExp(`^The same: ${outcome} \\(by rollout-verdict/`, 'u')) as string,
    });
  });

  it('at 100 %, where absolute limits are the judge', async () => {
    world = await createWorld(postgres, { settings: { constraints: { minQuality: 0.75 } } });
    terminal = openTerminal(world.ports);
    driver = await Driver.admitted(world, { steps: [100], force: true });
    await driver.setWeight(100);
    await driver.traffic(30_000, 100, { quality: 0.5 });
    expect((await driver.look()).verdict).toMatchObject({ outcome: 'harm', decidedBy: 'quality' });
    expect(await rejudge((await newest()).id)).toMatchObject(SAME);
  });

  it('a healthy verdict that was held back because nothing arrived lately: the evidence says the same', async () => {
    await driver.traffic(30_000, 400);
    world.nowMs += 30_000;
    expect((await driver.look()).verdict).toMatchObject({ outcome: 'noData' });
    const { exit, json } = await rejudge((await newest()).id);
    expect({ exit, json }).toMatchObject({
      exit: 0,
      json: { kind: 'same', heldBack: expect.stringMatching(/^stale: nothing has arrived/u) as string },
    });
  });
});

describe('a record of before some fields were told is compared on what was recorded', () => {
  const without = (fields: Record<string, unknown>, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));

  it.each([['decidedBy'], ['observed'], ['limit'], ['labelsNeeded']])('%s of the verdict', async (key) => {
    await driver.traffic(20_000, 200, { quality: 0.6 });
    await driver.look();
    const id = await changed((detail) => ({ ...detail, verdict: without(detail.verdict, [key]) }));
    expect(await rejudge(id)).toMatchObject(SAME);
  });

  it('the unit of a guardrail', async () => {
    await driver.traffic(20_000, 200, { quality: 0.6 });
    await driver.look();
    const id = await changed((detail) => ({
      ...detail,
      verdict: {
        ...detail.verdict,
        guardrails: detail.verdict.guardrails.map((each) => without(each, ['unit'])),
      },
    }));
    expect(await rejudge(id)).toMatchObject(SAME);
  });
});

describe('ends with 1', () => {
  beforeEach(async () => {
    await driver.traffic(20_000, 200, { quality: 0.6 });
    await driver.look();
  });

  it('when the verdict is another one: each field that differs, recorded and now', async () => {
    const id = await changed((detail) => {
      const [first, ...rest] = detail.verdict.guardrails;
      return {
        ...detail,
        verdict: { ...detail.verdict, outcome: 'healthy', guardrails: [{ ...first, proof: 0.5 }, ...rest] },
      };
    });
    const { exit, json } = await rejudge(id);
    expect({ exit, json }).toMatchObject({ exit: 1, json: { kind: 'differs' } });
    const differences = json['differences'] as readonly {
      readonly path: string;
      readonly recorded: string;
    }[];
    expect(differences.map(({ path }) => path).toSorted()).toEqual(['guardrails[0].proof', 'outcome']);
    const { out } = await terminal.type('decision', 'rejudge', id, ...DATABASE);
    expect(out).toMatch(/outcome +│ "healthy" +│ "harm"/u);
  });

  it('when rules of another version said otherwise, which says nothing against the record', async () => {
    const { ports } = world;
    const { detail } = (await newest()) as { readonly detail: Detail };
    const basis = { evidence: detail.evidence, limits: detail.limits, seed: null, codeVersion: 'other/9' };
    const recorded = recordDecision(basis, ports.hash);
    const verdict = { ...detail.verdict, outcome: 'healthy' };
    const id = await changed(() => ({ ...detail, ...recorded, verdict }), recorded.hash);
    const said = await rejudge(id);
    expect(said).toMatchObject({
      exit: 1,
      json: { kind: 'otherRules', codeVersion: { recorded: 'other/9' } },
    });
    const { out } = await terminal.type('decision', 'rejudge', id, ...DATABASE);
    expect(out).toMatch(/^The rules have changed since \(recorded by other\/9.*nothing against the record/u);
  });

  it('when one bit of a number differs', async () => {
    const id = await changed((detail) => {
      const [first, ...rest] = detail.verdict.guardrails;
      const harm = Number(first?.['harm']) * (1 - Number.EPSILON);
      return { ...detail, verdict: { ...detail.verdict, guardrails: [{ ...first, harm }, ...rest] } };
    });
    expect(await rejudge(id)).toMatchObject({ exit: 1, json: { kind: 'differs' } });
  });

  it.each<[string, (detail: Detail) => unknown]>([
    ['evidence', (detail) => ({ ...detail, evidence: { ...detail.evidence, blocks: 9_999 } })],
    ['limits', (detail) => ({ ...detail, limits: { ...detail.limits, minSamples: 1 } })],
    ['the version of the code', (detail) => ({ ...detail, codeVersion: 'other/9' })],
    ['the hash', (detail) => ({ ...detail, hash: 'another' })],
  ])('when somebody touched %s', async (_what, change) => {
    expect(await rejudge(await changed(change))).toMatchObject({ exit: 1, json: { kind: 'touched' } });
  });

  it('when the row names another outcome than the verdict', async () => {
    const decision = await newest();
    const id = `${decision.id}/renamed`;
    await world.stores.decisions.append({ ...decision, id, outcome: 'healthy' });
    expect(await rejudge(id)).toMatchObject({ exit: 1, json: { kind: 'touched' } });
  });

  it('when the evidence is of a version that this program does not judge', async () => {
    const { ports } = world;
    const decision = await newest();
    const detail = decision.detail as Detail;
    const basis = {
      evidence: { ...detail.evidence, version: 99 },
      limits: detail.limits,
      seed: null,
      codeVersion: 'other/9',
    };
    const recorded = recordDecision(basis, ports.hash);
    const id = await changed(() => ({ ...detail, ...recorded }), recorded.hash);
    const { exit, json } = await rejudge(id);
    expect({ exit, json }).toMatchObject({
      exit: 1,
      json: {
        kind: 'unjudgeable',
        why: expect.stringMatching(/version/u) as string,
        codeVersion: { recorded: 'other/9' },
      },
    });
  });

  it('when the decision is none that keeps evidence', async () => {
    const decision = await newest();
    const id = `${decision.id}/ended`;
    await world.stores.decisions.append({ ...decision, id, kind: 'rollout', detail: { steps: [] } });
    expect(await rejudge(id)).toMatchObject({ exit: 1, json: { kind: 'unjudgeable' } });
  });

  it('when there is no such decision', async () => {
    const { exit, err } = await terminal.type(
      'decision',
      'rejudge',
      'rollout/support-bot/9/9/look',
      ...DATABASE,
    );
    expect({ exit, err }).toEqual({
      exit: 1,
      err: expect.stringMatching(/^id: "rollout\/support-bot\/9\/9\/look" is given, expected/u) as string,
    });
  });
});

/** Every step that has ended names evidence that some decision keeps, and that decision is judged the same again. */
async function everyStepIsKept(): Promise<void> {
  const kept = await world.stores.decisions.list({ serviceId: SERVICE, kind: 'verdict' });
  for (const step of driver.state.steps) {
    if (step.endedAtMs === null) continue;
    const decision = kept.find(({ detail }) => {
      const { evidenceHash, limits } = detail as { evidenceHash: string; limits: { stepIndex: number } };
      return evidenceHash === step.evidenceHash && limits.stepIndex === step.index;
    });
    expect([step.index, decision?.outcome]).toEqual([step.index, expect.any(String)]);
    expect(await rejudge(decision?.id ?? '')).toMatchObject({ json: { kind: 'same' } });
  }
}

describe('every step that has ended has a decision with the evidence it was left with', () => {
  const finish = () => world.activities.finishRollout({ state: driver.state, holder: driver.holder });
  const say = (message: Parameters<typeof receiveMessage>[1]) => {
    driver.state = receiveMessage(driver.state, message, world.nowMs).state;
  };

  it('left by a look whose verdict had been the same before the soak ended', async () => {
    driver.state = { ...driver.state, plan: { ...driver.state.plan, soakMs: 60_000 } };
    await driver.traffic(30_000, 400);
    expect((await driver.look()).verdict.outcome).toBe('healthy');
    await driver.traffic(40_000, 400);
    const left = await driver.look();
    expect(driver.state).toMatchObject({ stepIndex: 1, phase: 'applying' });
    expect(left.decisionId).toBeDefined();
    expect(driver.state.steps[0]).toMatchObject({
      evidenceHash: left.evidenceHash,
      decisionId: left.decisionId,
    });
    await everyStepIsKept();
  });

  it('left by hand on newer evidence than was recorded: by the next step, or at the end', async () => {
    await driver.traffic(6_000, 40);
    await driver.look();
    await driver.traffic(6_000, 40);
    expect((await driver.look()).decisionId).toBeUndefined();
    say({ name: 'promote', by: 'ann', reason: 'seen enough' });
    await driver.setWeight(100);
    await driver.traffic(6_000, 40);
    await driver.look();
    await driver.traffic(6_000, 40);
    await driver.look();
    await everyStepIsKept();
    say({ name: 'rollback', by: 'ann', reason: 'complaints' });
    await finish();
    expect(driver.state.steps).toHaveLength(2);
    await everyStepIsKept();
    expect(await world.stores.decisions.get(`rollout/${SERVICE}/2/step/0`)).not.toBeNull();
  });

  it('asked for approval: the approval may name what is kept', async () => {
    driver.state = { ...driver.state, plan: { ...driver.state.plan, approval: 'perStep', soakMs: 20_000 } };
    await driver.traffic(15_000, 400);
    await driver.look();
    await driver.traffic(15_000, 400);
    const asked = await driver.look();
    expect(driver.state.awaiting).toMatchObject({ next: '100 %' });
    expect(await world.stores.decisions.get(asked.decisionId ?? '')).toMatchObject({
      detail: { evidenceHash: asked.evidenceHash },
    });
    say({ name: 'approve', by: 'ann', evidence: asked.evidenceHash });
    await driver.traffic(5_000, 100);
    await driver.look();
    expect(driver.state).toMatchObject({ phase: 'applying', steps: [{ why: 'approved by ann' }] });
    await finish();
    await everyStepIsKept();
  });
});

it('lists the newest first, as many as asked for, and shows one', async () => {
  await driver.traffic(12_000, 20);
  await driver.look();
  await driver.traffic(20_000, 200, { quality: 0.6 });
  await driver.look();
  const { json } = await terminal.json('decision', 'list', SERVICE, ...DATABASE, '--limit', '1');
  expect(json).toMatchObject([{ outcome: 'harm', kind: 'verdict' }]);
  const { out } = await terminal.type('decision', 'list', SERVICE, ...DATABASE);
  expect(out).toMatch(/verdict │ harm[^]*verdict │ inconclusive/u);
  const { id } = await newest();
  expect(await terminal.json('decision', 'show', id, ...DATABASE)).toEqual({ exit: 0, json: await newest() });
  const shown = await terminal.type('decision', 'show', id, ...DATABASE);
  expect(shown.out).toMatch(/outcome: +harm\nreason: +quality/u);
});

it('changes nothing in the database', async () => {
  await driver.traffic(12_000, 20);
  await driver.look();
  const before = await world.stores.decisions.list({});
  await rejudge((await newest()).id);
  expect(await world.stores.decisions.list({})).toEqual(before);
});
