/**
 * From the verdicts of the guardrails to the verdict of the look: harm before anything else, then what holds both arms, then what is
 * missing, then what is not proven yet. Looks at no evidence.
 */
import type { GuardrailOutcome, GuardrailVerdict, Observed, StepVerdict } from '../../domain/guardrail.ts';

/** A verdict of a look with the numbers that decided it told in full. */
export type FullVerdict = StepVerdict &
  Required<Pick<StepVerdict, 'decidedBy' | 'observed' | 'limit' | 'labelsNeeded'>>;

/** What speaks about all guardrails at once, each a sentence or null. */
export interface Overriding {
  /** Why both arms are thought to fall together. */
  readonly bothHurt?: string | null;
  /** Why the evidence is too old to let anything pass. */
  readonly stale?: string | null;
}

const NOTHING: Observed = { stable: null, candidate: null };

/** The worst first. */
const SEVERITY: readonly GuardrailOutcome[] = ['harm', 'noData', 'inconclusive', 'pass'];

/** The required guardrail that stands worst: by outcome, then by how little is proven, then by its place in the list. */
const worstOf = (required: readonly GuardrailVerdict[]): GuardrailVerdict | null => {
  let worst: GuardrailVerdict | null = null;
  for (const each of required) {
    if (worst === null) {
      worst = each;
      continue;
    }
    const rank = SEVERITY.indexOf(each.outcome) - SEVERITY.indexOf(worst.outcome);
    const further = rank === 0 && each.outcome === 'inconclusive' && each.proof < worst.proof;
    if (rank < 0 || further) worst = each;
  }
  return worst;
};

const mostLabels = (required: readonly GuardrailVerdict[]): number | null => {
  let most: number | null = required.length === 0 ? null : 0;
  for (const { labelsNeeded } of required) {
    most = most === null || labelsNeeded === null ? null : Math.max(most, labelsNeeded);
  }
  return most;
};

const outcomeOf = (
  required: readonly GuardrailVerdict[],
  worst: GuardrailVerdict | null,
  { bothHurt = null, stale = null }: Overriding,
): Pick<StepVerdict, 'outcome' | 'reason'> => {
  if (worst?.outcome === 'harm') return { outcome: 'harm', reason: worst.reason };
  if (bothHurt !== null) return { outcome: 'bothHurt', reason: bothHurt };
  if (stale !== null) return { outcome: 'noData', reason: stale };
  if (worst === null) {
    return { outcome: 'inconclusive', reason: 'no guardrail is required, so nothing can be proven' };
  }
  return worst.outcome === 'pass'
    ? { outcome: 'healthy', reason: required.map((g) => g.reason).join('; ') }
    : { outcome: worst.outcome, reason: worst.reason };
};

/** The verdict of a look. An advisory guardrail is carried along and never decides. */
export const overallOf = (
  guardrails: readonly GuardrailVerdict[],
  overriding: Overriding = {},
): FullVerdict => {
  const required = guardrails.filter((g) => g.required);
  const worst = worstOf(required);
  const { outcome, reason } = outcomeOf(required, worst, overriding);
  return {
    outcome,
    reason,
    guardrails,
    decidedBy: outcome === 'bothHurt' ? null : (worst?.id ?? null),
    observed: worst?.observed ?? NOTHING,
    limit: worst?.limit ?? null,
    labelsNeeded: mostLabels(required),
  };
};
