/**
 * What an experiment comes to: its outcome under the criteria of the service, the numbers, and a sentence for whoever asked for it. It proves nothing
 * by itself; the verdict and the evidence are given.
 */
import {
  getsUnits,
  type ExperimentState,
  type ExperimentVerdict,
  type VariantLook,
} from '../../analysis/index.ts';
import type { PrePeriodSums } from '../../domain/experiment-window.ts';
import {
  besideControl,
  type ExperimentConclusion,
  type ExperimentOutcome,
  type ExperimentPlan,
} from '../../state/experiment/index.ts';
import { sentenceOf } from './conclusion-sentence.ts';
import { cupedOf } from './cuped-of.ts';
import { effectInterval } from './effect-interval.ts';
import type { Spent } from './spent.ts';
import type { Totals } from './totals.ts';

export interface ToConclude {
  readonly plan: Pick<
    ExperimentPlan,
    'design' | 'primary' | 'analysis' | 'allocation' | 'budget' | 'criteria'
  >;
  readonly evidence: ExperimentState;
  readonly verdict: ExperimentVerdict;
  /** As the looks added them up, or exact ones of a window over the whole experiment (`totalsOfWindow`). */
  readonly totals: Totals;
  readonly spent: Spent;
  readonly prePeriod?: Readonly<Record<string, PrePeriodSums>>;
  /** The longest duration is over. */
  readonly expired?: boolean;
}

/** Per cent by which a variant is cheaper than control; null where there is nothing to compare. */
const reductionPct = ({ plan, totals }: ToConclude, variant: string): number | null => {
  const cost = besideControl(totals, plan.design.control, variant, 'costUsd');
  return cost === null || cost.control <= 0 ? null : (1 - cost.variant / cost.control) * 100;
};

/**
 * Whether a proven winner is worth a rollout: quality up by `minImprovementPct`, or cost down by `minCostReductionPct`, as observed. Where cost was to get
 * better, cost alone counts.
 */
const meetsCriteria = (asked: ToConclude, look: VariantLook): boolean => {
  const { plan } = asked;
  const { minImprovementPct, minCostReductionPct } = plan.criteria;
  const relative = look.observed.relative;
  if (plan.primary === 'cost') return relative !== null && -relative * 100 >= minCostReductionPct;
  if (relative !== null && relative * 100 >= minImprovementPct) return true;
  const cheaper = reductionPct(asked, look.variant);
  return cheaper !== null && cheaper >= minCostReductionPct;
};

/** The variant that the numbers are told of: the verdict's own, else the one that looks best. */
const told = ({ plan, verdict }: ToConclude): VariantLook | null => {
  const own = verdict.perVariant.find(({ variant }) => variant === verdict.variant);
  if (own !== undefined) return own;
  const sign = plan.design.primary.direction === 'increase' ? 1 : -1;
  const seen = verdict.perVariant.filter(({ observed }) => observed.difference !== null);
  return seen.reduce<VariantLook | null>(
    (kept, look) =>
      kept === null || sign * look.observed.difference! > sign * kept.observed.difference! ? look : kept,
    null,
  );
};

const fewestOf = ({ labels }: VariantLook): number => Math.min(labels.control, labels.variant);

const isOver = (spent: Spent, budget: ExperimentPlan['budget']): boolean =>
  (budget.usd !== null && spent.usd >= budget.usd) ||
  (budget.regret !== null && spent.regret >= budget.regret);

/** Null while nothing ends it; a frozen experiment is held, and ends by its budget alone. */
const outcomeOf = (asked: ToConclude, look: VariantLook | null): ExperimentOutcome | null => {
  const { verdict, plan, spent, expired = false } = asked;
  const { outcome } = verdict;
  if (outcome === 'harm') return 'harmed';
  // Money is spent whether or not the split is sound.
  if (outcome === 'frozen') return isOver(spent, plan.budget) ? 'budgetSpent' : null;
  if (outcome === 'winner') {
    if (look === null) return 'keptControl';
    if (meetsCriteria(asked, look)) return 'adopted';
    // What is seen at the moment of proof is noise as much as effect: at the cap it is told better.
    const isAtEnd = expired || isOver(spent, plan.budget) || fewestOf(look) >= plan.design.capPerArm;
    return isAtEnd ? 'keptControl' : null;
  }
  if (outcome === 'controlBetter') return 'keptControl';
  if (outcome === 'noDifference') {
    // Better, but without proof on a guardrail: to say that there is no difference would be wrong.
    if (verdict.perVariant.some(({ status }) => status === 'better')) return 'keptControl';
    const undecided = verdict.perVariant.filter(
      ({ status, variant }) => status !== 'worse' && getsUnits(asked.evidence, variant),
    );
    const fewest = Math.min(...undecided.map(fewestOf));
    return expired && fewest < plan.design.capPerArm ? 'expired' : 'noDifference';
  }
  if (outcome === 'unjudged') return 'expired';
  if (isOver(spent, plan.budget)) return 'budgetSpent';
  return expired ? 'expired' : null;
};

const effectOf = (
  { observed, interval }: VariantLook,
  evidence: ExperimentState,
  at: number,
): ExperimentConclusion['effect'] => {
  if (observed.difference === null) return null;
  // The analysis has none after a change of weights or of what answers; this one covers there as well.
  const shown = interval ?? effectInterval(evidence.variants[at]!.primary, evidence.design);
  const { difference, relative } = observed;
  return { difference, relative, low: shown?.low ?? null, high: shown?.high ?? null };
};

type Numbers = Omit<ExperimentConclusion, 'outcome' | 'variant' | 'sentence'>;

const NO_NUMBERS: Numbers = {
  effect: null,
  costUsdPerRequest: null,
  latencyP95Ms: null,
  savedUsdPer1000Requests: null,
  cuped: null,
};

const numbersOf = (look: VariantLook, { plan, evidence, totals, prePeriod = {} }: ToConclude): Numbers => {
  const { control, variants } = plan.design;
  const { variant } = look;
  const cost = besideControl(totals, control, variant, 'costUsd');
  // Sums of the pre-period are over all units: after a change they would mix who was where with when.
  const isComparable = plan.primary === 'quality' && (evidence.stage?.no ?? 0) === 0;
  return {
    effect: effectOf(look, evidence, variants.indexOf(variant)),
    costUsdPerRequest: cost,
    latencyP95Ms: besideControl(totals, control, variant, 'latencyMs'),
    savedUsdPer1000Requests: cost === null ? null : (cost.control - cost.variant) * 1000,
    cuped: isComparable ? cupedOf(prePeriod[control], prePeriod[variant], plan.design.alpha) : null,
  };
};

/**
 * The conclusion, or null while the experiment goes on (or is held, when frozen: then only a spent budget ends it).
 *
 * | outcome | when |
 * |---|---|
 * | `adopted` | a proven winner that meets the criteria |
 * | `keptControl` | a proven winner that is better by less at the cap or the end, or without proof on a guardrail at the end; or every variant proven worse |
 * | `noDifference`, `expired` | the cap, or the end of the time before it, without a difference |
 * | `expired` | at once, when no error probability is left (`unjudged`): the sentence says that it could not be judged |
 * | `harmed` | a required guardrail is proven to be hurt |
 * | `budgetSpent` | what it may lose or cost is used up, and nothing is proven |
 *
 * The effect is that of the running phase, at stopping: an experiment that stops because it looks good shows a little more than there is (`simulate
 * experiments`, biasAtStop).
 * @throws RangeError as `cupedOf`, for sums of a pre-period that cannot be.
 */
export const concludeExperiment = (asked: ToConclude): ExperimentConclusion | null => {
  const look = told(asked);
  const outcome = outcomeOf(asked, look);
  if (outcome === null) return null;
  const numbers = look === null ? NO_NUMBERS : numbersOf(look, asked);
  const conclusion = { outcome, variant: look?.variant ?? null, ...numbers };
  return { ...conclusion, sentence: sentenceOf(conclusion, { ...asked, look }) };
};
