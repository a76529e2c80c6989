/**
 * The design of an experiment, frozen before its first outcome: what is to get better, what must not get worse, error rates and cap. It sizes
 * nothing (`plan-sizing.ts`) and judges nothing.
 *
 * A mean (the cost) is on the raw scale: windows hold raw sums, which no logarithm and no cut can be taken of afterwards. It counts from 100
 * units per arm on (`ASYMPTOTIC_BURN_IN`), and is asymptotic where shares and scores are exact.
 */
import {
  type ExperimentDesign,
  type ExperimentGuardrail,
  type MetricMargin,
  type MetricSpec,
  startExperiment,
} from '../../analysis/index.ts';
import type { AllocationKind, AnalysisKind, PrimaryKind } from '../../domain/experiment.ts';
import type { GuardrailSpec, Margin } from '../../domain/guardrail.ts';
import type { DesignMetric } from './metrics.ts';

export interface DesignPieces {
  readonly primary: PrimaryKind;
  readonly analysis: AnalysisKind;
  readonly allocation: AllocationKind;
  /** Ids, the control first. */
  readonly arms: readonly string[];
  /** The service's (`guardrailsOf`), with the tail frozen from the baseline. */
  readonly guardrails: readonly GuardrailSpec[];
  /** Quality comes as marks in 0..1, and every look is given each single one. Else as counts of good answers; a mark then counts as a share of one. */
  readonly graded: boolean;
  /** Of the arm with the fewest labels. */
  readonly nFixPerArm: number;
  /** Where it ends without a verdict; under `fixedHorizon` where it is judged, once. */
  readonly capPerArm: number;
  readonly alpha?: number;
}

/** For stopping on harm that is not there, over all guardrails and variants. The same as a rollout's (statistics.md 1.6). */
const HARM_ALPHA = 0.02;

/** Where a mean decides: the weights, or what answers, may change this many times less one before the means have no error probability left. */
const STAGES_OF_MEANS = 2;

const marginOf = (margin: Margin): MetricMargin =>
  margin.kind === 'relative' ? margin : { kind: 'absolute', amount: margin.points / 100 };

const qualityMetric = (id: DesignMetric, graded: boolean): MetricSpec => ({
  id,
  kind: graded ? 'score' : 'proportion',
  direction: 'increase',
});

const COST: MetricSpec = {
  id: 'cost' satisfies DesignMetric,
  kind: 'mean',
  direction: 'decrease',
  scale: { kind: 'raw' },
};

const metricOfGuardrail = (spec: GuardrailSpec, primary: PrimaryKind, graded: boolean): MetricSpec => {
  if (spec.id === 'quality') {
    return qualityMetric(primary === 'quality' ? 'qualityLoss' : 'quality', graded);
  }
  if (spec.id === 'errorRate') return { id: spec.id, kind: 'proportion', direction: 'decrease' };
  if (spec.id === 'cost') return COST;
  return { id: spec.id, kind: 'tail', direction: 'decrease', frozen: spec.frozen! };
};

/**
 * The guardrails that are watched. When cost is what gets better, quality must be proven not to get worse whatever the settings say, and cost
 * itself is no guardrail. A tail without a frozen limit cannot be watched: left out where it is advisory.
 */
const guardrailsIn = ({ primary, guardrails, graded }: DesignPieces): readonly ExperimentGuardrail[] =>
  guardrails
    .filter(({ id }) => !(primary === 'cost' && id === 'cost'))
    .filter(({ id, required, frozen }) => {
      if (id !== 'latencyP95' || frozen !== null) return true;
      if (required) {
        throw new RangeError(
          'guardrails must have the latency frozen before the start where latencyP95 is required, got null',
        );
      }
      return false;
    })
    .map((spec) => ({
      metric: metricOfGuardrail(spec, primary, graded),
      margin: marginOf(spec.margin),
      required: spec.required || (primary === 'cost' && spec.id === 'quality'),
    }));

/** @throws RangeError naming `allocation`: where a mean decides, weights may not follow the outcomes; a belief proves nobody worse. */
const requireAllocation = (
  { allocation, analysis, primary }: DesignPieces,
  guardrails: readonly ExperimentGuardrail[],
): void => {
  if (allocation === 'fixed') return;
  if (analysis === 'fixedHorizon') {
    throw new RangeError(
      `allocation must be fixed for a fixedHorizon analysis, which is of one sample, got ${allocation}`,
    );
  }
  if (allocation === 'elimination' && analysis === 'bayesian') {
    throw new RangeError(
      `allocation must be another one for a bayesian analysis, which proves no variant worse, got ${allocation}`,
    );
  }
  const mean =
    primary === 'cost' || guardrails.some(({ metric, required }) => required && metric.kind === 'mean');
  if (mean) {
    throw new RangeError(
      `allocation must be fixed where the cost decides: a mean is compared within one set of weights only, got ${allocation}`,
    );
  }
};

/**
 * The design that the pieces come to. Two-sided, so that a worse variant ends an experiment too.
 * @throws RangeError or TypeError naming allocation, guardrails, or the field of the design (`alpha`, `nFixPerArm`, `variants`).
 */
export const designOf = (pieces: DesignPieces): ExperimentDesign => {
  const { primary, arms, graded, nFixPerArm, capPerArm, alpha = 0.05 } = pieces;
  const guardrails = guardrailsIn(pieces);
  requireAllocation(pieces, guardrails);
  const needsQuality = primary === 'cost' && !guardrails.some(({ metric }) => metric.id === 'quality');
  if (needsQuality) throw new RangeError('guardrails must hold quality where cost is to get better');
  const metric = primary === 'quality' ? qualityMetric('quality', graded) : COST;
  const decidesOnMeans = [
    metric,
    ...guardrails.filter(({ required }) => required).map((one) => one.metric),
  ].some(({ kind }) => kind === 'mean');
  return startExperiment({
    control: arms[0] ?? '',
    variants: arms.slice(1),
    primary: metric,
    alternative: 'twoSided',
    guardrails,
    alpha,
    harmAlpha: Math.min(HARM_ALPHA, alpha),
    nFixPerArm,
    capPerArm,
    stages: decidesOnMeans ? STAGES_OF_MEANS : 1,
  }).design;
};
