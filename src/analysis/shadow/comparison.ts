/**
 * A guardrail's two questions about pairs, in the terms of the tests: which metric of the pairs it reads, and which combination of both
 * values has a mean above 0 when the candidate is within the margin (non-inferiority) or beyond it (harm). Nothing is tested here.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { PairMetric } from '../../domain/pair-block.ts';
import { marginShare } from '../rollout/hypotheses.ts';
import type { PairedForm } from './paired-bets.ts';

/** The pairs' metric that a guardrail is judged by. `judged`: quality is what a judge prefers, not what was graded. */
export const basisOf = (spec: Pick<GuardrailSpec, 'metric'>, judged: boolean): PairMetric => {
  if (spec.metric === 'quality') return judged ? 'preference' : 'quality';
  return ({ error: 'error', latencyMs: 'slow', costUsd: 'costUsd' } as const)[spec.metric];
};

/**
 * The combination whose mean is above 0 exactly when the candidate is within one margin. s is the stable side, c the candidate:
 *
 *     quality, relative:  c - (1 - m) s        absolute: c - s + m
 *     errors, absolute:   s - c + m            relative: (1 + m) s - c
 *     slow sides:         s - c                (a relative margin widens the candidate's limit instead, as with live traffic)
 *     preference:         (1 + 2m) c - (1 - 2m) s
 *
 * The last one is the sign test on the pairs that were decided: its mean is 0 where the candidate wins a share of 1/2 - m of them, and
 * ties are exactly 0 and count for nothing.
 */
export const withinMargin = (spec: GuardrailSpec, basis: PairMetric): PairedForm => {
  const m = marginShare(spec, 1);
  if (basis === 'preference') {
    const most = Math.min(m, 0.45);
    return { onS: -(1 - 2 * most), onC: 1 + 2 * most, constant: 0 };
  }
  const worse = spec.direction === 'increase' ? -1 : 1;
  const margin = spec.margin.kind === 'absolute' ? m : 0;
  const factor = spec.margin.kind === 'absolute' || basis === 'slow' ? 1 : 1 + worse * m;
  return { onS: worse * factor, onC: -worse, constant: margin };
};

/** The same with its sign turned: a mean above 0 when the candidate is worse than the margin. */
export const beyondMargin = (spec: GuardrailSpec, basis: PairMetric): PairedForm => {
  const { onS, onC, constant } = withinMargin(spec, basis);
  return { onS: -onS, onC: -onC, constant: -constant };
};
