/** What the evidence says about one guardrail of one variant. Total: only proof passes; nothing, one arm alone or too little never does. */
import { alwaysValidP } from '../tlg.ts';
import type { ExperimentGuardrail } from './design.ts';
import { harmAlarmOf, harmOf } from './harm-watch.ts';
import { intervalOf, observedOf } from './look.ts';
import type { ExperimentState, GuardrailEvidence } from './state.ts';
import type { GuardrailLook } from './verdict.ts';
import { comparisonInWords, lossInWords, pInWords } from './wording.ts';

const decide = (
  evidence: GuardrailEvidence,
  { alpha }: { readonly alpha: number },
  loss: string,
): Pick<GuardrailLook, 'outcome' | 'reason'> => {
  const { labels, nonInferiority } = evidence;
  const alarm = harmAlarmOf(evidence);
  if (alarm !== null) {
    const { logE, limit } = alarm;
    return {
      outcome: 'harm',
      reason: `${loss} or more is proven (log e ${logE.toFixed(1)} of ${limit.toFixed(1)})`,
    };
  }
  if (Math.min(labels.control, labels.variant) <= 0) {
    return { outcome: 'noData', reason: 'no block had outcomes of both arms yet' };
  }
  const p = alwaysValidP(nonInferiority.maxLogE);
  const proof = `(${pInWords(p)} of ${alpha})`;
  return p <= alpha
    ? { outcome: 'pass', reason: `${loss} is ruled out ${proof}` }
    : { outcome: 'inconclusive', reason: `${loss} is not ruled out yet ${proof}` };
};

/** Judges one guardrail. Never throws. */
export const judgeExperimentGuardrail = (
  evidence: GuardrailEvidence,
  { metric, margin, required }: ExperimentGuardrail,
  state: ExperimentState,
): GuardrailLook => {
  const observed = observedOf(evidence, metric);
  const { outcome, reason } = decide(evidence, state.design, lossInWords(metric, margin));
  return {
    metric: metric.id,
    required,
    outcome,
    reason: `${comparisonInWords(metric, observed)}: ${reason}`,
    observed,
    interval: intervalOf(evidence, state),
    p: alwaysValidP(evidence.nonInferiority.maxLogE),
    harm: harmOf(evidence, metric, state),
    labels: evidence.labels,
  };
};
