/**
 * The verdict at 100 %, where no control arm is left: only absolute limits speak, over what the candidate alone did since that step
 * began. Rates are tested anytime-validly; the p95 and the mean cost are compared plainly once there is enough. No data make it throw.
 */
import type { GuardrailOutcome, GuardrailSpec, GuardrailVerdict } from '../../domain/guardrail.ts';
import { quantile, sketchCount } from '../../math/ddsketch.ts';
import { requireWhole } from '../../math/require.ts';
import { evidenceBeyondLimit } from '../rate-limit-mixture.ts';
import { emptyArm, requireVersion, type ArmTotals, type RolloutEvidence, type Totals } from './evidence.ts';
import { harmOfShare } from './harm.ts';
import { requireSpec } from './hypotheses.ts';
import { HARM_ALPHA } from './ladder.ts';
import { overallOf, type FullVerdict } from './overall.ts';
import { evidenceOf, inThousands, nameOf, unitOf, valueOf } from './wording.ts';

/** Absolute limits of a service. One that is left out does not speak. */
export interface AbsoluteLimits {
  readonly minQuality?: number;
  readonly maxErrorRate?: number;
  readonly maxLatencyP95Ms?: number;
  readonly maxCostPerRequestUsd?: number;
}

/** What is asked. A guardrail that is not required and has no absolute limit is shown and never decides. */
export interface AbsoluteContext {
  readonly guardrails: readonly GuardrailSpec[];
  readonly constraints: AbsoluteLimits;
  readonly stepIndex: number;
  readonly minSamples: number;
}

/** Observations below which a plain comparison says nothing, whatever `minSamples`. */
const PLAIN_MINIMUM = 100;

/** The carried p95 is within this share of the true one, so only beyond it is a limit surely broken. */
const P95_TOLERANCE = 0.06;

type Measured = {
  readonly labels: number;
  readonly value: number | null;
  readonly limit: number | null;
};

const rate = ({ n, sum }: Totals, limit: number | undefined): Measured => ({
  labels: n,
  value: n > 0 ? sum / n : null,
  limit: limit ?? null,
});

const measure = (id: GuardrailSpec['id'], arm: ArmTotals, limits: AbsoluteLimits): Measured =>
  ({
    quality: rate(arm.quality, limits.minQuality),
    errorRate: rate(arm.error, limits.maxErrorRate),
    cost: rate(arm.costUsd, limits.maxCostPerRequestUsd),
    latencyP95: {
      labels: sketchCount(arm.latencyMs),
      value: quantile(arm.latencyMs, 0.95),
      limit: limits.maxLatencyP95Ms ?? null,
    },
  })[id];

/** Log evidence that the limit is broken, and what is enough. A plain comparison is 0 or enough. */
const brokenBy = (spec: GuardrailSpec, { labels, value, limit }: Measured, alpha: number) => {
  const enough = Math.log(1 / alpha);
  if (value === null || limit === null) return { logE: 0, enough };
  if (spec.kind === 'rate') {
    const side = spec.direction === 'increase' ? 'less' : 'greater';
    const bounded = Math.min(1, Math.max(0, limit));
    return { logE: evidenceBeyondLimit({ n: labels, successes: value * labels }, bounded, side), enough };
  }
  const surely = spec.kind === 'tail' ? limit * (1 + P95_TOLERANCE) : limit;
  return { logE: value > surely ? enough : 0, enough };
};

const labelsAsked = (spec: GuardrailSpec, minSamples: number): number =>
  spec.kind === 'rate' ? minSamples : Math.max(PLAIN_MINIMUM, minSamples);

const decide = (
  spec: GuardrailSpec,
  measured: Measured,
  broken: { readonly logE: number; readonly enough: number },
  minSamples: number,
): { readonly outcome: GuardrailOutcome; readonly reason: string } => {
  const { labels, value, limit } = measured;
  const name = nameOf(spec);
  if (value === null) return { outcome: 'noData', reason: `${name}: no label of the candidate at 100 % yet` };
  const bound = spec.direction === 'increase' ? 'at least' : 'at most';
  const shown = valueOf(spec, value);
  const against =
    limit === null ? `${shown}, no absolute limit` : `${shown}, ${bound} ${valueOf(spec, limit)}`;
  const needed = labelsAsked(spec, minSamples);
  const isBroken = broken.logE >= broken.enough && (spec.kind === 'rate' || labels >= needed);
  if (isBroken) {
    const evidence = spec.kind === 'rate' ? ` ${evidenceOf(broken.logE, broken.enough)}` : '';
    return { outcome: 'harm', reason: `${name} ${against} is asked: broken${evidence}` };
  }
  if (labels < needed) {
    return {
      outcome: 'inconclusive',
      reason: `${name} ${against}: ${inThousands(labels)} of ${inThousands(needed)} labels at 100 %`,
    };
  }
  const within = limit === null || (spec.direction === 'increase' ? value >= limit : value <= limit);
  return within
    ? { outcome: 'pass', reason: `${name} ${against}: kept` }
    : {
        outcome: 'inconclusive',
        reason: `${name} ${against}: beyond, and not proven ${evidenceOf(broken.logE, broken.enough)}`,
      };
};

const judgeOne = (
  spec: GuardrailSpec,
  measured: Measured,
  alpha: number,
  minSamples: number,
): GuardrailVerdict => {
  const broken = brokenBy(spec, measured, alpha);
  const { outcome, reason } = decide(spec, measured, broken, minSamples);
  const asked = Math.max(1, labelsAsked(spec, minSamples));
  return {
    id: spec.id,
    required: spec.required || measured.limit !== null,
    outcome,
    reason,
    observed: { stable: null, candidate: measured.value },
    limit: measured.limit,
    proof: outcome === 'pass' ? 1 : Math.min(1, measured.labels / asked),
    harm: Math.min(1, Math.max(0, broken.logE / broken.enough)),
    labels: { stable: 0, candidate: measured.labels },
    labelsNeeded: Math.max(0, asked - measured.labels),
    unit: unitOf(spec),
  };
};

/** A harm alarm raised by labels of earlier steps, in time or late, still takes the change back. */
const harmOfEarlierSteps = (
  evidence: RolloutEvidence,
  specs: readonly GuardrailSpec[],
): { readonly spec: GuardrailSpec; readonly reason: string } | null => {
  for (const spec of specs) {
    const kept = evidence.guardrails.find((g) => g.id === spec.id);
    if (!spec.required || kept === undefined) continue;
    const alarm = kept.kind === 'mean' ? kept.alarm : harmOfShare(kept, evidence.alpha.harm);
    if (alarm === null || ('provenBy' in alarm && alarm.provenBy === null)) continue;
    const late = 'provenBy' in alarm && alarm.provenBy === 'late' ? 'late ' : '';
    const proof = evidenceOf(alarm.logE, alarm.limit);
    return { spec, reason: `${nameOf(spec)}: ${late}labels of earlier steps prove harm ${proof}` };
  }
  return null;
};

const requireContext = ({ guardrails, constraints, stepIndex, minSamples }: AbsoluteContext): void => {
  guardrails.forEach(requireSpec);
  requireWhole('stepIndex', stepIndex, 0);
  requireWhole('minSamples', minSamples, 0);
  for (const [name, limit] of Object.entries(constraints)) {
    if (limit !== undefined && !(limit >= 0 && limit < Infinity)) {
      throw new RangeError(`constraints.${name} must be a finite number from 0, got ${limit}`);
    }
  }
};

/**
 * Judges the step at 100 %. `harm` when a limit is broken or labels of earlier steps prove harm; `healthy` when every limit is kept with enough
 * labels of every required guardrail; `noData` before the first label; else `inconclusive`. Rates share an error probability of .02.
 * @throws RangeError naming evidence.version, the guardrail's field, stepIndex, minSamples or a field of constraints; never for what was folded.
 */
export const judgeAbsolute = (evidence: RolloutEvidence, context: AbsoluteContext): FullVerdict => {
  requireVersion(evidence);
  requireContext(context);
  const { guardrails: specs, constraints, stepIndex, minSamples } = context;
  const arm = evidence.stepIndex === stepIndex ? evidence.arms.candidate : emptyArm();
  const alpha = HARM_ALPHA / Math.max(1, specs.filter((s) => s.kind === 'rate').length);
  const overall = overallOf(
    specs.map((spec) => judgeOne(spec, measure(spec.id, arm, constraints), alpha, minSamples)),
  );
  const earlier = harmOfEarlierSteps(evidence, specs);
  if (earlier !== null) {
    const { observed, limit } = overall.guardrails.find((g) => g.id === earlier.spec.id) ?? overall;
    const numbers = { observed: observed ?? overall.observed, limit: limit ?? null };
    return { ...overall, ...numbers, outcome: 'harm', reason: earlier.reason, decidedBy: earlier.spec.id };
  }
  return overall.decidedBy === null
    ? { ...overall, reason: 'no guardrail is required and no absolute limit is set' }
    : overall;
};
