/** The version of the judging code names one way of judging: whoever changes what is said of this evidence raises it. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { CODE_VERSION } from '../../../../activities/code-version.ts';
import { foldBlock, judgeAbsolute, judgeStep, startEvidence } from '../../../../src/analysis/index.ts';
import { canonicalJson } from '../../../../src/decision/index.ts';
import type { Block } from '../../../../src/domain/window.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { all, costs, latencies, shares, STEPS } from './blocks.ts';

/** Renewed together with the version: "by this version, this is what is said". */
const KNOWN = {
  version: 'rollout-verdict/3',
  digest: '37a08eacd1d6d0fd48f735549bb7abc28d4fa616b91a02fe9abe0507a3739d13',
};

interface World {
  readonly quality: readonly [stable: number, candidate: number];
  readonly slowPct: readonly [stable: number, candidate: number];
  readonly costUsd: readonly [stable: number, candidate: number];
}

/** Equal; worse in quality; slower; dearer; both fallen. */
const WORLDS: readonly World[] = [
  { quality: [0.8, 0.8], slowPct: [5, 5], costUsd: [0.002, 0.002] },
  { quality: [0.8, 0.7], slowPct: [5, 5], costUsd: [0.002, 0.001] },
  { quality: [0.8, 0.79], slowPct: [5, 12], costUsd: [0.002, 0.002] },
  { quality: [0.8, 0.81], slowPct: [5, 4], costUsd: [0.002, 0.003] },
  { quality: [0.5, 0.5], slowPct: [5, 5], costUsd: [0.002, 0.002] },
];

function verdictsOf({ quality, slowPct, costUsd }: World, seed: number): readonly unknown[] {
  const { next } = randomFromSeed(seed);
  const arm = (count: number, side: 0 | 1) => {
    const slow = Math.round((count * slowPct[side]) / 100);
    const good = Math.min(count, Math.round(count * quality[side] + 6 * (next() - 0.5)));
    return {
      quality: shares(count, good),
      error: shares(count, Math.round(count * 0.005)),
      latencyMs: latencies([800, count - slow], [2_500, slow]),
      costUsd: costs(count, costUsd[side]),
    };
  };
  let evidence = startEvidence(all, STEPS, { quality: 0.78, errorRate: 0.01 });
  return Array.from({ length: 24 }, (_, no) => {
    const stepIndex = Math.floor(no / 6);
    const weightPct = STEPS[stepIndex] ?? 100;
    const block: Block = {
      no,
      startMs: no * 60_000,
      endMs: (no + 1) * 60_000,
      arms: {
        stable: weightPct === 100 ? {} : arm(Math.round(6 * (100 - weightPct)), 0),
        candidate: arm(Math.round(6 * weightPct), 1),
      },
    };
    evidence = foldBlock(evidence, block, { guardrails: all, stepIndex, weightPct });
    const constraints = {
      minQuality: 0.75,
      maxErrorRate: 0.02,
      maxLatencyP95Ms: 2_000,
      maxCostPerRequestUsd: 0.0025,
    };
    return weightPct === 100
      ? judgeAbsolute(evidence, { guardrails: all, constraints, minSamples: 200, stepIndex })
      : judgeStep(evidence, { guardrails: all, steps: STEPS, stepIndex, minSamples: 200 });
  });
}

it('the same evidence is judged as this version says', () => {
  const verdicts = WORLDS.map((world, i) => verdictsOf(world, i + 1));
  const outcomes = new Set(verdicts.flat().map((verdict) => (verdict as { outcome: string }).outcome));
  expect([...outcomes].sort()).toEqual(['bothHurt', 'harm', 'healthy', 'inconclusive']);
  const digest = createHash('sha256').update(canonicalJson(verdicts)).digest('hex');
  expect({ version: CODE_VERSION, digest }).toEqual(KNOWN);
});
