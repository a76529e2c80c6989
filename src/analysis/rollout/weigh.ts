/**
 * The running evidence about one guardrail in the form that all kinds share: how much is proven and how much is needed, for and against.
 * It puts nothing into words and decides nothing; `judge-guardrail.ts` does.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { ASYMPTOTIC_BURN_IN } from '../asymptotic.ts';
import type { GuardrailEvidence, MeanEvidence, RolloutEvidence, ShareEvidence } from './evidence.ts';
import { harmOfShare, type HarmWeighed } from './harm.ts';
import { marginShare, shareNull } from './hypotheses.ts';
import { labelsToProof } from './labels-needed.ts';
import { PROOF_NEEDED } from './ladder.ts';
import { labelsToMeanProof, meanHarmNeeded, meanLogE, meanProofNeeded } from './mean-evidence.ts';
import { inThousands } from './wording.ts';

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

/** Share of what is needed that too few labels of a mean are shown as at most. */
const UNPROVEN = 0.99;

const tooFew = ({ stable, candidate }: MeanEvidence['moments'], asked: number): string => {
  const few = candidate.n < asked ? 'candidate' : 'stable';
  const seen = few === 'candidate' ? candidate.n : stable.n;
  return `${inThousands(seen)} of ${inThousands(asked)} ${few} labels at this weight`;
};

const weighMean = (
  evidence: MeanEvidence,
  spec: GuardrailSpec,
  all: RolloutEvidence,
  { multiple, stepIndex, minSamples }: StepQuestion,
): Weighed => {
  const { moments, alarm } = evidence;
  const here = all.stepIndex === stepIndex;
  const asked = Math.max(ASYMPTOTIC_BURN_IN, minSamples);
  const now = multiple === null || !here ? null : meanLogE(spec, moments, all, 'nonInferiority', multiple);
  const harm = meanLogE(spec, moments, all, 'harm', 1);
  const proofNeeded = meanProofNeeded(all);
  const enough = Math.min(moments.stable.n, moments.candidate.n) >= asked;
  const found = now?.ok === true ? now.value : 0;
  return {
    // What an earlier look proved does not stand in for the present one: the first labels of a heavy tail look like a light one.
    proofLogE: enough ? found : Math.min(found, proofNeeded * UNPROVEN),
    proofNeeded,
    harm:
      alarm === null
        ? { logE: harm.ok ? harm.value : 0, limit: meanHarmNeeded(all), provenBy: null }
        : { logE: alarm.logE, limit: alarm.limit, provenBy: 'inTime' },
    labelsToProof:
      multiple === null || !here ? null : labelsToMeanProof(spec, evidence, all, multiple, asked),
    missing: null,
    undecidable: now?.ok === false ? now.reason : enough ? null : tooFew(moments, asked),
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
