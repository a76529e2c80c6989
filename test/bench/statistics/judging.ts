/** What runs at every look of a rollout or an experiment: evidence folded in, and judged. Python has no reference for these. */
import {
  compareMeans,
  emptyBetting,
  emptySampleRatio,
  emptyTlg,
  foldBetting,
  foldBlock,
  foldTlg,
  judgeStep,
  lookAtSampleRatio,
  startEvidence,
  type RatePair,
  type ScoredEvent,
  type TlgState,
} from '../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { ArmWindow, Block } from '../../../src/domain/window.ts';
import { addAllToSketch, emptySketch } from '../../../src/math/index.ts';
import type { HotFunction } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

const STEPS = [5, 25, 50, 100];

const GUARDRAILS: readonly GuardrailSpec[] = [
  {
    id: 'quality',
    metric: 'quality',
    kind: 'rate',
    direction: 'increase',
    margin: { kind: 'relative', pct: 5 },
    required: true,
    frozen: null,
  },
  {
    id: 'errorRate',
    metric: 'error',
    kind: 'rate',
    direction: 'decrease',
    margin: { kind: 'absolute', points: 1 },
    required: true,
    frozen: null,
  },
  {
    id: 'latencyP95',
    metric: 'latencyMs',
    kind: 'tail',
    direction: 'decrease',
    margin: { kind: 'relative', pct: 20 },
    required: true,
    frozen: 1800,
  },
  {
    id: 'cost',
    metric: 'costUsd',
    kind: 'mean',
    direction: 'decrease',
    margin: { kind: 'relative', pct: 10 },
    required: false,
    frozen: null,
  },
];

const statsOf = (values: readonly number[], withSketch: boolean) => ({
  count: values.length,
  sum: values.reduce((sum, x) => sum + x, 0),
  sumOfSquares: values.reduce((sum, x) => sum + x * x, 0),
  min: values.reduce((a, b) => Math.min(a, b), Infinity),
  max: values.reduce((a, b) => Math.max(a, b), -Infinity),
  sketch: withSketch ? addAllToSketch(emptySketch(), values) : null,
});

const armWindow = (n: number, { uniform, latencies }: Inputs): ArmWindow => ({
  quality: statsOf(
    uniform(n).map((u) => (u < 0.81 ? 1 : 0)),
    false,
  ),
  error: statsOf(
    uniform(n).map((u) => (u < 0.01 ? 1 : 0)),
    false,
  ),
  latencyMs: statsOf(latencies(n), true),
  costUsd: statsOf(uniform(n, 0.001, 0.004), true),
});

export const judging = (inputs: Inputs): readonly HotFunction[] => {
  const tlg = Array.from({ length: 40 }, () => foldTlgBlock(inputs)).reduce<TlgState>(
    (state, block) => foldTlg(state, block, RELATIVE),
    emptyTlg(),
  );
  const next = foldTlgBlock(inputs);
  const events: readonly ScoredEvent[] = inputs
    .uniform(100)
    .map((score, i) => ({ arm: i % 2 === 0 ? 'stable' : 'candidate', score }));
  const betting = foldBetting(emptyBetting(), events, 0.5);
  const moments = { a: { n: 4000, mean: 0.002, m2: 0.004 }, b: { n: 3900, mean: 0.0021, m2: 0.0041 } };
  const blocks: readonly Block[] = Array.from({ length: 30 }, (_, no) => ({
    no,
    startMs: no * 60_000,
    endMs: (no + 1) * 60_000,
    arms: { stable: armWindow(450, inputs), candidate: armWindow(150, inputs) },
  }));
  const fold = { guardrails: GUARDRAILS, stepIndex: 1, weightPct: 25 };
  const evidence = blocks
    .slice(0, -1)
    .reduce((state, block) => foldBlock(state, block, fold), startEvidence(GUARDRAILS, STEPS));
  const last = blocks.at(-1)!;
  return [
    {
      name: 'foldTlg',
      call: 'one block against a relative margin',
      run: () => foldTlg(tlg, next, RELATIVE),
      calls: 1,
    },
    {
      name: 'foldBetting',
      call: 'a block of 100 scores',
      run: () => foldBetting(betting, events, 0.5),
      calls: 1,
    },
    {
      name: 'compareMeans',
      call: 'asymptotic sequence, one look',
      run: () => compareMeans(moments.a, moments.b, { alpha: 0.05, nOpt: 20_000 }),
      calls: 1,
    },
    {
      name: 'sampleRatio',
      call: 'three arms, one look',
      run: () => lookAtSampleRatio(emptySampleRatio(), [5012, 2490, 2498], [2, 1, 1]),
      calls: 1,
    },
    {
      name: 'foldBlock',
      call: 'a block of a rollout with 4 guardrails',
      run: () => foldBlock(evidence, last, fold),
      calls: 1,
    },
    {
      name: 'judgeStep',
      call: 'a look at 4 guardrails',
      run: () => judgeStep(evidence, { guardrails: GUARDRAILS, steps: STEPS, stepIndex: 1, minSamples: 200 }),
      calls: 1,
    },
  ];
};

/** Non-inferiority of equal arms: the side on which there is a bet to make. */
const RELATIVE = { kind: 'relative', margin: 0.95, side: 'greater' } as const;

const foldTlgBlock = ({ random }: Inputs): RatePair => ({
  nA: 450,
  sA: 350 + Math.floor(random.next() * 30),
  nB: 150,
  sB: 115 + Math.floor(random.next() * 12),
});
