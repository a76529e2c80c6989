/**
 * The bets on the next block, for databases that add up scores themselves: they are known before the block, so the sum of ln(1 + stake Z) can be had
 * in one query, and no single score leaves the database. Nothing is folded here.
 */
import { nextBet } from '../betting.ts';
import { restartsAt } from '../restarts.ts';
import { betKey, type BetOwner } from './bet-key.ts';
import { guardrailBoundary, superiorityBoundary, type Boundary } from './hypotheses.ts';
import { armsOf, requireRecord, type MetricSpec } from './design.ts';
import { emptyProcess, type Process } from './process.ts';
import { harmStep, stageOf } from './stage.ts';
import { requireVersion, type ExperimentState } from './state.ts';

/**
 * One bet: for a score y, Z = (y - centre) / share - shift in the variant and -(factor y - centre) / (1 - share) - shift in control. The
 * block's `bets.logGrowth[key]` is the sum of ln(1 + stake Z) over both arms; a stake of 0 earns 0.
 */
export interface ExperimentBet extends BetOwner {
  readonly key: string;
  readonly centre: number;
  readonly stake: number;
  readonly share: number;
  readonly factor: number;
  readonly shift: number;
}

/**
 * The bets of every score metric for the block that comes next, under the weights and stage it will have.
 * Bets of a variant without a weight are left out: it takes no part in that block.
 * @throws RangeError or TypeError naming state.version, weights or stage.
 */
export const nextExperimentBets = (
  state: ExperimentState,
  { weights, stage }: { readonly weights: Readonly<Record<string, number>>; readonly stage?: number },
): readonly ExperimentBet[] => {
  requireVersion(state);
  const { design } = state;
  requireRecord('weights', weights);
  if (stage !== undefined && !Number.isSafeInteger(stage)) {
    throw new RangeError(`stage must be a whole number, got ${stage}`);
  }
  const wA = weights[design.control];
  for (const [arm, weight] of Object.entries(weights)) {
    if (!armsOf(design).includes(arm)) {
      throw new RangeError(`weights must name arms of the design, got ${arm}`);
    }
    if (!(weight > 0 && weight < Infinity)) {
      throw new RangeError(`weights.${arm} must be a finite number above 0, got ${weight}`);
    }
  }
  if (wA === undefined) return [];
  const next = stageOf(state, weights, stage);
  const bet = (
    owner: BetOwner,
    process: Process,
    boundary: Boundary,
    wB: number,
  ): readonly ExperimentBet[] => {
    if (process.kind !== 'bets') return [];
    const share = wB / (wA + wB);
    const { factor, shift } = boundary;
    return [{ ...owner, key: betKey(owner), ...nextBet(process, share, boundary), share, factor, shift }];
  };
  const metricBets = (variant: string, metric: MetricSpec, wB: number): readonly ExperimentBet[] => {
    const evidence = state.variants.find((one) => one.variant === variant)!;
    if (metric.id === design.primary.id) {
      const owner = { variant, metric: metric.id, question: 'superiority' as const };
      return bet(owner, evidence.primary.superiority, superiorityBoundary(design), wB);
    }
    const i = design.guardrails.findIndex((one) => one.metric.id === metric.id);
    const { margin } = design.guardrails[i]!;
    const { nonInferiority, harm, longHarm } = evidence.guardrails[i]!;
    const watch = restartsAt(harm, harmStep(next, metric)) ? emptyProcess(metric) : harm.process;
    const processes = { nonInferiority, harm: watch, longHarm: longHarm.process };
    return (['nonInferiority', 'harm', 'longHarm'] as const).flatMap((question) =>
      bet(
        { variant, metric: metric.id, question },
        processes[question],
        guardrailBoundary(metric, margin, question),
        wB,
      ),
    );
  };
  const scores = [design.primary, ...design.guardrails.map(({ metric }) => metric)].filter(
    (metric) => metric.kind === 'score',
  );
  return design.variants.flatMap((variant) => {
    const wB = weights[variant];
    return wB === undefined ? [] : scores.flatMap((metric) => metricBets(variant, metric, wB));
  });
};
