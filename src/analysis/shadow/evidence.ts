/**
 * The running evidence of a shadow: totals of the pairs per metric and, per guardrail, how much they prove. Plain JSON that travels in the
 * workflow's state as the recorded result of a decide activity. It holds no pair and decides nothing; `judge-shadow.ts` does.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { PAIR_METRICS, type PairBlock, type PairMetric, type PairSums } from '../../domain/pair-block.ts';
import { requireSpec } from '../rollout/hypotheses.ts';
import { HARM_ALPHA, NON_INFERIORITY_ALPHA } from '../rollout/ladder.ts';
import { marginShare } from '../rollout/hypotheses.ts';
import { basisOf, beyondMargin, withinMargin } from './comparison.ts';
import { pairedLogE } from './paired-bets.ts';
import { pairedMeanEvidence } from './paired-mean.ts';

/** Evidence now, and the most there ever was. */
export interface PairedProcess {
  readonly logE: number;
  readonly maxLogE: number;
}

export interface ShadowGuardrail {
  readonly id: GuardrailSpec['id'];
  /** The pairs' metric that it is judged by. */
  readonly basis: PairMetric;
  readonly proof: PairedProcess;
  readonly harm: PairedProcess;
}

/** `alpha.harm` is for one guardrail. `lastBlockNo` keeps a block from being folded twice. */
export interface ShadowEvidence {
  readonly version: 1;
  readonly alpha: { readonly harm: number };
  readonly lastBlockNo: number | null;
  readonly totals: Readonly<Partial<Record<PairMetric, PairSums>>>;
  readonly guardrails: readonly ShadowGuardrail[];
}

const NOTHING: PairedProcess = { logE: 0, maxLogE: 0 };

/**
 * Evidence of a shadow that has seen nothing.
 * @param judged quality is what a judge prefers, not what was graded.
 * @throws RangeError naming the guardrail's field.
 */
export const startShadowEvidence = (
  guardrails: readonly GuardrailSpec[],
  judged: boolean,
): ShadowEvidence => {
  guardrails.forEach(requireSpec);
  const required = guardrails.filter((spec) => spec.required).length;
  return {
    version: 1,
    alpha: { harm: HARM_ALPHA / Math.max(1, required) },
    lastBlockNo: null,
    totals: {},
    guardrails: guardrails.map((spec) => ({
      id: spec.id,
      basis: basisOf(spec, judged),
      proof: NOTHING,
      harm: NOTHING,
    })),
  };
};

const FIELDS = ['n', 'sumS', 'sumC', 'sumSS', 'sumCC', 'sumSC', 'greater', 'smaller', 'disagreed'] as const;

const plus = (a: PairSums | undefined, b: PairSums): PairSums =>
  a === undefined
    ? b
    : {
        n: a.n + b.n,
        sumS: a.sumS + b.sumS,
        sumC: a.sumC + b.sumC,
        sumSS: a.sumSS + b.sumSS,
        sumCC: a.sumCC + b.sumCC,
        sumSC: a.sumSC + b.sumSC,
        greater: a.greater + b.greater,
        smaller: a.smaller + b.smaller,
        disagreed: a.disagreed + b.disagreed,
      };

/** @throws RangeError naming the field of `block`. */
const requireBlock = ({ no, metrics }: PairBlock): void => {
  if (!Number.isSafeInteger(no)) throw new RangeError(`block.no must be a whole number, got ${no}`);
  for (const metric of PAIR_METRICS) {
    const sums = metrics[metric];
    for (const field of sums === undefined ? [] : FIELDS) {
      const value = sums?.[field];
      if (!(Number.isFinite(value) && Number(value) >= 0)) {
        throw new RangeError(`block.metrics.${metric}.${field} must be a number from 0, got ${value}`);
      }
    }
  }
};

const advance = (process: PairedProcess, logE: number): PairedProcess => ({
  logE,
  maxLogE: Math.max(process.maxLogE, logE),
});

const weighed = (
  guardrail: ShadowGuardrail,
  spec: GuardrailSpec,
  totals: ShadowEvidence['totals'],
  alpha: ShadowEvidence['alpha'],
): ShadowGuardrail => {
  const sums = totals[guardrail.basis];
  if (sums === undefined) return guardrail;
  const { basis, proof, harm } = guardrail;
  if (basis !== 'costUsd') {
    return {
      ...guardrail,
      proof: advance(proof, pairedLogE(sums, withinMargin(spec, basis))),
      harm: advance(harm, pairedLogE(sums, beyondMargin(spec, basis))),
    };
  }
  const factor = 1 + marginShare(spec, 1);
  const within = pairedMeanEvidence(sums, { factor, side: 'less', alpha: NON_INFERIORITY_ALPHA });
  const beyond = pairedMeanEvidence(sums, { factor, side: 'greater', alpha: alpha.harm });
  return {
    ...guardrail,
    proof: advance(proof, within.ok ? within.value : 0),
    harm: advance(harm, beyond.ok ? beyond.value : 0),
  };
};

/**
 * The evidence after one more block; one that was folded before, or an older one, changes nothing.
 * @param guardrails the same list as at the start.
 * @throws RangeError naming the field of `block` or of the sums.
 */
export const foldPairBlock = (
  evidence: ShadowEvidence,
  block: PairBlock,
  guardrails: readonly GuardrailSpec[],
): ShadowEvidence => {
  if (evidence.version !== 1) {
    throw new RangeError(`evidence.version must be 1, got ${String(evidence.version)}`);
  }
  requireBlock(block);
  if (evidence.lastBlockNo !== null && block.no <= evidence.lastBlockNo) return evidence;
  const totals = { ...evidence.totals };
  for (const metric of PAIR_METRICS) {
    const sums = block.metrics[metric];
    if (sums !== undefined) totals[metric] = plus(totals[metric], sums);
  }
  return {
    ...evidence,
    lastBlockNo: block.no,
    totals,
    guardrails: evidence.guardrails.map((guardrail) => {
      const spec = guardrails.find(({ id }) => id === guardrail.id);
      return spec === undefined ? guardrail : weighed(guardrail, spec, totals, evidence.alpha);
    }),
  };
};
