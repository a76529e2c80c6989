/**
 * One question about one variant and one metric, as running evidence against its null hypothesis: reject at `maxLogE >= ln(1/alpha)`.
 * Three tests behind one form: blocks (proportions, tail shares), bets (scores) and the asymptotic sequence (means). What a process has seen it holds
 * itself, so that an empty one has forgotten everything.
 */
import { ASYMPTOTIC_BURN_IN, compareMeans, oneSidedMeanEvidence } from '../asymptotic.ts';
import {
  emptyBetting,
  foldBetting,
  foldBettingSums,
  type BettingState,
  type ScoredEvent,
} from '../betting.ts';
import { emptyMoments, mergeMoments, type Moments } from '../moments.ts';
import { emptyTlg, foldTlg, type RatePair, type TlgState } from '../tlg.ts';
import type { ScoresBlock, ScoreSumsBlock } from './block.ts';
import { tlgNullOf, type Boundary } from './hypotheses.ts';
import type { MetricSpec } from './design.ts';

/** The means since the process or the stage began, whichever was later; `stage` is null before the first block. */
export interface SequenceState {
  readonly logE: number;
  readonly maxLogE: number;
  readonly stage: number | null;
  readonly control: Moments;
  readonly variant: Moments;
}

/** Evidence, its maximum, and what it was computed from. */
export type Process =
  | ({ readonly kind: 'blocks' } & TlgState)
  | ({ readonly kind: 'bets' } & BettingState)
  | ({ readonly kind: 'sequence' } & SequenceState);

export const emptyProcess = (metric: MetricSpec): Process => {
  if (metric.kind === 'mean') {
    const means = { control: emptyMoments(), variant: emptyMoments() };
    return { kind: 'sequence', logE: 0, maxLogE: 0, stage: null, ...means };
  }
  return metric.kind === 'score' ? { kind: 'bets', ...emptyBetting() } : { kind: 'blocks', ...emptyTlg() };
};

/** One block of scores of both arms. `share` is the probability that a unit of the pair went to the variant. */
export interface ScorePair {
  readonly control: ScoresBlock | ScoreSumsBlock;
  readonly variant: ScoresBlock | ScoreSumsBlock;
  readonly share: number;
  /** For sums: what the bet in force earned. Undefined where the block does not say. */
  readonly logGrowth: number | undefined;
}

const eventsOf = (arm: ScoredEvent['arm'], { scores }: ScoresBlock): readonly ScoredEvent[] =>
  scores.map((score) => ({ arm, score }));

const foldBets = (state: BettingState, pair: ScorePair, boundary: Boundary): BettingState => {
  const { control, variant, share, logGrowth } = pair;
  if (control.kind === 'scores' && variant.kind === 'scores') {
    const events = [...eventsOf('stable', control), ...eventsOf('candidate', variant)];
    return foldBetting(state, events, share, boundary);
  }
  if (control.kind !== 'scoreSums' || variant.kind !== 'scoreSums') {
    throw new TypeError('block.arms must give the scores of both arms, or the sums of both');
  }
  if (logGrowth === undefined) {
    throw new TypeError('block.bets must hold what each bet earned, where scores are given as sums');
  }
  return foldBettingSums(state, { stable: control, candidate: variant, logGrowth }, share, boundary);
};

/** One block of both arms, of stage `stage`; `shareOfAlpha` (0..1) is what this stage may spend of the error probability. */
export interface MeanPair {
  readonly control: Moments;
  readonly variant: Moments;
  readonly stage: number;
  readonly alpha: number;
  readonly nOpt: number;
  readonly shareOfAlpha: number;
}

/** Log of 1/p at this look, before the stage's share; null while there is none to be had. */
const sequenceEvidence = (
  { control, variant }: Pick<SequenceState, 'control' | 'variant'>,
  { alpha, nOpt }: MeanPair,
  { factor, shift, side }: Boundary,
): number | null => {
  if (Math.min(control.n, variant.n) < ASYMPTOTIC_BURN_IN) return null;
  if (side === 'two') {
    const found = compareMeans(control, variant, { alpha, nOpt });
    return found.ok ? -found.value.logP : null;
  }
  // Per cent of a mean that is not above 0 is no margin.
  if (factor !== 1 && control.mean <= 0) return null;
  const moved = { ...variant, mean: variant.mean - shift };
  const found = oneSidedMeanEvidence(control, moved, { alpha, nOpt, factor, side });
  return found.ok ? found.value : null;
};

const foldSequence = (state: SequenceState, pair: MeanPair, boundary: Boundary): SequenceState => {
  const { stage, shareOfAlpha } = pair;
  if (shareOfAlpha <= 0) return state;
  const goesOn = state.stage === stage;
  const means = {
    control: goesOn ? mergeMoments(state.control, pair.control) : pair.control,
    variant: goesOn ? mergeMoments(state.variant, pair.variant) : pair.variant,
  };
  const evidence = sequenceEvidence(means, pair, boundary);
  const before = goesOn ? state.logE : 0;
  const logE = evidence === null ? before : evidence + Math.log(shareOfAlpha);
  return { stage, ...means, logE, maxLogE: Math.max(state.maxLogE, logE) };
};

/** What a process is fed with, of one block: counts, scores or means. */
export type PairData =
  | { readonly kind: 'blocks'; readonly pair: RatePair }
  | { readonly kind: 'bets'; readonly pair: ScorePair }
  | { readonly kind: 'sequence'; readonly pair: MeanPair };

/**
 * The evidence after one more block.
 * @throws RangeError or TypeError naming the field, where the data do not fit.
 */
export const foldProcess = (process: Process, data: PairData, boundary: Boundary): Process => {
  if (process.kind === 'blocks' && data.kind === 'blocks') {
    return { kind: 'blocks', ...foldTlg(process, data.pair, tlgNullOf(boundary)) };
  }
  if (process.kind === 'bets' && data.kind === 'bets') {
    return { kind: 'bets', ...foldBets(process, data.pair, boundary) };
  }
  if (process.kind === 'sequence' && data.kind === 'sequence') {
    return { kind: 'sequence', ...foldSequence(process, data.pair, boundary) };
  }
  throw new TypeError(`state of kind ${process.kind} does not take data of kind ${data.kind}`);
};
