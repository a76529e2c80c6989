/**
 * The verdict at 100 %, where no control arm is left: only absolute limits speak, over what the candidate alone did since that step
 * began. What is told broken is proven so at any number of looks (`beyond-limit.ts`); what passes is within its limit. No data make it throw.
 */
import type { GuardrailOutcome, GuardrailSpec, GuardrailVerdict } from '../../domain/guardrail.ts';
import { quantile, sketchCount } from '../../math/ddsketch.ts';
import { requireWhole } from '../../math/require.ts';
import { emptyMoments } from '../moments.ts';
import { meanBeyond, p95Beyond, rateBeyond } from './beyond-limit.ts';
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

/** Observations below which a p95 or a mean does not pass, whatever `minSamples`. */
const PLAIN_MINIMUM = 100;

/** What the candidate did against one limit, and how the evidence that it is broken comes from it at a level alpha. */
type Measured = {
  readonly kind: 'rate' | 'tail' | 'mean';
  readonly labels: number;
  readonly value: number | null;
  readonly limit: number | null;
  readonly beyond: (limit: number, alpha: number) => number;
};

const meanOf = ({ n, sum }: Totals): number | null => (n > 0 ? sum / n : null);

const rate = (totals: Totals, limit: number | undefined, side: 'greater' | 'less'): Measured => ({
  kind: 'rate',
  labels: totals.n,
  value: meanOf(totals),
  limit: limit ?? null,
  beyond: (asked) => rateBeyond(totals, asked, side),
});

/** By what a guardrail is about; its comparison with a control arm may be of another kind. */
const measure = (id: GuardrailSpec['id'], arm: ArmTotals, limits: AbsoluteLimits): Measured =>
  ({
    quality: rate(arm.quality, limits.minQuality, 'less'),
    errorRate: rate(arm.error, limits.maxErrorRate, 'greater'),
    cost: {
      kind: 'mean' as const,
      labels: arm.costUsd.n,
      value: meanOf(arm.costUsd),
      limit: limits.maxCostPerRequestUsd ?? null,
      beyond: (asked: number, alpha: number) => meanBeyond(arm.costMoments ?? emptyMoments(), asked, alpha),
    },
    latencyP95: {
      kind: 'tail' as const,
      labels: sketchCount(arm.latencyMs),
      value: quantile(arm.latencyMs, 0.95),
      limit: limits.maxLatencyP95Ms ?? null,
      beyond: (asked: number) => p95Beyond(arm.latencyMs, asked),
    },
  })[id];

/** Log evidence that the limit is broken, and what is enough. */
const brokenBy = ({ value, limit, beyond }: Measured, alpha: number) => {
  const enough = Math.log(1 / alpha);
  return { logE: value === null || limit === null ? 0 : beyond(limit, alpha), enough };
};

const labelsAsked = ({ kind }: Measured, minSamples: number): number =>
  kind === 'rate' ? minSamples : Math.max(PLAIN_MINIMUM, minSamples);

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
  const needed = labelsAsked(measured, minSamples);
  const isBroken = broken.logE >= broken.enough && (measured.kind !== 'mean' || labels >= needed);
  if (isBroken) {
    const evidence = evidenceOf(broken.logE, broken.enough);
    return { outcome: 'harm', reason: `${name} ${against} is asked: broken ${evidence}` };
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
  const broken = brokenBy(measured, alpha);
  const { outcome, reason } = decide(spec, measured, broken, minSamples);
  const asked = Math.max(1, labelsAsked(measured, minSamples));
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
 * labels of every required guardrail; `noData` before the first label; else `inconclusive`.
 *
 * A candidate within all limits is taken back for one with probability .02 at most, shared by the guardrails that have a limit, however often it is
 * looked at; for the mean cost asymptotically, and a p95 must lie up to 10.6 % above its limit. The step at 100 % and the watch after the promotion
 * begin anew and spend .02 each, so .04 together. A limit that is passed and not proven broken holds the step (`inconclusive`).
 * @throws RangeError naming evidence.version, the guardrail's field, stepIndex, minSamples or a field of constraints; never for what was folded.
 */
export const judgeAbsolute = (evidence: RolloutEvidence, context: AbsoluteContext): FullVerdict => {
  requireVersion(evidence);
  requireContext(context);
  const { guardrails: specs, constraints, stepIndex, minSamples } = context;
  const arm = evidence.stepIndex === stepIndex ? evidence.arms.candidate : emptyArm();
  const measured = specs.map((spec) => measure(spec.id, arm, constraints));
  const alpha = HARM_ALPHA / Math.max(1, measured.filter(({ limit }) => limit !== null).length);
  const overall = overallOf(specs.map((spec, i) => judgeOne(spec, measured[i]!, alpha, minSamples)));
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
