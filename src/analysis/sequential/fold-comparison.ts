/** Folds one metric of control and a variant: counts, the effect within blocks, the means of the stage; and what a test is fed with. */
import { mergeMoments, emptyMoments, momentsOf, type Moments } from '../moments.ts';
import type { MetricBlock, ScoresBlock, ScoreSumsBlock, TailBlock } from './block.ts';
import { countOf } from './block.ts';
import { betKey } from './bet-key.ts';
import { isHarm, type Question } from './hypotheses.ts';
import { intervalAlpha, type ExperimentDesign, type MetricMargin } from './design.ts';
import type { PairData } from './process.ts';
import { emptyRunningInterval, lookAtMeans } from './running-interval.ts';
import type { Comparison, Pair, StageState } from './state.ts';

/** One metric of both arms in one block; never both empty, and one only for scores and means (`pair-of.ts`). */
export type PairBlock = Pair<MetricBlock>;

/** What was in force while the block's traffic ran. `bets` holds what each bet earned, by its key. */
export interface FoldContext {
  readonly design: ExperimentDesign;
  readonly stage: StageState;
  readonly isNewStage: boolean;
  readonly variant: string;
  readonly bets: Readonly<Record<string, number>>;
}

const scoreMoments = ({ scores }: ScoresBlock): Moments => {
  let [sum, sumOfSquares] = [0, 0];
  for (const score of scores) {
    sum += score;
    sumOfSquares += score * score;
  }
  return momentsOf(scores.length, sum, sumOfSquares);
};

const momentsOfBlock = (block: MetricBlock): Moments => {
  if (block.kind === 'scores') return scoreMoments(block);
  if (block.kind === 'proportion') return momentsOf(block.n, block.successes, block.successes);
  if (block.kind === 'tail') return momentsOf(block.n, block.above, block.above);
  return momentsOf(block.n, block.sum, block.sumOfSquares);
};

/** Share of alpha that the running stage may spend on means: none beyond the stages that were planned. */
const shareOfAlpha = ({ stages }: ExperimentDesign, { no }: StageState): number =>
  no < stages ? 1 / stages : 0;

/** The comparison after one more block; a new stage leaves the means of the old one behind, also when this block lacks an arm. */
export const foldComparison = <C extends Comparison>(
  before: C,
  pair: PairBlock | null,
  { design, stage, isNewStage }: FoldContext,
): C => {
  const started = isNewStage ? { control: emptyMoments(), variant: emptyMoments() } : before.stage;
  const interval = isNewStage ? emptyRunningInterval() : before.interval;
  if (pair === null) return isNewStage ? { ...before, stage: started, interval } : before;
  const [a, b] = [momentsOfBlock(pair.control), momentsOfBlock(pair.variant)];
  const [nA, nB] = [countOf(pair.control), countOf(pair.variant)];
  const weight = (nA * nB) / (nA + nB);
  const { labels, effect } = before;
  const means = { control: mergeMoments(started.control, a), variant: mergeMoments(started.variant, b) };
  return {
    ...before,
    labels: { control: labels.control + nA, variant: labels.variant + nB },
    effect: {
      weight: effect.weight + weight,
      control: effect.control + weight * a.mean,
      variant: effect.variant + weight * b.mean,
    },
    stage: means,
    interval:
      shareOfAlpha(design, stage) > 0
        ? lookAtMeans(interval, means.control, means.variant, {
            alpha: intervalAlpha(design),
            nOpt: design.nOpt,
          })
        : interval,
  };
};

const isTail = (block: MetricBlock): block is TailBlock => block.kind === 'tail';
const isScore = (block: MetricBlock): block is ScoresBlock | ScoreSumsBlock =>
  block.kind === 'scores' || block.kind === 'scoreSums';

const successesOf = (block: MetricBlock): number => {
  if (isTail(block)) return block.above;
  return block.kind === 'proportion' ? block.successes : 0;
};

/** Values of the variant above its own limit, which a relative margin widens. */
const aboveOwnLimit = (block: MetricBlock, margin: MetricMargin | null, at: string): number => {
  if (!isTail(block) || margin?.kind !== 'relative') return successesOf(block);
  if (block.aboveWidened === undefined) {
    throw new TypeError(`block.${at}.aboveWidened must be given where the margin is relative`);
  }
  return block.aboveWidened;
};

/**
 * What the test of a question is fed with: this block's counts, scores or means.
 * `margin` is null for superiority, where both arms have the same limit.
 * @throws TypeError naming a field of the block that the question needs.
 */
export const processData = (
  pair: PairBlock,
  { metric }: Comparison,
  {
    design,
    stage,
    variant,
    bets,
    question,
    margin,
  }: FoldContext & { readonly question: Question; readonly margin: MetricMargin | null },
): PairData => {
  const { control: a, variant: b } = pair;
  if (isScore(a) && isScore(b)) {
    const [wA, wB] = [stage.weights[design.control]!, stage.weights[variant]!];
    const logGrowth = bets[betKey({ variant, metric, question })];
    return { kind: 'bets', pair: { control: a, variant: b, share: wB / (wA + wB), logGrowth } };
  }
  if (a.kind === 'mean') {
    const share = isHarm(question) ? 1 : shareOfAlpha(design, stage);
    const alpha = question === 'superiority' ? intervalAlpha(design) : design.alpha / design.stages;
    const means = { control: momentsOfBlock(a), variant: momentsOfBlock(b) };
    return {
      kind: 'sequence',
      pair: { ...means, stage: stage.no, alpha, nOpt: design.nOpt, shareOfAlpha: share },
    };
  }
  const sB = aboveOwnLimit(b, margin, `arms.${variant}.${metric}`);
  return {
    kind: 'blocks',
    pair: { nA: countOf(a), sA: successesOf(a), nB: countOf(b), sB },
  };
};
