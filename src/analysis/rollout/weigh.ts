/**
 * The running evidence about one guardrail in the form that all kinds share: how much is proven and how much is needed, for and against.
 * It puts nothing into words and decides nothing; `judge-guardrail.ts` does.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { GuardrailEvidence, MeanEvidence, RolloutEvidence, ShareEvidence } from './evidence.ts';
import { harmOfShare, type HarmWeighed } from './harm.ts';
import { marginShare, shareNull } from './hypotheses.ts';
import { labelsToProof } from './labels-needed.ts';
import { PROOF_NEEDED } from './ladder.ts';
import { labelsToMeanProof, meanHarmNeeded, meanLogE, meanProofNeeded } from './mean-evidence.ts';

/** The step that is asked about. `multiple` is its rung, null at 100 % where there is no control arm. */
export interface StepQuestion {
  readonly stepIndex: number;
  readonly weightPct: number;
  readonly multiple: number | null;
  readonly minSamples: number;
}

/** Evidence for and against. `missing` says what there is to measure against and is not there, `undecidable` why there can be no proof yet. */
export interface Weighed {
  readonly proofLogE: number;
  readonly proofNeeded: number;
  readonly harm: HarmWeighed;
  readonly labelsToProof: number | null;
  readonly missing: string | null;
  readonly undecidable: string | null;
}

const weighShare = (
  evidence: ShareEvidence,
  spec: GuardrailSpec,
  { alpha }: RolloutEvidence,
  { multiple, weightPct }: StepQuestion,
): Weighed => {
  const rung = evidence.rungs.find((r) => r.multiple === multiple);
  return {
    proofLogE: rung?.process.maxLogE ?? 0,
    proofNeeded: PROOF_NEEDED,
    harm: harmOfShare(evidence, alpha.harm),
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
    undecidable: null,
  };
};

const weighMean = (
  evidence: MeanEvidence,
  spec: GuardrailSpec,
  all: RolloutEvidence,
  { multiple, stepIndex }: StepQuestion,
): Weighed => {
  const { moments, alarm } = evidence;
  const proven = evidence.proven?.multiple === multiple ? evidence.proven.logE : 0;
  const now = multiple === null ? null : meanLogE(spec, moments, all, 'nonInferiority', multiple);
  const harm = meanLogE(spec, moments, all, 'harm', 1);
  const here = all.stepIndex === stepIndex;
  return {
    // What is not kept as proven is below what is needed: shown as progress, it never makes a proof.
    proofLogE: Math.max(proven, here && now?.ok === true ? now.value : 0),
    proofNeeded: meanProofNeeded(all),
    harm:
      alarm === null
        ? { logE: harm.ok ? harm.value : 0, limit: meanHarmNeeded(all), provenBy: null }
        : { logE: alarm.logE, limit: alarm.limit, provenBy: 'inTime' },
    labelsToProof: multiple === null || !here ? null : labelsToMeanProof(spec, evidence, all, multiple),
    missing: null,
    undecidable: here && now?.ok === false ? now.reason : null,
  };
};

/** Weighs one guardrail's evidence for one step. */
export const weigh = (
  evidence: GuardrailEvidence,
  spec: GuardrailSpec,
  all: RolloutEvidence,
  question: StepQuestion,
): Weighed =>
  evidence.kind === 'mean'
    ? weighMean(evidence, spec, all, question)
    : weighShare(evidence, spec, all, question);
