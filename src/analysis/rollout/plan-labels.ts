/**
 * About how many labelled requests a rollout needs, told before it starts: walks the ladder for a candidate that equals the stable arm.
 * A projection for people and for refusing what cannot finish; no verdict depends on it.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { ASYMPTOTIC_BURN_IN } from '../asymptotic.ts';
import { requireOpenUnit, requireWhole } from '../../math/require.ts';
import { tlgGrowth } from '../tlg.ts';
import { requireBaseline } from './evidence.ts';
import { marginShare, requireSpec, shareNull } from './hypotheses.ts';
import { labelsAtGrowth, plannedRates } from './labels-needed.ts';
import { ladderOf } from './ladder.ts';

/** What the stable configuration did before the start; a rate that is null or left out cannot be planned with. */
export interface PlanBaseline {
  readonly quality?: number | null;
  readonly errorRate?: number | null;
}

/** Labels of one step for the guardrail that needs most, candidate's alone and of both arms. */
export interface StepPlan {
  readonly weightPct: number;
  readonly candidateLabels: number;
  readonly totalLabels: number;
  readonly slowest: GuardrailSpec['id'];
}

export interface PlanInput {
  readonly guardrails: readonly GuardrailSpec[];
  readonly steps: readonly number[];
  readonly baseline: PlanBaseline;
  /** Matured labels per arm, step and guardrail; 0 when left out. */
  readonly minSamples?: number;
  /** Error probability of each proof; .05 when left out. */
  readonly alpha?: number;
}

/** The frozen p95 is slower than this share of requests. */
const TAIL_SHARE = 0.05;

/** Error probability of a proof, unless said otherwise. */
const ALPHA = 0.05;

/** Coefficient of variation that a mean is planned with: that of an exponential. */
const MEAN_VARIATION = 1;

const rateOf = (spec: GuardrailSpec, baseline: PlanBaseline): number | null => {
  if (spec.kind === 'tail') return TAIL_SHARE;
  return (spec.metric === 'quality' ? baseline.quality : baseline.errorRate) ?? null;
};

/** Evidence per candidate label of a rung for an equal candidate, null where the base rate is unknown. */
const growthOf = (
  spec: GuardrailSpec,
  multiple: number,
  weightPct: number,
  baseline: PlanBaseline,
): number | null => {
  const base = rateOf(spec, baseline);
  if (base === null) return null;
  const p = Math.min(1 - 1e-4, Math.max(1e-4, base));
  const [pA, pB] = plannedRates(spec, p, marginShare(spec, multiple));
  return tlgGrowth(pA, pB, (100 - weightPct) / weightPct, shareNull(spec, multiple, 'nonInferiority'));
};

/** Candidate labels a mean needs at one weight, where it starts anew: 1.6 fixed half-widths of the difference within the margin. */
const meanLabels = (
  spec: GuardrailSpec,
  multiple: number,
  weightPct: number,
  steps: number,
  alpha: number,
): number => {
  const z = 1.6 * Math.sqrt(2 * Math.log(steps / alpha));
  const perCandidate = 1 + weightPct / (100 - weightPct);
  const margin = marginShare(spec, multiple) / MEAN_VARIATION;
  return Math.max(ASYMPTOTIC_BURN_IN, Math.ceil(perCandidate * (z / margin) ** 2));
};

/**
 * The plan per step below 100 %, or null when a required guardrail's base rate is unknown or its end is out of sight.
 * Evidence accumulates over the steps: what the first one gathered for the last rung is not asked for again.
 * @throws RangeError naming the guardrail's field, `steps`, `baseline` or `minSamples`.
 */
export const planSteps = ({
  guardrails,
  steps,
  baseline,
  minSamples = 0,
  alpha = ALPHA,
}: PlanInput): readonly StepPlan[] | null => {
  guardrails.forEach(requireSpec);
  requireBaseline(baseline);
  requireWhole('minSamples', minSamples, 0);
  requireOpenUnit('alpha', alpha);
  const ladder = ladderOf(steps);
  const required = guardrails.filter((g) => g.required);
  const plan: StepPlan[] = [];
  for (const [i, multiple] of ladder.entries()) {
    const weightPct = steps[i]!;
    let most = { candidateLabels: minSamples, slowest: required[0]?.id ?? 'quality' };
    for (const spec of required) {
      const needed = stepLabels(spec, multiple, weightPct, ladder.length, baseline, plan, alpha);
      if (needed === null) return null;
      if (needed > most.candidateLabels) most = { candidateLabels: needed, slowest: spec.id };
    }
    plan.push({ weightPct, ...most, totalLabels: Math.ceil((most.candidateLabels * 100) / weightPct) });
  }
  return plan;
};

const stepLabels = (
  spec: GuardrailSpec,
  multiple: number,
  weightPct: number,
  steps: number,
  baseline: PlanBaseline,
  before: readonly StepPlan[],
  alpha: number,
): number | null => {
  if (spec.kind === 'mean') return meanLabels(spec, multiple, weightPct, steps, alpha);
  const growth = growthOf(spec, multiple, weightPct, baseline);
  if (growth === null) return null;
  const gathered = before.reduce(
    (sum, step) => sum + step.candidateLabels * (growthOf(spec, multiple, step.weightPct, baseline) ?? 0),
    0,
  );
  return labelsAtGrowth(growth, gathered, Math.log(1 / alpha));
};

/** Labelled requests of both arms that a whole rollout needs, null as `planSteps`. @throws RangeError as `planSteps`. */
export const planLabels = (input: PlanInput): number | null =>
  planSteps(input)?.reduce((sum, step) => sum + step.totalLabels, 0) ?? null;
