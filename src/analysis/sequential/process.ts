/**
 * One question about one variant and one metric, as running evidence against its null hypothesis: reject at `maxLogE >= ln(1/alpha)`.
 * Three tests behind one form: blocks (proportions, tail shares), bets (scores) and the asymptotic sequence (means).
 */
import { ASYMPTOTIC_BURN_IN, compareMeans, oneSidedMeanEvidence } from '../asymptotic.ts';
import {
  emptyBetting,
  foldBetting,
  foldBettingSums,
  type BettingState,
  type ScoredEvent,
} from '../betting.ts';
import type { Moments } from '../moments.ts';
import { emptyTlg, foldTlg, type RatePair, type TlgState } from '../tlg.ts';
import type { ScoresBlock, ScoreSumsBlock } from './block.ts';
import { tlgNullOf, type Boundary } from './hypotheses.ts';
import type { MetricSpec } from './design.ts';

/** Evidence and its maximum; a sequence over the means of a stage keeps those means elsewhere. */
export type Process =
  | ({ readonly kind: 'blocks' } & TlgState)
  | ({ readonly kind: 'bets' } & BettingState)
  | { readonly kind: 'sequence'; readonly logE: number; readonly maxLogE: number };

export const emptyProcess = (metric: MetricSpec): Process => {
  if (metric.kind === 'mean') return { kind: 'sequence', logE: 0, maxLogE: 0 };
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

/** Means of both arms since the stage began; `shareOfAlpha` (0..1) is what this stage may spend of the error probability. */
export interface MeanPair {
  readonly control: Moments;
  readonly variant: Moments;
  readonly alpha: number;
  readonly nOpt: number;
  readonly shareOfAlpha: number;
}

/** Log of 1/p at this look, before the stage's share; null while there is none to be had. */
const sequenceEvidence = (
  { control, variant, alpha, nOpt }: MeanPair,
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

const foldSequence = <P extends { readonly logE: number; readonly maxLogE: number }>(
  process: P,
  pair: MeanPair,
  boundary: Boundary,
): P => {
  if (pair.shareOfAlpha <= 0) return process;
  const evidence = sequenceEvidence(pair, boundary);
  if (evidence === null) return process;
  const logE = evidence + Math.log(pair.shareOfAlpha);
  return { ...process, logE, maxLogE: Math.max(process.maxLogE, logE) };
};

/** What a process is fed with: counts, scores, or the means of the stage so far. */
export type PairData =
  | { readonly kind: 'blocks'; readonly pair: RatePair }
  | { readonly kind: 'bets'; readonly pair: ScorePair }
  | { readonly kind: 'sequence'; readonly pair: MeanPair };

/**
 * The evidence after one more block, or for a sequence after one more look.
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
    return foldSequence(process, data.pair, boundary);
  }
  throw new TypeError(`state of kind ${process.kind} does not take data of kind ${data.kind}`);
};
