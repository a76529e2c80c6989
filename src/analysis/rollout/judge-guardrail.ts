/**
 * What the running evidence says about one guardrail at one step. Total: whatever was or was not folded, there is an outcome and a
 * reason. Only proof passes; too few labels, one arm alone or no baseline never do.
 */
import type { GuardrailOutcome, GuardrailSpec, GuardrailVerdict, Observed } from '../../domain/guardrail.ts';
import { quantile } from '../../math/ddsketch.ts';
import type { GuardrailEvidence, RolloutEvidence } from './evidence.ts';
import { marginShare, tailLimits } from './hypotheses.ts';
import { weigh, type StepQuestion, type Weighed } from './weigh.ts';
import { comparisonOf, evidenceOf, inThousands, lossOf, nameOf, unitOf } from './wording.ts';

const clamp01 = (value: number): number => (value > 0 ? Math.min(1, value) : 0);

const meanOf = ({ n, sum }: { readonly n: number; readonly sum: number }): number | null =>
  n > 0 ? sum / n : null;

const observedOf = (evidence: GuardrailEvidence, { arms }: RolloutEvidence): Observed => {
  if (evidence.kind === 'tail') {
    return {
      stable: quantile(arms.stable.latencyMs, 0.95),
      candidate: quantile(arms.candidate.latencyMs, 0.95),
    };
  }
  if (evidence.kind === 'mean' && Math.min(evidence.moments.stable.n, evidence.moments.candidate.n) > 0) {
    return { stable: evidence.moments.stable.mean, candidate: evidence.moments.candidate.mean };
  }
  return { stable: meanOf(evidence.totals.stable), candidate: meanOf(evidence.totals.candidate) };
};

const limitOf = (spec: GuardrailSpec, stable: number | null, multiple: number | null): number | null => {
  if (multiple === null) return null;
  if (spec.kind === 'tail') return tailLimits(spec, multiple)?.candidateMs ?? null;
  if (stable === null) return null;
  const share = marginShare(spec, multiple);
  const loss = spec.margin.kind === 'relative' ? stable * share : share;
  const limit = spec.direction === 'increase' ? stable - loss : stable + loss;
  return spec.kind === 'rate' ? Math.min(1, Math.max(0, limit)) : limit;
};

const decide = (
  spec: GuardrailSpec,
  weighed: Weighed,
  labels: GuardrailVerdict['labels'],
  observed: Observed,
  { multiple, minSamples }: StepQuestion,
): { readonly outcome: GuardrailOutcome; readonly reason: string } => {
  const { harm, proofLogE, proofNeeded } = weighed;
  const comparison = comparisonOf(spec, observed);
  if (harm.provenBy !== null) {
    const by = harm.provenBy === 'late' ? 'by labels that came late' : '';
    const loss = `a ${lossOf(spec, 1)} or more is proven ${by}`.trimEnd();
    return { outcome: 'harm', reason: `${comparison}, ${loss} ${evidenceOf(harm.logE, harm.limit)}` };
  }
  if (weighed.missing !== null) return { outcome: 'noData', reason: `${nameOf(spec)}: ${weighed.missing}` };
  if (labels.stable <= 0 || labels.candidate <= 0) {
    const arm = labels.candidate <= 0 ? 'candidate' : 'stable arm';
    return { outcome: 'noData', reason: `${nameOf(spec)}: no label of the ${arm} at this step yet` };
  }
  if (multiple === null) {
    return {
      outcome: 'inconclusive',
      reason: `${comparison}: at 100 % there is no control arm to compare with`,
    };
  }
  if (labels.stable < minSamples || labels.candidate < minSamples) {
    const few = labels.candidate < minSamples ? 'candidate' : 'stable';
    const count = `${inThousands(labels[few])} of ${inThousands(minSamples)} ${few} labels at this step`;
    return { outcome: 'inconclusive', reason: `${comparison}: ${count}` };
  }
  if (weighed.undecidable !== null && proofLogE < proofNeeded) {
    return { outcome: 'inconclusive', reason: `${comparison}: ${weighed.undecidable}` };
  }
  const loss = `a ${lossOf(spec, multiple)}`;
  return proofLogE >= proofNeeded
    ? { outcome: 'pass', reason: `${comparison}, ${loss} is ruled out ${evidenceOf(proofLogE, proofNeeded)}` }
    : {
        outcome: 'inconclusive',
        reason: `${comparison}, ${loss} is not ruled out yet ${evidenceOf(proofLogE, proofNeeded)}`,
      };
};

const neverFolded = (spec: GuardrailSpec): GuardrailVerdict => ({
  id: spec.id,
  required: spec.required,
  outcome: 'noData',
  reason: `${nameOf(spec)}: no evidence was kept for it since the start`,
  observed: { stable: null, candidate: null },
  limit: null,
  proof: 0,
  harm: 0,
  labels: { stable: 0, candidate: 0 },
  labelsNeeded: null,
  unit: unitOf(spec),
});

/** Judges one guardrail. Never throws; see the file's comment. */
export const judgeGuardrail = (
  spec: GuardrailSpec,
  all: RolloutEvidence,
  question: StepQuestion,
): GuardrailVerdict => {
  const evidence = all.guardrails.find((g) => g.id === spec.id);
  if (evidence === undefined || evidence.kind !== spec.kind) return neverFolded(spec);
  const here = all.stepIndex === question.stepIndex;
  const labels = here ? evidence.step : { stable: 0, candidate: 0 };
  const observed = observedOf(evidence, all);
  const weighed = weigh(evidence, spec, all, question);
  const { outcome, reason } = decide(spec, weighed, labels, observed, question);
  const toSamples = Math.max(0, question.minSamples - labels.candidate);
  const toProof = weighed.labelsToProof;
  return {
    id: spec.id,
    required: spec.required,
    outcome,
    reason,
    observed,
    limit: limitOf(spec, observed.stable, question.multiple),
    proof: clamp01(weighed.proofLogE / weighed.proofNeeded),
    harm: weighed.harm.provenBy !== null ? 1 : clamp01(weighed.harm.logE / weighed.harm.limit),
    labels,
    labelsNeeded: toProof === null ? null : Math.max(toProof, toSamples),
    unit: unitOf(spec),
  };
};
