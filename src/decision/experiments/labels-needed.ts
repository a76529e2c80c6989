/**
 * How many outcomes an experiment needs in each arm, and how many hours they take: of what is to get better, and of the
 * proof that a guardrail is kept. The slowest variant decides. It knows no dates and refuses nothing.
 */
import { CAP_FACTOR, planExperiment, planSteps, type PlannedMetric } from '../../analysis/index.ts';
import type { AnalysisKind } from '../../domain/experiment.ts';
import type { GuardrailSpec } from '../../domain/guardrail.ts';

/** Shares of the traffic in the experiment, 0..1: of control, and of each variant. */
export interface Shares {
  readonly control: number;
  readonly variants: readonly number[];
}

export interface Needed {
  /** Outcomes of the arm with fewer of them, of the pair that takes longest: of a fixed-size test, and where the experiment ends. */
  readonly nFix: number;
  readonly cap: number;
  /** The share of the traffic that arm has. */
  readonly share: number;
}

interface Levels {
  readonly alpha: number;
  readonly power: number;
  readonly analysis: AnalysisKind;
}

/** Outcomes of both arms of one pair at a fixed size, by their ratio: variant over control. */
type FixedSize = (ratio: number) => { readonly control: number; readonly variant: number };

const ofSlowest = ({ control, variants }: Shares, analysis: AnalysisKind, sizeAt: FixedSize): Needed => {
  const pairs = variants.map((share) => {
    const fixed = sizeAt(share / control);
    // Both arms fill in the same time; the one with the smaller share has the fewer outcomes.
    return { nFix: Math.min(fixed.control, fixed.variant), share: Math.min(control, share) };
  });
  const slowest = pairs.reduce((kept, pair) =>
    pair.nFix / pair.share > kept.nFix / kept.share ? pair : kept,
  );
  const cap = Math.ceil((analysis === 'fixedHorizon' ? 1 : CAP_FACTOR) * slowest.nFix);
  return { ...slowest, cap };
};

/**
 * To find the metric's minimum effect, at alpha over the number of variants (the worst case of Holm).
 * @throws RangeError naming baseline, sd, minimumEffect, alpha or power.
 */
export const neededToFind = (
  metric: PlannedMetric,
  shares: Shares,
  { alpha, power, analysis }: Levels,
): Needed =>
  ofSlowest(
    shares,
    analysis,
    (ratio) => planExperiment(metric, { alpha, power, ratio, variants: shares.variants.length }).fixed,
  );

/** Rates of the baseline by which the proof on a guardrail is planned; one that is null cannot be planned with. */
export interface GuardrailBaseline {
  readonly quality: number;
  readonly errorRate: number | null;
}

/**
 * Outcomes of the arm with fewer of them until a variant that equals control is shown not to be worse by the guardrail's margin, of the pair that takes
 * longest; between the median and the 95 % quantile (`planSteps`). Null when the rate is unknown, Infinity when no end is in sight.
 * @throws RangeError naming the guardrail's field.
 */
export const neededToRuleOut = (
  spec: GuardrailSpec,
  baseline: GuardrailBaseline,
  { control, variants }: Shares,
  alpha: number,
): number | null => {
  if (spec.metric === 'error' && baseline.errorRate === null) return null;
  return Math.max(
    ...variants.map((share) => {
      const weightPct = (100 * share) / (control + share);
      const plan = planSteps({
        guardrails: [{ ...spec, required: true }],
        steps: [weightPct, 100],
        baseline,
        alpha,
      });
      const ofVariant = plan === null ? Infinity : plan[0]!.candidateLabels;
      return Math.ceil(ofVariant * Math.min(1, control / share));
    }),
  );
};
