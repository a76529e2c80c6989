/** The conclusion in one plain sentence, for somebody who reads no statistics. It decides nothing. */
import type { ExperimentVerdict, VariantLook } from '../../analysis/index.ts';
import type { AllocationKind } from '../../domain/experiment.ts';
import type { ExperimentConclusion, ExperimentPlan } from '../../state/experiment/index.ts';
import type { Spent } from './spent.ts';
import { inThousands, shortly, signedPct, signedPoints, usd } from './words.ts';

interface Context {
  readonly plan: Pick<ExperimentPlan, 'primary' | 'analysis' | 'allocation' | 'budget' | 'criteria'>;
  readonly verdict: ExperimentVerdict;
  readonly look: VariantLook | null;
  readonly spent: Spent;
}

type Told = Omit<ExperimentConclusion, 'sentence'>;

/** "quality 0.842 against 0.801 (+5.1 %; between +1.2 and +7 points)". */
const comparison = ({ effect }: Told, { plan, look }: Context): string => {
  if (look === null || effect === null) return 'there was nothing to compare';
  const { control, variant } = look.observed;
  const ofCost = plan.primary === 'cost';
  const value = ofCost ? usd : shortly;
  const way = ofCost ? (change: number) => `${change < 0 ? '' : '+'}${usd(change)}` : signedPoints;
  const range =
    effect.low === null || effect.high === null ? '' : `; between ${way(effect.low)} and ${way(effect.high)}`;
  const change = effect.relative === null ? way(effect.difference) : signedPct(effect.relative);
  return `${ofCost ? 'cost per request' : 'quality'} ${value(variant!)} against ${value(control!)} (${change}${range})`;
};

const savings = ({ savedUsdPer1000Requests: saved, latencyP95Ms }: Told): string => {
  const parts: string[] = [];
  if (saved !== null && Math.abs(saved) >= 0.005) {
    parts.push(
      `it ${saved > 0 ? 'saves' : 'costs'} ${usd(Math.abs(saved))}${saved > 0 ? '' : ' more'} per 1,000 requests`,
    );
  }
  if (latencyP95Ms !== null && latencyP95Ms.control > 0) {
    const change = latencyP95Ms.variant / latencyP95Ms.control - 1;
    if (Math.abs(change) >= 0.01) parts.push(`95 % of answers take ${signedPct(change)} time`);
  }
  return parts.length === 0 ? '' : `; ${parts.join(' and ')}`;
};

const asked = ({ plan }: Context): string => {
  const { minImprovementPct, minCostReductionPct } = plan.criteria;
  return plan.primary === 'cost'
    ? `${minCostReductionPct} % less cost`
    : `${minImprovementPct} % better quality or ${minCostReductionPct} % less cost`;
};

const labelsOf = ({ look }: Context): string =>
  look === null ? '0' : inThousands(Math.min(look.labels.control, look.labels.variant));

const noDifference = (told: Told, context: Context, why: string): string =>
  `No difference was found between control and ${told.variant ?? 'the variants'} ${why}, after ${labelsOf(context)} outcomes per arm: ${comparison(told, context)}.`;

const body = (told: Told, context: Context): string => {
  const { verdict, spent, look } = context;
  const compared = comparison(told, context);
  switch (told.outcome) {
    case 'adopted':
      return `${told.variant} is better than what is live: ${compared}${savings(told)}.`;
    case 'keptControl': {
      if (verdict.outcome === 'controlBetter') {
        return `What is live stays: every variant is worse, ${told.variant} the least: ${compared}.`;
      }
      if (verdict.outcome === 'winner') {
        return `What is live stays: ${told.variant} is better, but by less than was asked for to the end (${asked(context)}): ${compared}${savings(told)}.`;
      }
      const better = verdict.perVariant.find(({ status }) => status === 'better') ?? look;
      const open = better?.guardrails.filter(({ required, outcome }) => required && outcome !== 'pass') ?? [];
      const names = open.map(({ metric }) => metric).join(', ');
      return `What is live stays: ${better?.variant ?? told.variant} is better, but it was not shown in time that it does not hurt ${names}.`;
    }
    case 'harmed':
      return `Stopped, because it did harm: ${verdict.reason}.`;
    case 'budgetSpent': {
      const lost = `${inThousands(spent.regret)} good answers and ${usd(spent.usd)}`;
      return `Stopped, because what it may cost is spent (about ${lost}), before anything was proven: ${compared}.`;
    }
    case 'expired':
      if (verdict.outcome === 'unjudged')
        return `It could not be judged whether ${told.variant ?? 'a variant'} is better: ${verdict.reason}.`;
      return noDifference(told, context, 'before the time was up');
    default:
      return noDifference(told, context, 'within the planned size');
  }
};

const OF_BELIEF = ' This is a belief (a posterior), and holds no error rate.';
const OF_REGRET = ' Traffic followed the outcomes, which loses less and finds less.';

/** What is put out was decided already: elimination finds no less of the others. */
const OF_ALLOCATION: Readonly<Record<AllocationKind, string>> = {
  fixed: '',
  thompson: OF_REGRET,
  t3c: OF_REGRET,
  elimination: '',
};

/** One sentence, and a second where the reader must know how it was come by. */
export const sentenceOf = (told: Told, context: Context): string => {
  const { analysis, allocation } = context.plan;
  const belief = analysis === 'bayesian' && told.outcome !== 'harmed' ? OF_BELIEF : '';
  return `${body(told, context)}${belief}${OF_ALLOCATION[allocation.kind]}`;
};
