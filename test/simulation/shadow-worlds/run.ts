/** One shadow by the functions that judge real ones, and beside it the rule that people use: a paired test repeated at every look. */
import { foldPairBlock, judgeShadow, startShadowEvidence } from '../../../src/analysis/index.ts';
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import type { PairMetric, PairSums } from '../../../src/domain/pair-block.ts';
import { drawSums, pairBlock, type DrawPair } from './pairs.ts';

export interface ShadowSetting {
  readonly guardrails: readonly GuardrailSpec[];
  readonly draws: Readonly<Partial<Record<PairMetric, DrawPair>>>;
  readonly minPairs: number;
  readonly pairsPerLook: number;
  readonly maxPairs: number;
  readonly judged?: boolean;
}

/** How it ended and after how many pairs. `naive`: what the repeated paired test said first. */
export interface ShadowRun {
  readonly end: 'passed' | 'harm' | 'undecided';
  readonly pairs: number;
  readonly naive: 'passed' | 'harm' | 'undecided';
}

/** 5 % one-sided. */
const CRITICAL_Z = 1.645;

/** Paired z of c - (1 - margin) s: above the critical value the drop looks ruled out, below its negative it looks proven. */
const naiveSays = (sums: PairSums | undefined, minPairs: number): ShadowRun['naive'] => {
  if (sums === undefined || sums.n < minPairs) return 'undecided';
  const { n, sumS, sumC, sumSS, sumCC, sumSC } = sums;
  const mean = (sumC - 0.95 * sumS) / n;
  const squares = (sumCC + 0.9025 * sumSS - 1.9 * sumSC) / n;
  const z = mean / Math.sqrt((squares - mean * mean) / n);
  if (z > CRITICAL_Z) return 'passed';
  return z < -CRITICAL_Z ? 'harm' : 'undecided';
};

export const runShadow = (setting: ShadowSetting, next: () => number): ShadowRun => {
  const { guardrails, draws, minPairs, pairsPerLook, maxPairs, judged = false } = setting;
  let evidence = startShadowEvidence(guardrails, judged);
  let ours: Pick<ShadowRun, 'end' | 'pairs'> | null = null;
  let naive: ShadowRun['naive'] = 'undecided';
  for (let no = 1; no * pairsPerLook <= maxPairs && (ours === null || naive === 'undecided'); no++) {
    const metrics = Object.fromEntries(
      Object.entries(draws).map(([metric, draw]) => [metric, drawSums(pairsPerLook, draw, next)]),
    );
    evidence = foldPairBlock(evidence, pairBlock(no, metrics), guardrails);
    if (naive === 'undecided') naive = naiveSays(evidence.totals.quality, minPairs);
    if (ours !== null) continue;
    const { outcome } = judgeShadow(evidence, { guardrails, minPairs });
    if (outcome === 'healthy') ours = { end: 'passed', pairs: no * pairsPerLook };
    if (outcome === 'harm') ours = { end: 'harm', pairs: no * pairsPerLook };
  }
  return { ...(ours ?? { end: 'undecided', pairs: maxPairs }), naive };
};
