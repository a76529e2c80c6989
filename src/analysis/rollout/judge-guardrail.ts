/**
 * What the running evidence says about one guardrail at one step. Total: whatever was or was not folded, there is an outcome and a
 * reason. Only proof passes; too few labels, one arm alone or no baseline never do.
 */
import type { GuardrailOutcome, GuardrailSpec, GuardrailVerdict } from '../../domain/guardrail.ts';
import { quantile } from '../../math/ddsketch.ts';
import { restartLimit } from '../restarts.ts';
import type { GuardrailEvidence, MeanEvidence, RolloutEvidence, ShareEvidence } from './evidence.ts';
import { marginShare, shareNull, tailLimits } from './hypotheses.ts';
import { labelsToProof } from './labels-needed.ts';
import { PROOF_NEEDED } from './ladder.ts';
import { comparisonOf, evidenceOf, inThousands, lossOf, nameOf } from './wording.ts';

/** The step that is asked about. `multiple` is its rung, null at 100 % where there is no control arm. */
export interface StepQuestion {
  readonly stepIndex: number;
  readonly weightPct: number;
  readonly multiple: number | null;
  readonly minSamples: number;
}

const clamp01 = (value: number): number => (value > 0 ? Math.min(1, value) : 0);

/** Evidence for or against, in the form that all kinds share. `known` is false while there is nothing to measure against. */
interface Weighed {
  readonly proofLogE: number;
  readonly proofNeeded: number;
  readonly harm: { readonly logE: number; readonly limit: number; readonly proven: boolean };
  readonly labelsToProof: number | null;
  readonly missing: string | null;
}

const weighShare = (
  evidence: ShareEvidence,
  spec: GuardrailSpec,
  { alpha }: RolloutEvidence,
  { multiple, weightPct }: StepQuestion,
): Weighed => {
  const rung = evidence.rungs.find((r) => r.multiple === multiple);
  const alarm = evidence.harm.alarm ?? evidence.lateHarm.alarm;
  const running = {
    logE: evidence.harm.process.logE,
    limit: restartLimit(evidence.harm.restart, alpha.harm),
  };
  return {
    proofLogE: rung?.process.maxLogE ?? 0,
    proofNeeded: PROOF_NEEDED,
    harm: alarm === null ? { ...running, proven: false } : { ...alarm, proven: true },
    labelsToProof:
      rung === undefined
        ? null
        : labelsToProof(
            rung.process,
            shareNull(spec, rung.multiple, 'nonInferiority'),
            spec,
            marginShare(spec, rung.multiple),
            weightPct,
          ),
    missing: spec.kind === 'tail' && spec.frozen === null ? 'no p95 was frozen before the start' : null,
  };
};

const weighMean = (
  evidence: MeanEvidence,
  { alpha, ladder }: RolloutEvidence,
  { multiple }: StepQuestion,
): Weighed => {
  const steps = Math.max(1, ladder.length);
  const proven = evidence.proven !== null && evidence.proven.multiple === multiple ? evidence.proven.logE : 0;
  const limit = Math.log(steps / alpha.harm);
  return {
    proofLogE: proven,
    proofNeeded: PROOF_NEEDED + Math.log(steps),
    harm: evidence.alarm === null ? { logE: 0, limit, proven: false } : { ...evidence.alarm, proven: true },
    labelsToProof: proven > 0 ? 0 : null,
    missing: null,
  };
};

const meanOf = ({ n, sum }: { readonly n: number; readonly sum: number }): number | null =>
  n > 0 ? sum / n : null;

const observedOf = (evidence: GuardrailEvidence, { arms }: RolloutEvidence): GuardrailVerdict['observed'] => {
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
  observed: GuardrailVerdict['observed'],
  { multiple, minSamples }: StepQuestion,
): { readonly outcome: GuardrailOutcome; readonly reason: string } => {
  const { harm, proofLogE, proofNeeded } = weighed;
  const comparison = comparisonOf(spec, observed);
  if (harm.proven) {
    const loss = `a ${lossOf(spec, 1)} or more is proven`;
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
  const weighed =
    evidence.kind === 'mean' ? weighMean(evidence, all, question) : weighShare(evidence, spec, all, question);
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
    harm: weighed.harm.proven ? 1 : clamp01(weighed.harm.logE / weighed.harm.limit),
    labels,
    labelsNeeded: toProof === null ? null : Math.max(toProof, toSamples),
  };
};
