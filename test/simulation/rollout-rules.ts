/**
 * Rules that lead a simulated rollout: ours, by the functions that judge real ones, and beside it those that people use: a test repeated at every look,
 * a comparison of point estimates with the margin, and "not harmful so far". They are here to show, in the same run, what they do wrong.
 */
import { foldBlock, judgeStep, startEvidence } from '../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../src/domain/guardrail.ts';
import { ARMS, type Arm, type Block, type SketchState, type WindowStats } from '../../src/domain/window.ts';
import { bucketBoundaryAtOrAbove, countAbove, mergeSketches, quantile } from '../../src/math/index.ts';
import { CRITICAL_Z, zOfRates } from './naive-rules.ts';

/** What a rule says after one more block: take back, go on to the next step, or stay. */
export type Said = 'harm' | 'pass' | 'wait';

export interface RolloutRule {
  readonly look: (block: Block, stepIndex: number, weightPct: number) => Said;
}

/** What a rule judges by. `steps` are weights in per cent; `minSamples` counts labels per arm at a step. */
export interface RuleSetting {
  readonly guardrails: readonly GuardrailSpec[];
  readonly steps: readonly number[];
  readonly minSamples: number;
}

export type MakeRule = (setting: RuleSetting) => RolloutRule;

/** The product's rule. */
export const ours: MakeRule = ({ guardrails, steps, minSamples }) => {
  let evidence = startEvidence(guardrails, steps);
  return {
    look: (block, stepIndex, weightPct) => {
      evidence = foldBlock(evidence, block, { guardrails, stepIndex, weightPct });
      const { outcome } = judgeStep(evidence, { guardrails, steps, stepIndex, minSamples });
      if (outcome === 'harm') return 'harm';
      return outcome === 'healthy' ? 'pass' : 'wait';
    },
  };
};

/** Our proof of harm, but "not harmful so far" with enough labels lets a step go on. */
export const notHarmful: MakeRule = ({ guardrails, steps, minSamples }) => {
  let evidence = startEvidence(guardrails, steps);
  return {
    look: (block, stepIndex, weightPct) => {
      evidence = foldBlock(evidence, block, { guardrails, stepIndex, weightPct });
      const verdict = judgeStep(evidence, { guardrails, steps, stepIndex, minSamples });
      if (verdict.outcome === 'harm') return 'harm';
      const labels = verdict.guardrails.map((g) => Math.min(g.labels.stable, g.labels.candidate));
      return Math.min(...labels) >= minSamples ? 'pass' : 'wait';
    },
  };
};

/** One metric of one arm since the step began. */
interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly sketch: SketchState | null;
}
type ArmSums = Readonly<Record<Arm, Sums>>;

const NOTHING: Sums = { n: 0, sum: 0, sketch: null };

const plus = (sums: Sums, stats: WindowStats | undefined): Sums => {
  if (stats === undefined) return sums;
  const sketch =
    sums.sketch === null || stats.sketch === null ? stats.sketch : mergeSketches(sums.sketch, stats.sketch);
  return { n: sums.n + stats.count, sum: sums.sum + stats.sum, sketch };
};

/** A rule that looks at each step's sums alone: harm where `isWorse` says so of any guardrail, a pass with enough labels. */
const onSums =
  (isWorse: (spec: GuardrailSpec, sums: ArmSums) => boolean): MakeRule =>
  ({ guardrails, minSamples }) => {
    let step = -1;
    let kept = new Map<string, ArmSums>();
    return {
      look: (block, stepIndex) => {
        if (stepIndex !== step) kept = new Map();
        step = stepIndex;
        let fewest = Infinity;
        for (const spec of guardrails) {
          const before = kept.get(spec.id) ?? { stable: NOTHING, candidate: NOTHING };
          const [stable, candidate] = ARMS.map((arm) => plus(before[arm], block.arms[arm][spec.metric]));
          const sums = { stable: stable!, candidate: candidate! };
          kept.set(spec.id, sums);
          fewest = Math.min(fewest, sums.stable.n, sums.candidate.n);
          if (isWorse(spec, sums)) return 'harm';
        }
        return fewest >= minSamples ? 'pass' : 'wait';
      },
    };
  };

/** The arm's rate; for a tail the share slower than the frozen p95. */
const rateOf = (spec: GuardrailSpec, { n, sum, sketch }: Sums): number => {
  if (spec.kind !== 'tail') return n === 0 ? 0 : sum / n;
  const slow = sketch === null ? 0 : countAbove(sketch, bucketBoundaryAtOrAbove(spec.frozen!));
  return n === 0 ? 0 : slow / n;
};

/** p < .05 in the bad direction, by the pooled test of two rates on everything since the step began, at every look. */
export const significantlyWorse: MakeRule = onSums((spec, { stable, candidate }) => {
  const share = (sums: Sums) => {
    const p = rateOf(spec, sums);
    return { n: sums.n, mean: p, m2: sums.n * p * (1 - p) };
  };
  const z = zOfRates(share(stable), share(candidate));
  return (spec.direction === 'increase' ? -z : z) > CRITICAL_Z;
});

/** The candidate's figure since the step began lies beyond the stable arm's by more than the margin, at any look. */
export const pointBeyondMargin: MakeRule = onSums((spec, { stable, candidate }) => {
  const valueOf = (sums: Sums): number =>
    spec.kind === 'tail'
      ? sums.sketch === null
        ? 0
        : (quantile(sums.sketch, 0.95) ?? 0)
      : rateOf(spec, sums);
  const [a, b] = [valueOf(stable), valueOf(candidate)];
  const margin = spec.margin.kind === 'relative' ? (a * spec.margin.pct) / 100 : spec.margin.points / 100;
  return spec.direction === 'increase' ? b < a - margin : b > a + margin;
});
