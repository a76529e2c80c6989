/**
 * About how many pairs a shadow needs, told before it starts: for a candidate that equals the stable arm, with both sides of a pair
 * independent. Sides that are alike need fewer. A projection for people; no verdict depends on it.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { requireWhole } from '../../math/require.ts';
import { ASYMPTOTIC_BURN_IN } from '../asymptotic.ts';
import { requireBaseline } from '../rollout/evidence.ts';
import { marginShare, requireSpec } from '../rollout/hypotheses.ts';
import { plannedRates } from '../rollout/labels-needed.ts';
import { PROOF_NEEDED } from '../rollout/ladder.ts';
import type { PlanBaseline } from '../rollout/plan-labels.ts';
import { basisOf, withinMargin } from './comparison.ts';
import { pairedGrowth } from './paired-bets.ts';

/** What the mean over the stakes costs against the best one, and the chance of a slow start. */
const SPREAD_COST = 2;

/** The frozen p95 is slower than this share of requests. */
const TAIL_SHARE = 0.05;

/** Share of pairs that a judge decides, and that either side wins, when both are equal. */
const DECIDED_FOR_ONE = 0.25;

/** Pairs beyond which a plan is no longer told. */
const HOPELESS = 10_000_000;

export interface PairsPlan {
  readonly pairs: number;
  /** The guardrail that needs most; null where `minPairs` decides. */
  readonly slowest: GuardrailSpec['id'] | null;
}

const pairsFor = (spec: GuardrailSpec, judged: boolean, baseline: PlanBaseline): number | null => {
  const basis = basisOf(spec, judged);
  if (basis === 'costUsd') {
    const z = 1.6 * Math.sqrt(2 * Math.log(20));
    return Math.max(ASYMPTOTIC_BURN_IN, Math.ceil(2 * (z / marginShare(spec, 1)) ** 2));
  }
  const rates: Readonly<Record<typeof basis, number | null>> = {
    quality: baseline.quality ?? null,
    error: baseline.errorRate ?? null,
    slow: TAIL_SHARE,
    preference: DECIDED_FOR_ONE,
  };
  const base = rates[basis];
  if (base === null) return null;
  const p = Math.min(1 - 1e-4, Math.max(1e-4, base));
  const [s, c] = plannedRates(spec, p, marginShare(spec, 1));
  const both = basis === 'preference' ? 0 : s * c;
  const growth = pairedGrowth(s, c, withinMargin(spec, basis), both);
  const pairs = growth > 0 ? Math.ceil((PROOF_NEEDED + SPREAD_COST) / growth) : Infinity;
  return pairs > HOPELESS ? null : pairs;
};

/**
 * The pairs that the slowest required guardrail needs, at least `minPairs`; null when a base rate is unknown or the end is out of sight.
 * @throws RangeError naming the guardrail's field, `baseline` or `minPairs`.
 */
export const planPairs = ({
  guardrails,
  baseline,
  minPairs,
  judged,
}: {
  readonly guardrails: readonly GuardrailSpec[];
  readonly baseline: PlanBaseline;
  readonly minPairs: number;
  readonly judged: boolean;
}): PairsPlan | null => {
  guardrails.forEach(requireSpec);
  requireBaseline(baseline);
  requireWhole('minPairs', minPairs, 1);
  let plan: PairsPlan = { pairs: minPairs, slowest: null };
  for (const spec of guardrails.filter((each) => each.required)) {
    const pairs = pairsFor(spec, judged, baseline);
    if (pairs === null) return null;
    if (pairs > plan.pairs) plan = { pairs, slowest: spec.id };
  }
  return plan;
};
