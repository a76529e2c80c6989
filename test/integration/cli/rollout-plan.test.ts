import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutPreview } from '../../../activities/preview-rollout.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { admitRequest, BASELINE_LABELS, holderOf, withBaseline } from '../activities/rollout-driver.ts';
import {
  byHand,
  CANDIDATE,
  createWorld,
  INCUMBENT,
  SERVICE,
  traces,
  type World,
} from '../activities/world.ts';
import { DATABASE, openTerminal } from './terminal.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const plan = async (world: World, ...options: readonly string[]) => {
  const { exit, out } = await openTerminal(world.ports).type(
    'rollout',
    'plan',
    SERVICE,
    ...DATABASE,
    '--json',
    ...options,
  );
  return { exit, preview: JSON.parse(out) as RolloutPreview & { readonly admitted: boolean } };
};

/** What admission says to the same input. */
const admissionRefuses = async (world: World, input: Record<string, unknown>): Promise<string> => {
  const error: unknown = await world.activities.admitRollout(admitRequest(input)).catch((e: unknown) => e);
  return error instanceof Error ? error.message : 'admitted';
};

describe('a plan that would be admitted', () => {
  it('shows what admission would resolve, and leaves database and gateway as they were', async () => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    const before = await traces(world);
    const { exit, preview } = await plan(world, '--model', CANDIDATE, '--soak', '20s');
    expect(exit).toBe(0);
    expect(await traces(world)).toEqual(before);
    expect(preview).toMatchObject({ admitted: true, refusals: [], live: { generation: 1, candidate: null } });
    const { plan: admitted } = await world.activities.admitRollout(admitRequest({ soak: '20s' }));
    expect(preview.plan).toEqual({ ...admitted, generation: 0, requestedBy: 'nobody yet' });
  });

  it('tells per step what must be ruled out and the labels that takes, which add up to what the plan says', async () => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    const { preview } = await plan(world, '--model', CANDIDATE);
    expect(preview.steps.map(({ weightPct }) => weightPct)).toEqual([5, 25, 50, 100]);
    const losses = preview.steps.map(
      ({ rulesOut }) => rulesOut.find((each) => each.guardrail === 'quality')?.loss,
    );
    expect(losses).toEqual(['drop of 20 %', 'drop of 10 %', 'drop of 5 %', undefined]);
    const labels = preview.steps.slice(0, 3).map(({ totalLabels }) => totalLabels ?? Number.NaN);
    expect(labels.reduce((sum, each) => sum + each, 0)).toBe(preview.plan?.labels.needed);
    const { soakMs = 0, matureAfterMs = 0, labels: planned } = preview.plan ?? {};
    for (const { expectedMs, totalLabels } of preview.steps) {
      const labelMs = ((totalLabels ?? 0) * 3_600_000) / (planned?.perHour ?? 1);
      expect(expectedMs).toBe(Math.round(Math.max(soakMs, labelMs + matureAfterMs)));
    }
    const allMs = ((planned?.needed ?? 0) * 3_600_000) / (planned?.perHour ?? 1);
    expect(matureAfterMs).toBe(2_000);
    expect(planned?.expectedMs).toBe(Math.round(Math.max(4 * soakMs, allMs + 4 * matureAfterMs)));
  });

  it('is shown in words, with tables and without colours', async () => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    const { type } = openTerminal(world.ports);
    const { exit, out } = await type('rollout', 'plan', SERVICE, ...DATABASE, '--model', CANDIDATE);
    expect(exit).toBe(0);
    expect(out).toContain(`Change:      model ${INCUMBENT} -> ${CANDIDATE}`);
    expect(out).toContain(`Served now:  ${INCUMBENT}, no candidate (generation 1, revision 0)`);
    expect(out).toMatch(/quality +│ drop of 5 % +│ share 0 to 1 +│ higher +│ yes/u);
    expect(out).toMatch(/Expected: +about [\d,]+ labels before 100 %; 90,000 labels an hour arrive/u);
    expect(out).toContain('It would be admitted.');
    expect(out).not.toContain('\u001B');
  });
});

describe('each strategy tells what would be proven, and what not', () => {
  it('canary, blueGreen by force, and immediate', async () => {
    const world = await createWorld(postgres, { settings: { constraints: { minQuality: 0.7 } } });
    await withBaseline(world);
    const before = await traces(world);
    const asked = (...more: readonly string[]) => plan(world, '--model', CANDIDATE, ...more);

    const canary = (await asked()).preview;
    expect(canary.proofs).toMatchObject({
      proven: expect.arrayContaining([
        'quality: no drop of 5 % against stable, by the end of 50 %',
        'quality: within its absolute limit at 100 % (minQuality 0.7)',
      ]) as string[],
      notProven: expect.arrayContaining([
        'cost: shown, and decides nothing below 100 %',
        'errorRate at 100 %: no absolute limit is set, only labels are waited for',
      ]) as string[],
    });

    const refused = await asked('--strategy', 'blueGreen');
    expect(refused).toMatchObject({ exit: 1, preview: { refusals: [{ field: 'strategy' }] } });
    const forced = await asked('--strategy', 'blueGreen', '--force');
    expect(forced).toMatchObject({
      exit: 0,
      preview: {
        plan: { steps: [100], labels: { needed: 200 } },
        proofs: {
          proven: ['quality: within its absolute limit at 100 % (minQuality 0.7)'],
          notProven: expect.arrayContaining([expect.stringMatching(/no step compares them/u)]) as string[],
        },
      },
    });

    const immediate = await asked('--strategy', 'immediate');
    expect(immediate).toMatchObject({
      exit: 0,
      preview: {
        plan: { steps: [100], soakMs: 0, labels: { needed: 0, expectedMs: 0 } },
        steps: [{ weightPct: 100, totalLabels: 0, expectedMs: 0 }],
        proofs: { proven: [], notProven: [expect.stringMatching(/^anything: /u) as string] },
      },
    });
    expect(await asked('--strategy', 'immediate', '--steps', '50,100')).toMatchObject({
      exit: 1,
      preview: { refusals: [{ field: 'steps' }] },
    });
    expect(await traces(world)).toEqual(before);

    const { type } = openTerminal(world.ports);
    const line = ['rollout', 'plan', SERVICE, ...DATABASE, '--model', CANDIDATE, '--strategy', 'immediate'];
    const { out } = await type(...line);
    expect(out).toMatch(/Strategy: +immediate: written, read back and promoted at once; watched for 10m/u);
    expect(out).toMatch(/Expected: +at once/u);
    expect(out).toMatch(/NOT proven:\n {2}- anything/u);
  });

  it('what would be ended first by --supersede', async () => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    await world.stores.leases.acquire({
      serviceId: SERVICE,
      holder: holderOf(`experiment/${SERVICE}`),
      gatewayGeneration: 1,
      nowMs: world.nowMs,
    });
    expect(await plan(world, '--model', CANDIDATE, '--supersede')).toMatchObject({
      exit: 0,
      preview: { ends: expect.stringMatching(/held by experiment\/support-bot/u) as string },
    });
  });
});

describe('a plan that would be refused ends with 1', () => {
  it.each([
    { name: 'changes nothing', options: ['--model', INCUMBENT], input: { change: { model: INCUMBENT } } },
    {
      name: 'a model that the gateway does not know',
      options: ['--model', 'no-such-model'],
      input: { change: { model: 'no-such-model' } },
    },
    { name: 'no change at all', options: [], input: { change: {} } },
    {
      name: 'steps that fall, and a soak',
      options: ['--model', CANDIDATE, '--steps', '25,5,100'],
      input: { steps: [25, 5, 100] },
    },
    {
      name: 'only a step without a control arm',
      options: ['--model', CANDIDATE, '--steps', '100'],
      input: { steps: [100] },
    },
    {
      name: 'too few labels',
      options: ['--model', CANDIDATE, '--min-samples', String(BASELINE_LABELS + 1)],
      input: { minSamples: BASELINE_LABELS + 1 },
    },
  ])('$name: in the words of admission', async ({ options, input }) => {
    const world = await createWorld(postgres);
    await withBaseline(world);
    const before = await traces(world);
    const { exit, preview } = await plan(world, ...options);
    expect(exit).toBe(1);
    expect(preview.admitted).toBe(false);
    expect(await traces(world)).toEqual(before);
    const said = await admissionRefuses(world, input);
    for (const { message } of preview.refusals) expect(said).toContain(message);
  });

  it('every reason at once, where admission stops at the first', async () => {
    const world = await createWorld(postgres, {
      settings: { mode: 'off', rollout: { block: '1s', look: '2s', lease: '2m', maxRollout: '2m' } },
    });
    await withBaseline(world);
    await byHand(world, 7, 1, { model: 'gpt-4o-mini-2024-07-18' });
    await world.stores.leases.acquire({
      serviceId: SERVICE,
      holder: holderOf(`experiment/${SERVICE}`),
      gatewayGeneration: 7,
      nowMs: world.nowMs,
    });
    const { exit, preview } = await plan(world, '--model', 'no-such-model', '--steps', '100');
    expect(exit).toBe(1);
    const told = preview.refusals.map(({ type, field }) => `${type} ${field ?? ''}`.trim());
    expect(told).toEqual([
      'PolicyDenied',
      'ChangeInFlight',
      'ChangeInFlight',
      'InvalidInput change.model',
      'InvalidInput serviceId',
      'InvalidInput steps',
      'InvalidInput change',
    ]);
    expect(preview.refusals[1]?.message).toMatch(/held by experiment\/support-bot.*cannot be told/u);
    expect(preview.refusals[2]?.message).toMatch(/generation 7.*not the recorded one/u);
  });

  it('a fleet that is paused, and a freeze that --force would override', async () => {
    const world = await createWorld(postgres, {
      settings: {
        change: { freeze: [{ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', reason: 'audit' }] },
      },
    });
    await withBaseline(world);
    const frozen = await plan(world, '--model', CANDIDATE);
    expect(frozen).toMatchObject({ exit: 1, preview: { refusals: [{ type: 'PolicyDenied' }] } });
    expect(frozen.preview.refusals[0]?.message).toMatch(/frozen until 2027-01-01T00:00:00Z: audit/u);
    expect(await plan(world, '--model', CANDIDATE, '--force')).toMatchObject({ exit: 0 });
    await world.ports.fleet.pause({ by: 'ann', reason: 'incident', atMs: world.nowMs });
    const paused = await plan(world, '--model', CANDIDATE, '--force');
    expect(paused.preview.refusals[0]?.message).toMatch(/the fleet is paused by ann: incident/u);
  });

  it('an unknown service and a wrong input together', async () => {
    const world = await createWorld(postgres);
    const terminal = openTerminal(world.ports);
    const { exit, json } = await terminal.json(
      'rollout',
      'plan',
      'sales-bot',
      ...DATABASE,
      '--temperature',
      '3',
    );
    expect(exit).toBe(1);
    expect(json).toMatchObject({
      admitted: false,
      refusals: [{ field: 'change.temperature' }, { type: 'UnknownService' }],
    });
  });

  it('a database that is away: one line, exit code 1', async () => {
    const world = await createWorld(postgres);
    await world.stopDatabase();
    const printed = await openTerminal(world.ports).type(
      'rollout',
      'plan',
      SERVICE,
      ...DATABASE,
      '--model',
      'a',
    );
    expect(printed).toMatchObject({ exit: 1, out: '' });
    expect(printed.err.trim().split('\n')).toHaveLength(1);
  });
});
