/**
 * Experiments on recorded answers: each unit of traffic is one question, given to one arm at random, and brings one of the answers that were recorded
 * for it there. Judged at every look by the product's own function, until everything recorded is used up.
 */
import { startExperiment } from '../../../src/analysis/index.ts';
import { designOf, judgeLook, planSizing, type LookInput } from '../../../src/decision/index.ts';
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { WindowStats } from '../../../src/domain/window.ts';
import type { Random } from '../../../src/math/index.ts';

/** A unit: the share of right answers that it has in each arm. */
export type UnitRates = Readonly<Record<string, number>>;

const QUALITY: GuardrailSpec = {
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: { kind: 'relative', pct: 5 },
  required: true,
  frozen: null,
};

const LOOK_MS = 900_000;

const planOf = (arms: readonly string[], base: number): LookInput['plan'] => {
  const weights = Object.fromEntries(arms.map((arm) => [arm, 1 / arms.length]));
  const sizing = planSizing({
    primary: 'quality',
    analysis: 'anytime',
    arms,
    weights,
    baseline: {
      quality: { mean: base },
      errorRate: null,
      costUsd: null,
      labelsPerHour: 400,
      unitsPerHour: 400,
    },
    minImprovementPct: 5,
    minCostReductionPct: 10,
    guardrails: [QUALITY],
    ramp: { exposedPct: [100], everyMs: 0 },
    matureAfterMs: 0,
    maxDurationMs: 7 * 86_400_000,
  });
  const { nFixPerArm, capPerArm } = sizing;
  return {
    design: designOf({
      primary: 'quality',
      analysis: 'anytime',
      allocation: 'fixed',
      arms,
      guardrails: [QUALITY],
      graded: false,
      nFixPerArm,
      capPerArm,
    }),
    primary: 'quality',
    analysis: 'anytime',
    allocation: { kind: 'fixed', weights, floor: 0 },
    budget: { usd: null, regret: null },
    criteria: { minImprovementPct: 5, minCostReductionPct: 10 },
    sizing,
  };
};

const shuffled = <T>(all: readonly T[], random: Random): readonly T[] => {
  const mixed = [...all];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
};

const stats = (count: number, sum: number): WindowStats => ({
  count,
  sum,
  sumOfSquares: sum,
  min: null,
  max: null,
  sketch: null,
});

export interface Declared {
  /** Arms that were ever called better or worse than the first. */
  readonly better: readonly string[];
  readonly worse: readonly string[];
}

/** One experiment over all units, in an order and with arms drawn anew; `perLook` units at each look. The first arm is the control. */
export const playOnQuestions = (
  units: readonly UnitRates[],
  arms: readonly string[],
  perLook: number,
  random: Random,
): Declared => {
  const control = arms[0]!;
  const base = units.reduce((sum, rates) => sum + rates[control]!, 0) / units.length;
  const plan = planOf(arms, base);
  const { weights } = plan.allocation;
  let state: LookInput['state'] = {
    evidence: startExperiment(plan.design),
    totals: {},
    providers: { signature: '', phase: 0 },
    foldedToMs: 0,
  };
  const queue = shuffled(units, random);
  for (let at = 0; at < queue.length; at += perLook) {
    const tally = Object.fromEntries(arms.map((arm) => [arm, { n: 0, good: 0 }]));
    for (const rates of queue.slice(at, at + perLook)) {
      const arm = arms[Math.floor(random.next() * arms.length)]!;
      tally[arm]!.n += 1;
      tally[arm]!.good += random.next() < rates[arm]! ? 1 : 0;
    }
    const window = {
      fromMs: state.foldedToMs,
      toMs: state.foldedToMs + LOOK_MS,
      arms: Object.fromEntries(
        Object.entries(tally).map(([arm, { n, good }]) => {
          const all = { quality: stats(n, good) };
          return [arm, { unitFirst: all, all, exposures: n, labelled: n, providers: [] }];
        }),
      ),
    };
    state = judgeLook({ plan, state, windows: [{ window, weights }], weights });
  }
  const { verdict } = judgeLook({ plan, state, windows: [], weights, expired: true });
  const called = (asked: string): readonly string[] =>
    verdict.perVariant.filter(({ status }) => status === asked).map(({ variant }) => variant);
  return { better: called('better'), worse: called('worse') };
};
