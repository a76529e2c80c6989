/** Rollouts: what folds, judges and plans, and what these keep. */
import * as fc from 'fast-check';
import {
  foldBlock,
  foldLate,
  foldOneSample,
  foldRestartingTlg,
  judgeAbsolute,
  judgeBlocks,
  judgeStep,
  mergeMoments,
  momentsOf,
  planLabels,
  planSteps,
  readEvidence,
  restartLimit,
  startEvidence,
  tailLimits,
  varianceOf,
  emptyOneSample,
  emptyRestartingTlg,
  type RolloutEvidence,
} from '../../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../../src/domain/guardrail.ts';
import type { Block, WindowStats } from '../../../../src/domain/window.ts';
import { domainRow, notAbove, notBetween, notFinite, notFrom, notWholeFrom, type DomainRow } from '../row.ts';

const quality: GuardrailSpec = {
  id: 'quality',
  metric: 'quality',
  kind: 'rate',
  direction: 'increase',
  margin: { kind: 'relative', pct: 5 },
  required: true,
  frozen: null,
};
const tail: GuardrailSpec = {
  ...quality,
  id: 'latencyP95',
  metric: 'latencyMs',
  kind: 'tail',
  direction: 'decrease',
  frozen: 1900,
};
const guardrails: readonly GuardrailSpec[] = [quality];
const steps: readonly number[] = [5, 25, 100];

const stats = (change: Partial<WindowStats> = {}): WindowStats => ({
  count: 100,
  sum: 80,
  sumOfSquares: 80,
  min: 0,
  max: 1,
  sketch: null,
  ...change,
});
const blockOf = (candidate: WindowStats, no = 1): Block => ({
  no,
  startMs: 0,
  endMs: 60_000,
  arms: { stable: { quality: stats() }, candidate: { quality: candidate } },
});

/** No sum of n values in 0..1, by more than the rounding that a sum may carry. */
const notSumOf = (n: number) =>
  fc.oneof(notFrom(0), fc.double({ min: n * 1.001, max: n + 1e6, noNaN: true })) as fc.Arbitrary<number>;

/** Statistics of a rate with one field that cannot be. */
const badStats = fc.oneof(
  notWholeFrom(0).map((count) => stats({ count: count as number })),
  notSumOf(100).map((sum) => stats({ sum })),
  notFrom(0).map((sumOfSquares) => stats({ sumOfSquares: sumOfSquares as number })),
);
const badBlocks = fc.oneof(
  badStats.map((candidate) => blockOf(candidate)),
  notFinite.map((no) => blockOf(stats(), no)),
  fc.constant(blockOf(stats(), 1.5)),
);

/** Guardrails of which one field cannot be. */
const badGuardrails = fc.oneof(
  notBetween(0, 100, 'open').map((pct) => [{ ...quality, margin: { kind: 'relative', pct } }]),
  notBetween(0, 100, 'open').map((points) => [{ ...quality, margin: { kind: 'absolute', points } }]),
  notAbove(0).map((frozen) => [{ ...tail, frozen }]),
  fc.constantFrom(
    [{ ...quality, kind: 'sum' }],
    [{ ...quality, direction: 'up' }],
    [{ ...quality, metric: 'costUsd' }],
    [{ ...tail, direction: 'increase' }],
    [null],
  ),
) as fc.Arbitrary<readonly GuardrailSpec[]>;

const badSteps = fc.oneof(
  fc.constantFrom<readonly number[]>([], [50, 25], [5, 5], [0, 100], [5, 101]),
  notFinite.map((weight) => [5, weight]),
  notAbove(0).map((weight) => [weight as number, 100]),
);
const badBaseline = fc.oneof(
  notBetween(0, 1).map((rate) => ({ quality: rate as number })),
  notBetween(0, 1).map((rate) => ({ errorRate: rate as number })),
  fc.constant(JSON.parse('null') as { errorRate: number }),
);
const otherVersions = fc.constantFrom<unknown>(
  { ...startEvidence(guardrails, steps), version: 2 },
  { ...startEvidence(guardrails, steps), version: undefined },
) as fc.Arbitrary<RolloutEvidence>;

const evidence = startEvidence(guardrails, steps);
const badMoments = fc.oneof(
  notFrom(0).map((n) => ({ n: n as number, mean: 1, m2: 1 })),
  notFinite.map((mean) => ({ n: 2, mean, m2: 1 })),
  notFrom(0).map((m2) => ({ n: 2, mean: 1, m2: m2 as number })),
);
const notInt = notWholeFrom(0) as fc.Arbitrary<number>;

export const rows: DomainRow[] = [
  domainRow({
    name: 'startEvidence',
    call: (a) => startEvidence(a.guardrails, a.steps, a.baseline),
    good: { guardrails, steps, baseline: { quality: 0.81, errorRate: null } },
    bad: { guardrails: badGuardrails, steps: badSteps, baseline: badBaseline },
  }),
  domainRow({
    name: 'foldBlock',
    call: (a) =>
      foldBlock(a.evidence, a.block, {
        guardrails: a.guardrails,
        stepIndex: a.stepIndex,
        weightPct: a.weightPct,
      }),
    good: { evidence, block: blockOf(stats()), guardrails, stepIndex: 0, weightPct: 5 },
    bad: {
      evidence: otherVersions,
      block: badBlocks,
      guardrails: fc.oneof(badGuardrails, fc.constant([])),
      stepIndex: notInt,
      weightPct: notBetween(0, 100),
    },
  }),
  domainRow({
    name: 'foldLate',
    call: (a) => foldLate(a.evidence, a.late, { guardrails: a.guardrails, weightPct: a.weightPct }),
    good: { evidence, late: blockOf(stats()), guardrails, weightPct: 5 },
    bad: {
      evidence: otherVersions,
      late: badBlocks,
      guardrails: fc.oneof(badGuardrails, fc.constant([])),
      weightPct: notBetween(0, 100),
    },
  }),
  domainRow({
    name: 'judgeStep',
    call: ({ evidence: kept, ...context }) => judgeStep(kept, context),
    good: { evidence, guardrails, steps, stepIndex: 0, minSamples: 200, freshFromBlockNo: 1 },
    bad: {
      evidence: otherVersions,
      guardrails: badGuardrails,
      steps: badSteps,
      stepIndex: fc.oneof(notInt, fc.constant(3)),
      minSamples: notInt,
      freshFromBlockNo: notFinite,
    },
  }),
  domainRow({
    name: 'judgeBlocks',
    call: judgeBlocks,
    good: {
      blocks: [blockOf(stats())],
      late: [blockOf(stats())],
      guardrails,
      steps,
      stepIndex: 0,
      minSamples: 200,
      baseline: { quality: 0.81 },
      nowMs: 1e6,
      matureAfterMs: 0,
      staleAfterMs: 1e5,
    },
    bad: {
      blocks: fc.constantFrom<unknown>(null, 7, {}),
      late: fc.constantFrom<unknown>(null, 7, {}),
      guardrails: badGuardrails,
      steps: badSteps,
      stepIndex: fc.oneof(notInt, fc.constant(3)),
      minSamples: notInt,
      baseline: badBaseline,
      nowMs: notFinite,
      matureAfterMs: notFrom(0),
      staleAfterMs: notAbove(0),
    },
  }),
  domainRow({
    name: 'judgeAbsolute',
    call: ({ evidence: kept, ...context }) => judgeAbsolute(kept, context),
    good: { evidence, guardrails, constraints: { minQuality: 0.7 }, stepIndex: 2, minSamples: 200 },
    bad: {
      evidence: otherVersions,
      guardrails: badGuardrails,
      constraints: notFrom(0).map((minQuality) => ({ minQuality: minQuality as number })),
      stepIndex: notInt,
      minSamples: notInt,
    },
  }),
  ...[planSteps, planLabels].map((plan) =>
    domainRow({
      name: plan === planSteps ? 'planSteps' : 'planLabels',
      call: plan,
      good: { guardrails, steps, baseline: { quality: 0.81 }, minSamples: 200 },
      bad: { guardrails: badGuardrails, steps: badSteps, baseline: badBaseline, minSamples: notInt },
    }),
  ),
  domainRow({
    name: 'tailLimits',
    call: (a) => tailLimits(a.guardrails, a.multiple),
    good: { guardrails: tail, multiple: 4 },
    bad: {
      guardrails: badGuardrails.map(([first]) => first!),
      multiple: fc.oneof(notAbove(0), fc.double({ min: 4, minExcluded: true, noNaN: true })),
    },
  }),
  domainRow({
    name: 'readEvidence',
    call: (a) => readEvidence(a.evidence),
    good: { evidence: JSON.parse(JSON.stringify(evidence)) as unknown },
    bad: {
      evidence: fc.oneof(
        otherVersions,
        notFinite.map((blocks) => ({ ...evidence, blocks })),
        fc.anything().filter((value) => typeof value !== 'object' || value === null || !('version' in value)),
      ),
    },
  }),
  domainRow({
    name: 'restartLimit',
    call: (a) => restartLimit(a.restart, a.alpha),
    good: { restart: 1, alpha: 0.02 },
    bad: { restart: notWholeFrom(1), alpha: notBetween(0, 1, 'open') },
  }),
  domainRow({
    name: 'foldRestartingTlg',
    call: (a) =>
      foldRestartingTlg(
        emptyRestartingTlg(),
        { nA: a.nA, sA: a.sA, nB: a.nB, sB: a.sB },
        a.step,
        { kind: 'relative', margin: a.margin, side: 'less' },
        { alpha: a.alpha, everyLabels: a.everyLabels },
      ),
    good: { nA: 100, sA: 80, nB: 50, sB: 40, step: 5, margin: 0.95, alpha: 0.02, everyLabels: 2000 },
    bad: {
      nA: notFrom(0),
      sA: notSumOf(100),
      nB: notFrom(0),
      sB: notSumOf(50),
      step: notFinite,
      margin: notAbove(0),
      alpha: notBetween(0, 1, 'open'),
      everyLabels: fc.oneof(fc.constant(Number.NaN), fc.double({ max: 0, min: -1e6, noNaN: true })),
    },
  }),
  domainRow({
    name: 'foldOneSample',
    call: (a) => foldOneSample(emptyOneSample(), { n: a.n, s: a.s }, { limit: a.limit, side: 'greater' }),
    good: { n: 100, s: 5, limit: 0.1 },
    bad: { n: notFrom(0), s: notSumOf(100), limit: notBetween(0, 1) },
  }),
  domainRow({
    name: 'momentsOf',
    call: (a) => momentsOf(a.count, a.sum, a.sumOfSquares),
    good: { count: 3, sum: 6, sumOfSquares: 14 },
    bad: { count: notInt, sum: notFinite, sumOfSquares: notFrom(0) },
  }),
  domainRow({
    name: 'mergeMoments',
    call: (a) => mergeMoments(a.a, a.b),
    good: { a: { n: 2, mean: 1, m2: 2 }, b: { n: 3, mean: 2, m2: 1 } },
    bad: { a: badMoments, b: badMoments },
  }),
  domainRow({
    name: 'varianceOf',
    call: (a) => varianceOf(a.moments),
    good: { moments: { n: 2, mean: 1, m2: 2 } },
    bad: { moments: badMoments },
  }),
];
