/** Plans and windows of experiments for the tests: control and `concise`, quality as good and bad answers unless said otherwise. */
import { startExperiment } from '../../../../src/analysis/index.ts';
import {
  designOf,
  judgeLook,
  type DesignPieces,
  type Judgement,
  type LookInput,
  type PeriodWindow,
} from '../../../../src/decision/index.ts';
import type { ExperimentArmWindow } from '../../../../src/domain/experiment-window.ts';
import type { GuardrailSpec } from '../../../../src/domain/guardrail.ts';
import type { WindowStats } from '../../../../src/domain/window.ts';

export const LOOK_MS = 900_000;

export const qualityGuardrail: GuardrailSpec = {
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: { kind: 'relative', pct: 5 },
  required: true,
  frozen: null,
};
export const errorGuardrail: GuardrailSpec = {
  id: 'errorRate',
  metric: 'error',
  kind: 'rate',
  direction: 'decrease',
  margin: { kind: 'absolute', points: 1 },
  required: true,
  frozen: null,
};
export const tailGuardrail: GuardrailSpec = {
  id: 'latencyP95',
  metric: 'latencyMs',
  kind: 'tail',
  direction: 'decrease',
  margin: { kind: 'relative', pct: 20 },
  required: true,
  frozen: 900,
};
export const costGuardrail: GuardrailSpec = {
  id: 'cost',
  metric: 'costUsd',
  kind: 'mean',
  direction: 'decrease',
  margin: { kind: 'relative', pct: 10 },
  required: false,
  frozen: null,
};

export const pieces = (over: Partial<DesignPieces> = {}): DesignPieces => ({
  primary: 'quality',
  analysis: 'anytime',
  allocation: 'fixed',
  arms: ['control', 'concise'],
  guardrails: [qualityGuardrail],
  graded: false,
  nFixPerArm: 1000,
  capPerArm: 2250,
  ...over,
});

export const planOf = (
  over: Partial<DesignPieces> = {},
  rest: Partial<LookInput['plan']> = {},
): LookInput['plan'] => {
  const asked = pieces(over);
  return {
    design: designOf(asked),
    primary: asked.primary,
    analysis: asked.analysis,
    allocation: { kind: asked.allocation, weights: {}, floor: 0.1 },
    budget: { usd: null, regret: null },
    criteria: { minImprovementPct: 5, minCostReductionPct: 10 },
    sizing: {
      baseline: 0.7,
      minimumEffect: 0.05,
      nFixPerArm: asked.nFixPerArm,
      capPerArm: asked.capPerArm,
      labelsPerHour: 100,
      expectedMs: null,
      capMs: null,
      reachable: true,
      reason: '',
    },
    ...rest,
  };
};

export const startOf = (plan: LookInput['plan']): LookInput['state'] => ({
  evidence: startExperiment(plan.design),
  totals: {},
  providers: { signature: '', phase: 0 },
  foldedToMs: 0,
});

/** Values that are all alike but for `successes` ones among zeros, or any sums. */
export const stats = (count: number, sum: number, sumOfSquares: number = sum): WindowStats => ({
  count,
  sum,
  sumOfSquares,
  min: null,
  max: null,
  sketch: null,
});

/** An arm of n units, all labelled, of which `good` are good; a request each, at `costUsd` and without errors. */
export const arm = (
  n: number,
  good: number,
  {
    costUsd = 0.002,
    providers = ['gpt-a'],
    answers,
  }: { costUsd?: number; providers?: readonly string[]; answers?: Readonly<Record<string, number>> } = {},
): ExperimentArmWindow => {
  const costs = stats(n, n * costUsd, n * costUsd * costUsd * 1.1);
  const all = { quality: stats(n, good), error: stats(n, 0), costUsd: costs };
  return { unitFirst: all, all, exposures: n, labelled: n, providers, ...(answers && { answers }) };
};

/** Look `no` (from 1), a quarter of an hour long. */
export const period = (
  no: number,
  arms: Readonly<Record<string, ExperimentArmWindow>>,
  over: Partial<PeriodWindow> = {},
): PeriodWindow => ({
  window: { fromMs: (no - 1) * LOOK_MS, toMs: no * LOOK_MS, arms },
  weights: { control: 0.5, concise: 0.5 },
  ...over,
});

export const WEIGHTS = { control: 0.5, concise: 0.5 };

/** Looks one after the other, until one concludes. */
export const play = (
  plan: LookInput['plan'],
  periods: readonly PeriodWindow[],
  over: Partial<LookInput> = {},
): Judgement => {
  let state = startOf(plan);
  let judged: Judgement | null = null;
  for (const one of periods) {
    judged = judgeLook({ plan, state, windows: [one], weights: one.weights, ...over });
    state = judged;
    if (judged.conclusion !== null) break;
  }
  return judged!;
};

export const looks = (count: number, of: (no: number) => PeriodWindow): readonly PeriodWindow[] =>
  Array.from({ length: count }, (_, i) => of(i + 1));
