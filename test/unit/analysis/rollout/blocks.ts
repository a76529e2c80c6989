/** Blocks, guardrails and a small driver for the tests of the rollout's judging. */
import {
  foldBlock,
  judgeStep,
  startEvidence,
  type FrozenBaseline,
  type RolloutEvidence,
} from '../../../../src/analysis/index.ts';
import type { GuardrailSpec, StepVerdict } from '../../../../src/domain/guardrail.ts';
import type { ArmWindow, Block, Metric, WindowStats } from '../../../../src/domain/window.ts';
import { addToSketch, emptySketch } from '../../../../src/math/index.ts';

export const STEPS = [5, 25, 50, 100];

export const quality: GuardrailSpec = {
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: { kind: 'relative', pct: 5 },
  required: true,
  frozen: null,
};
export const errorRate: GuardrailSpec = {
  id: 'errorRate',
  metric: 'error',
  kind: 'rate',
  direction: 'decrease',
  margin: { kind: 'absolute', points: 1 },
  required: true,
  frozen: null,
};
export const latency: GuardrailSpec = {
  id: 'latencyP95',
  metric: 'latencyMs',
  kind: 'tail',
  direction: 'decrease',
  margin: { kind: 'relative', pct: 20 },
  required: true,
  frozen: 1900,
};
export const cost: GuardrailSpec = {
  id: 'cost',
  metric: 'costUsd',
  kind: 'mean',
  direction: 'decrease',
  margin: { kind: 'relative', pct: 10 },
  required: false,
  frozen: null,
};
export const all = [quality, errorRate, latency, cost];

/** n outcomes in 0..1 of which the sum is given. */
export const shares = (count: number, sum: number): WindowStats => ({
  count,
  sum,
  sumOfSquares: sum,
  min: 0,
  max: 1,
  sketch: null,
});

/** Latencies in ms, each so many times. */
export const latencies = (...counts: readonly (readonly [ms: number, times: number])[]): WindowStats => ({
  count: counts.reduce((n, [, times]) => n + times, 0),
  sum: counts.reduce((n, [ms, times]) => n + ms * times, 0),
  sumOfSquares: counts.reduce((n, [ms, times]) => n + ms * ms * times, 0),
  min: Math.min(...counts.map(([ms]) => ms)),
  max: Math.max(...counts.map(([ms]) => ms)),
  sketch: counts.reduce((s, [ms, times]) => (times > 0 ? addToSketch(s, ms, times) : s), emptySketch()),
});

/** Costs spread evenly around a mean: half of them a third below, half a third above. */
export const costs = (count: number, mean: number): WindowStats => ({
  count,
  sum: count * mean,
  sumOfSquares: count * mean * mean * (1 + 1 / 9),
  min: (mean * 2) / 3,
  max: (mean * 4) / 3,
  sketch: null,
});

export const block = (no: number, stable: ArmWindow, candidate: ArmWindow): Block => ({
  no,
  startMs: no * 60_000,
  endMs: (no + 1) * 60_000,
  arms: { stable, candidate },
});

/** n healthy requests: 81 % quality, 1 in 200 fails, 5 % above 2 s, .002 USD. */
export const healthy = (n: number, change: Partial<Record<Metric, WindowStats>> = {}): ArmWindow => ({
  quality: shares(n, n * 0.81),
  error: shares(n, n * 0.005),
  latencyMs: latencies([800, Math.round(n * 0.96)], [2000, n - Math.round(n * 0.96)]),
  costUsd: costs(n, 0.002),
  ...change,
});

export interface Run {
  readonly guardrails?: readonly GuardrailSpec[];
  readonly steps?: readonly number[];
  readonly stepIndex?: number;
  readonly minSamples?: number;
  readonly baseline?: Partial<FrozenBaseline>;
  readonly from?: RolloutEvidence;
  readonly blocks: readonly (readonly [stable: ArmWindow, candidate: ArmWindow])[];
}

/** Folds the blocks at one step and judges it. */
export const run = ({
  guardrails = all,
  steps = STEPS,
  stepIndex = 0,
  minSamples = 200,
  baseline,
  from,
  blocks,
}: Run): { readonly evidence: RolloutEvidence; readonly verdict: StepVerdict } => {
  const start = from ?? startEvidence(guardrails, steps, baseline);
  const first = (start.lastBlockNo ?? 0) + 1;
  const context = { guardrails, stepIndex, weightPct: steps[stepIndex]! };
  const evidence = blocks.reduce(
    (e, [stable, candidate], i) => foldBlock(e, block(first + i, stable, candidate), context),
    start,
  );
  return { evidence, verdict: judgeStep(evidence, { guardrails, steps, stepIndex, minSamples }) };
};

/** The same pair of arms, so many times. */
export const repeat = <T>(times: number, value: T): T[] => Array.from({ length: times }, () => value);
