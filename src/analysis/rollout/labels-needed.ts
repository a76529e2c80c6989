/**
 * About how many labels a proof still takes: an honest projection, shown to people and never decided upon. From the growth of
 * the evidence seen so far, or before there is any from a candidate that equals the stable arm.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { plugIn, tlgGrowth, type TlgNull, type TlgState } from '../tlg.ts';
import { PROOF_NEEDED } from './ladder.ts';

/**
 * Evidence that is paid while the plug-in estimates learn the two rates, on top of the limit: chosen so that a plan lies
 * between the median and the 95 % quantile of what `npm run simulate -- canary` takes.
 */
const LEARNING_COST = 4;

/** A request slower than the frozen p95 by the factor f is rarer by f to the power of this: a heavy tail's exponent. */
const TAIL_EXPONENT = 3;

/** Labels of the candidate from which its own rates are believed. */
const ENOUGH_TO_BELIEVE = 200;

/** Beyond this many labels a projection is no longer told. */
const HOPELESS = 10_000_000;

/** Rates at which an equal candidate is planned: for a tail the candidate's limit is the wider one. */
export const plannedRates = (
  spec: GuardrailSpec,
  stableRate: number,
  marginShareAtRung: number,
): readonly [number, number] => {
  if (spec.kind !== 'tail' || spec.margin.kind === 'absolute') return [stableRate, stableRate];
  return [stableRate, stableRate / (1 + marginShareAtRung) ** TAIL_EXPONENT];
};

/** Candidate labels for a proof (evidence of `proof`) at this growth per candidate label, null where there is none. */
export const labelsAtGrowth = (
  growth: number,
  evidenceSoFar: number,
  proof: number = PROOF_NEEDED,
): number | null => {
  if (!(growth > 0)) return null;
  const needed = Math.ceil((proof + LEARNING_COST - evidenceSoFar) / growth);
  return needed > HOPELESS ? null : Math.max(1, needed);
};

/**
 * Candidate labels that a rung still needs; 0 when it is proven, null when it cannot be told: nothing seen yet, the candidate's own estimate
 * lies on the wrong side of the boundary, or the end is out of sight.
 */
export const labelsToProof = (
  process: TlgState,
  hypothesis: TlgNull,
  spec: GuardrailSpec,
  marginShareAtRung: number,
  weightPct: number,
): number | null => {
  if (process.maxLogE >= PROOF_NEEDED) return 0;
  if (process.nA === 0 || process.nB === 0 || !(weightPct > 0)) return null;
  if (process.logE >= 1) {
    const perLabel = process.logE / process.nB;
    const left = Math.ceil((PROOF_NEEDED - process.logE) / perLabel);
    return left > HOPELESS ? null : Math.max(1, left);
  }
  const stablePerCandidate = (100 - weightPct) / weightPct;
  const pA = plugIn(process.nA, process.sA);
  const pB = plugIn(process.nB, process.sB);
  if (process.nB >= ENOUGH_TO_BELIEVE && tlgGrowth(pA, pB, stablePerCandidate, hypothesis) === 0) return null;
  const [a, b] = plannedRates(spec, pA, marginShareAtRung);
  return labelsAtGrowth(tlgGrowth(a, b, stablePerCandidate, hypothesis), process.logE);
};
