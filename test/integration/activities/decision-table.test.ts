/**
 * The decision table, cell by cell: real traffic in a real database and a gateway lead the real look into every condition, and what it found
 * is given to the reducer in every phase and standing. What comes of it must be what the table says, and nothing else.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEvidence } from '../../../src/analysis/index.ts';
import {
  CONDITIONS,
  DECISION_TABLE,
  findingOf,
  FINDINGS,
  reduceRollout,
  STANDINGS,
  type ConditionName,
  type Decision,
  type Finding,
  type RolloutEvent,
  type RolloutPhase,
  type RolloutPlan,
  type RolloutState,
  type Standing,
} from '../../../src/state/rollout/index.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Driver } from './rollout-driver.ts';
import { createWorld, type Traffic, type World } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

/** Where a condition leads a rollout that soaks at 50 %, up to the look itself. */
type Lead = (driver: Driver, world: World) => Promise<void>;

const proven: Lead = (driver) => driver.traffic(20_000, 200);

/** Goes on for 12 s after what is there, both arms as told, and to where that is mature. */
const goOn = async (
  driver: Driver,
  world: World,
  stable: Partial<Traffic> | null,
  candidate: Partial<Traffic> | null,
): Promise<void> => {
  world.nowMs -= driver.state.plan.matureAfterMs;
  const range = { count: 1_000, fromMs: world.nowMs, toMs: world.nowMs + 12_000 };
  await world.feed(
    ...(stable ? [{ ...range, ...stable }] : []),
    ...(candidate
      ? [{ ...range, arm: 'candidate' as const, generation: driver.generation, costUsd: 0.001, ...candidate }]
      : []),
  );
  world.nowMs = range.toMs + driver.state.plan.matureAfterMs;
};

const withPlan = (driver: Driver, plan: Partial<RolloutPlan>): void => {
  driver.state = { ...driver.state, plan: { ...driver.state.plan, ...plan } };
};

const withGuardrails = (driver: Driver, guardrails: RolloutPlan['guardrails']): void => {
  withPlan(driver, { guardrails });
  driver.state = { ...driver.state, evidence: startEvidence(guardrails, driver.state.plan.steps) };
};

/** Looks at 100, 200 and 300 s keep the lease, then the traffic of both arms between 301 and 320 s is looked at. */
const wellAfterConverging =
  (stable: number, candidate: number): Lead =>
  async (driver, world) => {
    const fromMs = world.nowMs;
    for (const [from, to] of [
      [0, 20],
      [301, 320],
    ] as const) {
      const range = { fromMs: fromMs + from * 1_000, toMs: fromMs + to * 1_000 };
      const of = { ...range, arm: 'candidate' as const, generation: driver.generation, costUsd: 0.001 };
      await world.feed({ ...range, count: stable }, ...(candidate > 0 ? [{ ...of, count: candidate }] : []));
    }
    for (const seconds of [100, 200, 300]) {
      world.nowMs = fromMs + seconds * 1_000;
      await driver.look();
    }
    world.nowMs = fromMs + 322_000;
  };

/** The last step, with a limit on quality, and what the candidate alone does there. */
const at100 =
  (minQuality: number, quality: number, perSecond = 100): Lead =>
  async (driver, world) => {
    withPlan(driver, { constraints: { minQuality } });
    driver.state = { ...driver.state, stepIndex: 1, phase: 'applying' };
    await driver.setWeight(100);
    world.nowMs = Math.ceil(world.nowMs / 1_000) * 1_000 + 1_000;
    await driver.traffic(20_000, perSecond, { quality });
  };

const LEADS: Readonly<Record<ConditionName, Lead>> = {
  healthy: proven,
  degraded: (driver) => driver.traffic(20_000, 200, { quality: 0.6 }),
  inconclusive: (driver) => driver.traffic(10_000, 80, { quality: 0.775 }),
  tooFew: (driver) => driver.traffic(12_000, 30),
  nothingRequired: async (driver, world) => {
    withGuardrails(
      driver,
      driver.state.plan.guardrails.map((spec) => ({ ...spec, required: false })),
    );
    await proven(driver, world);
  },
  nothing: async (_driver, world) => void (world.nowMs += 20_000),
  oneArmOnly: (driver, world) => goOn(driver, world, { count: 50 }, null),
  candidateSilent: async (driver, world) => {
    await proven(driver, world);
    await goOn(driver, world, {}, null);
  },
  stableSilent: async (driver, world) => {
    await proven(driver, world);
    await goOn(driver, world, null, {});
  },
  immature: async (driver, world) => {
    withPlan(driver, { matureAfterMs: 3_600_000 });
    await proven(driver, world);
    world.nowMs -= 3_600_000 - 2_000;
  },
  stale: async (driver, world) => {
    await proven(driver, world);
    world.nowMs += 30_000;
  },
  staleLabels: async (driver, world) => {
    await proven(driver, world);
    await goOn(driver, world, { labelled: false }, { labelled: false });
  },
  noFrozenTail: async (driver, world) => {
    withGuardrails(
      driver,
      driver.state.plan.guardrails.map((spec) => ({ ...spec, frozen: null })),
    );
    await proven(driver, world);
  },
  notANumber: async (driver, world) => {
    await proven(driver, world);
    await world.query(
      `UPDATE metric_windows SET first_sum = 'NaN' WHERE arm = 'candidate' AND metric = 'quality'`,
    );
  },
  storeAway: async (driver, world) => {
    await proven(driver, world);
    await world.stopDatabase();
  },
  providerError: (driver, world) => goOn(driver, world, { quality: 0.3 }, { quality: 0.3 }),
  shareNotMoved: (driver, world) => goOn(driver, world, { count: 60 }, null),
  shareNeverServed: wellAfterConverging(3_000, 0),
  splitBroken: wellAfterConverging(2_800, 1_200),
  labelledUnlike: async (driver, world) => {
    await proven(driver, world);
    await goOn(driver, world, {}, { labelled: 0.7 });
  },
  standstill: async (driver, world) => {
    await proven(driver, world);
    await world.stores.fleet.pause({ by: 'ann', reason: 'release day', atMs: world.nowMs });
  },
  leaseLost: async (driver, world) => {
    await proven(driver, world);
    world.nowMs += 120_000;
  },
  leaseLostHurt: async (_driver, world) => {
    const fromMs = world.nowMs;
    await world.feed({ count: 3_000, fromMs, toMs: fromMs + 301_000 });
    world.nowMs = fromMs + 302_000;
  },
  keptAt100: at100(0.7, 0.8),
  brokenAt100: at100(0.7, 0.5),
  beyondAt100: at100(0.78, 0.77),
  tooFewAt100: at100(0.7, 0.8, 5),
  staleAt100: async (driver, world) => {
    await at100(0.7, 0.8)(driver, world);
    world.nowMs += 30_000;
  },
};

const PHASES = Object.keys(DECISION_TABLE) as RolloutPhase[];
const ON_INCONCLUSIVE = ['hold', 'extend', 'rollback'] as const;
const STOPPED = { by: 'ann', reason: 'release day' };

/** The state before the look, put into a phase and a standing. */
const placed = (
  state: RolloutState,
  phase: RolloutPhase,
  standing: Standing,
  onInconclusive: (typeof ON_INCONCLUSIVE)[number],
): RolloutState => ({
  ...state,
  phase,
  paused: standing === 'stopped' ? STOPPED : null,
  held: null,
  soakEndsAtMs: standing === 'soaking' ? Number.MAX_SAFE_INTEGER : 0,
  plan: {
    ...state.plan,
    onInconclusive,
    extensions: 1,
    soakMs: standing === 'soaking' ? 86_400_000 : 1,
    approval: standing === 'asks' ? 'perStep' : 'none',
    ...(standing === 'unjudged' && { strategy: 'immediate' }),
  },
});

/** What became of a rollout, in the table's words. */
const became = (before: RolloutState, after: RolloutState): Decision | 'extend' | 'giveUp' | undefined => {
  if (after === before) return 'ignore';
  if (after.phase === 'rollingBack' && before.phase !== 'rollingBack') {
    return after.ending?.outcome === 'notEnoughEvidence' ? 'giveUp' : 'takeBack';
  }
  if (after.phase === 'promoting' || after.stepIndex > before.stepIndex) return 'stepForward';
  if (after.phase === 'applying') {
    expect(after.weightPct).toBe(0);
    return after.held ? 'applyOnResume' : 'applyAgain';
  }
  if (after.awaiting) return 'askApproval';
  if (after.held) return 'hold';
  if ((after.extended ?? 0) > (before.extended ?? 0)) return 'extend';
  return after.looks === before.looks ? 'lookAgain' : 'stay';
};

const ANSWERS = { hold: 'stay', extend: 'extend', rollback: 'giveUp' } as const;

/** Every cell for what was found; answers where it let the step be left. */
function checkCells(state: RolloutState, event: RolloutEvent, finding: Finding): string[] {
  const leaves: string[] = [];
  for (const phase of PHASES) {
    for (const standing of STANDINGS) {
      for (const onInconclusive of ON_INCONCLUSIVE) {
        const before = placed(state, phase, standing, onInconclusive);
        const after = reduceRollout(before, event);
        const cell = DECISION_TABLE[phase][finding][standing];
        const wanted = cell === 'byOnInconclusive' ? ANSWERS[onInconclusive] : cell;
        // The clock of a step whose traffic has not moved does not run, whatever its soak: it stands as soaking.
        expect(`${phase}, ${standing}: ${became(before, after)}`).toBe(`${phase}, ${standing}: ${wanted}`);
        // Whatever the service says, nothing comes of what is inconclusive before the labels of the whole soak have matured.
        const unripe = { ...before, plan: { ...before.plan, matureAfterMs: Number.MAX_SAFE_INTEGER } };
        const early = became(unripe, reduceRollout(unripe, event));
        expect(`${phase}, ${standing}: ${early}`).toBe(
          `${phase}, ${standing}: ${cell === 'byOnInconclusive' ? 'stay' : cell}`,
        );
        // What a person has started as immediate is judged by nothing, on record; only harm and what is hurt are in its way.
        if (became(before, after) === 'stepForward' && standing !== 'unjudged')
          leaves.push(`${phase}, ${standing}`);
      }
    }
  }
  return [...new Set(leaves)];
}

describe('a look that meets', () => {
  const conditions = Object.entries(CONDITIONS).map(([name, condition]) => ({
    name: name as ConditionName,
    ...condition,
  }));

  /** A rollout that was led into the condition, and the look that it makes there. */
  const met = async (name: ConditionName) => {
    const world = await createWorld(postgres);
    const driver = await Driver.admitted(world, { steps: [50, 100] });
    world.nowMs += 1_000;
    await driver.setWeight(50);
    await LEADS[name](driver, world);
    return { world, state: driver.state, request: driver.lookRequest() };
  };

  it.each(conditions.filter(({ verdict }) => verdict === 'none'))(
    '$name ($what) fails, does not renew the weight lease, and leads where the table says',
    async ({ name, finding }) => {
      const { world, state, request } = await met(name);
      const leaseBefore = (await world.live()).lease_expires_at;
      await expect(world.activities.look(request)).rejects.toThrow(/finite number|database|pool/u);
      expect((await world.live()).lease_expires_at).toBe(leaseBefore);
      const event = { kind: 'lookFailed', atMs: world.nowMs, why: 'as found' } as const;
      expect(checkCells(state, event, finding)).toEqual([]);
    },
  );

  it.each(conditions.filter(({ verdict }) => verdict !== 'none'))(
    '$name ($what) finds $finding and leads where the table says',
    async ({ name, verdict, finding }) => {
      const { world, state, request } = await met(name);
      const look = await world.activities.look(request);
      expect([look.verdict.outcome, findingOf(state, look)]).toEqual([verdict, finding]);
      const proof = name === 'healthy' || name === 'keptAt100';
      const leaves = checkCells(state, { kind: 'looked', look }, finding);
      expect(leaves).toEqual(proof ? ['soaking, soaked'] : []);
      // The same data in a rollout that was admitted before there were gates: the verdict alone decides.
      const { gates: _gates, ...ungated } = look;
      const { convergeMs: _convergeMs, ...plan } = state.plan;
      const alone = findingOf({ ...state, plan }, ungated);
      const without = checkCells({ ...state, plan }, { kind: 'looked', look: ungated }, alone);
      expect(without).toEqual(verdict === 'healthy' && look.live === 'ours' ? ['soaking, soaked'] : []);
    },
  );

  it('leaves no finding untried', () => {
    const tried = new Set<string>(Object.values(CONDITIONS).map(({ finding }) => finding));
    expect([...tried].sort()).toEqual([...FINDINGS].sort());
  });
});
