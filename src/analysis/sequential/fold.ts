/**
 * Folds one block into the running evidence of an experiment. A block delivered twice changes nothing, and neither does one that comes after a later
 * one: a closed block is never opened again. It judges nothing; `judge.ts` does.
 */
import { emptyStagedSampleRatio, foldSampleRatio } from '../sample-ratio.ts';
import { countOf, metricOf, requireBlock, type ExperimentBlock } from './block.ts';
import { foldComparison, processData, type FoldContext, type PairBlock } from './fold-comparison.ts';
import { foldHarmWatch } from './harm-watch.ts';
import { guardrailBoundary, superiorityBoundary, type Question } from './hypotheses.ts';
import { armsOf, type ExperimentGuardrail } from './design.ts';
import { foldLabelRates } from './label-rates.ts';
import { pairOf } from './pair-of.ts';
import { foldProcess, type Process } from './process.ts';
import { stageOf } from './stage.ts';
import {
  requireVersion,
  type ExperimentState,
  type GuardrailEvidence,
  type PrimaryEvidence,
} from './state.ts';

/**
 * The side of the evidence. Bets say it themselves: when both sides' wealth together passes the limit, the larger of them alone passes that of a one-sided
 * test, so a wrong side is named with at most alpha. The observed effect may point the other way, as outcomes count in it by blocks.
 */
const signOf = (evidence: PrimaryEvidence): number => {
  const { effect, superiority } = evidence;
  if (superiority.kind === 'sequence') return Math.sign(superiority.variant.mean - superiority.control.mean);
  if (superiority.kind === 'bets') return Math.sign(superiority.logPlus - superiority.logMinus);
  return Math.sign(effect.variant - effect.control);
};

const foldPrimary = (
  before: PrimaryEvidence,
  pair: PairBlock | null,
  context: FoldContext,
): PrimaryEvidence => {
  const counted = foldComparison(before, pair, context);
  if (pair === null) return counted;
  const boundary = superiorityBoundary(context.design);
  const data = processData(pair, counted, { ...context, question: 'superiority', margin: null });
  const superiority = foldProcess(before.superiority, data, boundary);
  const after = { ...counted, superiority };
  return superiority.maxLogE > before.superiority.maxLogE ? { ...after, sign: signOf(after) } : after;
};

const foldGuardrail = (
  before: GuardrailEvidence,
  { metric, margin }: ExperimentGuardrail,
  pair: PairBlock | null,
  context: FoldContext,
): GuardrailEvidence => {
  const counted = foldComparison(before, pair, context);
  if (pair === null) return counted;
  const fold = (process: Process, question: Exclude<Question, 'superiority'>): Process => {
    const data = processData(pair, counted, { ...context, question, margin });
    return foldProcess(process, data, guardrailBoundary(metric, margin, question));
  };
  const labels = counted.labels.variant - before.labels.variant;
  return {
    ...counted,
    nonInferiority: fold(before.nonInferiority, 'nonInferiority'),
    ...foldHarmWatch(before, { ...context, metric, labels }, fold),
  };
};

const foldExposures = (state: ExperimentState, block: ExperimentBlock): ExperimentState['sampleRatio'] => {
  const { exposures, weights } = block;
  if (exposures === undefined) return state.sampleRatio;
  const arms = armsOf(state.design);
  return foldSampleRatio(
    state.sampleRatio ?? emptyStagedSampleRatio(),
    arms.map((arm) => exposures[arm] ?? 0),
    arms.map((arm) => weights[arm] ?? 0),
  );
};

/**
 * How the graded outcomes themselves are split. A bet is fair because an outcome is the variant's with the probability of its weight, and label rates are
 * counted while labels still come: those that come later are seen here alone.
 */
const foldScores = (state: ExperimentState, block: ExperimentBlock): ExperimentState['scoreRatio'] => {
  const { design, scoreRatio } = state;
  const metric = [design.primary, ...design.guardrails.map((one) => one.metric)].find(
    ({ kind }) => kind === 'score',
  );
  if (metric === undefined) return scoreRatio;
  const arms = armsOf(design);
  const outcomes = arms.map((arm) => metricOf(block, arm, metric));
  if (outcomes.every((one) => one === null)) return scoreRatio;
  return foldSampleRatio(
    scoreRatio ?? emptyStagedSampleRatio(),
    outcomes.map((one) => (one === null ? 0 : countOf(one))),
    arms.map((arm) => block.weights[arm] ?? 0),
  );
};

/** What the bets earned, when they were those of this very state. */
const betsOf = (state: ExperimentState, { bets }: ExperimentBlock): FoldContext['bets'] => {
  if (bets === undefined) return {};
  if (bets.afterBlockNo !== state.lastBlockNo) {
    throw new RangeError(
      `block.bets.afterBlockNo must be ${state.lastBlockNo}, the block before, got ${bets.afterBlockNo}`,
    );
  }
  return bets.logGrowth;
};

/**
 * The state after one more block. Idempotent: a block whose `no` is not above `lastBlockNo` gives the same state back, so blocks are folded in
 * rising order and a retried activity cannot count twice. What a block in which one arm is empty does is told in `pair-of.ts`.
 * The state given is never changed, also when the block is refused.
 * @throws RangeError or TypeError that begins with `block` and names field and value, for what does not fit the design or cannot be;
 * RangeError naming `state.version`.
 */
export const foldExperimentBlock = (state: ExperimentState, block: ExperimentBlock): ExperimentState => {
  requireVersion(state);
  if (state.lastBlockNo !== null && block.no <= state.lastBlockNo) return state;
  const { design } = state;
  requireBlock(block, design);
  const stage = stageOf(state, block.weights, block.stage);
  const variants = state.variants.map(({ variant, labelParity, primary, guardrails }) => {
    const context: FoldContext = {
      design,
      stage,
      isNewStage: state.stage === null || stage.no !== state.stage.no,
      variant,
      bets: betsOf(state, block),
    };
    return {
      variant,
      labelParity: foldLabelRates(labelParity, block, design, variant),
      primary: foldPrimary(primary, pairOf(block, design, variant, design.primary), context),
      guardrails: guardrails.map((before, i) => {
        const guardrail = design.guardrails[i]!;
        return foldGuardrail(before, guardrail, pairOf(block, design, variant, guardrail.metric), context);
      }),
    };
  });
  const scoreRatio = foldScores(state, block);
  return {
    ...state,
    ...(scoreRatio !== undefined && { scoreRatio }),
    lastBlockNo: block.no,
    blocks: state.blocks + 1,
    stage,
    sampleRatio: foldExposures(state, block),
    variants,
  };
};
