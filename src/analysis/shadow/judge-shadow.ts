/**
 * What a shadow's pairs say, in the words of a look at a live step. Total: whatever was or was not folded, there is an outcome and a
 * reason. Only proof passes: too few pairs, an unknown p95 or a judge without verdicts never do.
 */
import type { GuardrailOutcome, GuardrailSpec, GuardrailVerdict, Observed } from '../../domain/guardrail.ts';
import type { PairSums } from '../../domain/pair-block.ts';
import { marginShare, requireSpec, tailLimits } from '../rollout/hypotheses.ts';
import { PROOF_NEEDED } from '../rollout/ladder.ts';
import { overallOf, type FullVerdict } from '../rollout/overall.ts';
import { evidenceOf, inThousands, lossOf, nameOf, valueOf } from '../rollout/wording.ts';
import type { ShadowEvidence, ShadowGuardrail } from './evidence.ts';

export interface ShadowQuestion {
  readonly guardrails: readonly GuardrailSpec[];
  /** Pairs that every required guardrail must have before anything passes. */
  readonly minPairs: number;
}

/** Pairs beyond which a projection is no longer told. */
const HOPELESS = 10_000_000;

const clamp01 = (value: number): number => (value > 0 ? Math.min(1, value) : 0);
const pct = (share: number): string => `${(100 * share).toFixed(2)} %`;

const observedOf = ({ n, sumS, sumC }: PairSums): Observed =>
  n > 0 ? { stable: sumS / n, candidate: sumC / n } : { stable: null, candidate: null };

/** Candidate first, as everywhere. */
const comparisonOf = (spec: GuardrailSpec, { basis }: ShadowGuardrail, sums: PairSums): string => {
  const { stable, candidate } = observedOf(sums);
  if (stable === null || candidate === null) return nameOf(spec);
  if (basis === 'preference') {
    const order = `, ${pct(sums.disagreed / sums.n)} depended on the order`;
    return `a judge preferred the candidate in ${pct(candidate)} and stable in ${pct(stable)} of pairs${order}`;
  }
  if (basis === 'slow') {
    const limits = tailLimits(spec, 1);
    const over = limits === null ? '' : ` ${inThousands(limits.candidateMs)} ms`;
    return `slower than${over} ${pct(candidate)} vs ${pct(stable)} of stable over the frozen p95`;
  }
  return `${nameOf(spec)} ${valueOf(spec, candidate)} vs ${valueOf(spec, stable)} in pairs`;
};

const limitOf = (spec: GuardrailSpec, { basis }: ShadowGuardrail, stable: number | null): number | null => {
  if (stable === null || basis === 'preference') return null;
  if (basis === 'slow') return stable;
  const share = marginShare(spec, 1);
  const loss = spec.margin.kind === 'relative' ? stable * share : share;
  const limit = spec.direction === 'increase' ? stable - loss : stable + loss;
  return basis === 'costUsd' ? limit : clamp01(limit);
};

/** From the growth so far; null while there is none. */
const pairsToProof = (n: number, logE: number, isProven: boolean): number | null => {
  if (isProven) return 0;
  if (!(logE >= 0.5) || n === 0) return null;
  const left = Math.ceil(((PROOF_NEEDED - logE) * n) / logE);
  return left > HOPELESS ? null : Math.max(1, left);
};

interface Weighed {
  readonly proof: number;
  readonly harm: number;
  readonly harmLimit: number;
}

const decide = (
  spec: GuardrailSpec,
  guardrail: ShadowGuardrail,
  sums: PairSums | undefined,
  { proof, harm, harmLimit }: Weighed,
  minPairs: number,
): { readonly outcome: GuardrailOutcome; readonly reason: string } => {
  if (sums === undefined || sums.n === 0) {
    const why =
      guardrail.basis === 'slow' && spec.frozen === null
        ? 'no p95 was frozen before the start'
        : guardrail.basis === 'preference'
          ? 'no pair was judged yet'
          : 'no pair yet';
    return { outcome: 'noData', reason: `${nameOf(spec)}: ${why}` };
  }
  const comparison = comparisonOf(spec, guardrail, sums);
  if (harm >= harmLimit) {
    const reason = `${comparison}, a ${lossOf(spec, 1)} or more is proven ${evidenceOf(harm, harmLimit)}`;
    return { outcome: 'harm', reason };
  }
  if (sums.n < minPairs) {
    const count = `${inThousands(sums.n)} of ${inThousands(minPairs)} pairs`;
    return { outcome: 'inconclusive', reason: `${comparison}: ${count}` };
  }
  return proof >= PROOF_NEEDED
    ? {
        outcome: 'pass',
        reason: `${comparison}, a ${lossOf(spec, 1)} is ruled out ${evidenceOf(proof, PROOF_NEEDED)}`,
      }
    : {
        outcome: 'inconclusive',
        reason: `${comparison}, a ${lossOf(spec, 1)} is not ruled out yet ${evidenceOf(proof, PROOF_NEEDED)}`,
      };
};

const judgeOne = (spec: GuardrailSpec, evidence: ShadowEvidence, minPairs: number): GuardrailVerdict => {
  const guardrail = evidence.guardrails.find(({ id }) => id === spec.id) ?? {
    id: spec.id,
    basis: 'quality' as const,
    proof: { logE: 0, maxLogE: 0 },
    harm: { logE: 0, maxLogE: 0 },
  };
  const sums = evidence.totals[guardrail.basis];
  const weighed: Weighed = {
    // A bounded metric's proof stays proven; a mean's, which is asymptotic, holds at the look that uses it.
    proof: guardrail.basis === 'costUsd' ? guardrail.proof.logE : guardrail.proof.maxLogE,
    harm: guardrail.harm.maxLogE,
    harmLimit: Math.log(1 / evidence.alpha.harm),
  };
  const { outcome, reason } = decide(spec, guardrail, sums, weighed, minPairs);
  const n = sums?.n ?? 0;
  const observed = sums === undefined ? { stable: null, candidate: null } : observedOf(sums);
  const toProof = pairsToProof(n, weighed.proof, weighed.proof >= PROOF_NEEDED);
  return {
    id: spec.id,
    required: spec.required,
    outcome,
    reason,
    observed,
    limit: limitOf(spec, guardrail, observed.stable),
    proof: clamp01(weighed.proof / PROOF_NEEDED),
    harm: outcome === 'harm' ? 1 : clamp01(weighed.harm / weighed.harmLimit),
    labels: { stable: n, candidate: n },
    labelsNeeded: toProof === null ? null : Math.max(toProof, minPairs - n, 0),
    unit: guardrail.basis === 'costUsd' ? 'usd' : 'share',
  };
};

/**
 * The verdict of a look at a shadow: `healthy` when every required guardrail has proven, with at least `minPairs` pairs, that one margin
 * is ruled out. `labels` count pairs.
 * @throws RangeError naming the guardrail's field, minPairs or `evidence.version`.
 */
export const judgeShadow = (
  evidence: ShadowEvidence,
  { guardrails, minPairs }: ShadowQuestion,
): FullVerdict => {
  if (evidence.version !== 1) {
    throw new RangeError(`evidence.version must be 1, got ${String(evidence.version)}`);
  }
  guardrails.forEach(requireSpec);
  if (!(Number.isSafeInteger(minPairs) && minPairs >= 1)) {
    throw new RangeError(`minPairs must be a whole number from 1, got ${minPairs}`);
  }
  return overallOf(guardrails.map((spec) => judgeOne(spec, evidence, minPairs)));
};
