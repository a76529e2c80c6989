/**
 * Anytime-valid test of equal means for graded scores in 0..1 (a judge's mark, a similarity): betting on the centred
 * inverse-propensity pseudo-outcome. Waudby-Smith, Ramdas, JRSSB 86, 2024. Sharper than the block e-process where the score's
 * variance is well below p(1-p). Golden family `betting_eprocess`. It needs single events, which windows do not keep.
 */
import { logAddExp } from '../math/special.ts';

/** One scored event of one arm. */
export interface ScoredEvent {
  readonly arm: 'stable' | 'candidate';
  readonly score: number;
}

/** Sums over earlier events (`z` is the pseudo-outcome) and the two one-sided wealth processes. Reject when `maxLogE >= ln(1/alpha)`. */
export interface BettingState {
  readonly n: number;
  readonly sum: number;
  readonly nZ: number;
  readonly sumZ: number;
  readonly sumZ2: number;
  readonly logPlus: number;
  readonly logMinus: number;
  readonly logE: number;
  readonly maxLogE: number;
}

export const emptyBetting = (): BettingState => ({
  n: 0,
  sum: 0,
  nZ: 1,
  sumZ: 0,
  sumZ2: 1,
  logPlus: 0,
  logMinus: 0,
  logE: 0,
  maxLogE: 0,
});

/** The bet for the next block, from earlier blocks only: the centre m and the stake lambda. */
export const nextBet = (
  state: BettingState,
  candidateShare: number,
): { readonly centre: number; readonly stake: number } => {
  if (!(candidateShare > 0 && candidateShare < 1)) {
    throw new RangeError(`candidateShare must be between 0 and 1, got ${candidateShare}`);
  }
  const centre = (0.5 + state.sum) / (1 + state.n);
  const mu = state.sumZ / state.nZ;
  const variance = Math.max(state.sumZ2 / state.nZ - mu * mu, 1e-4);
  const largest = Math.max(1 / candidateShare, 1 / (1 - candidateShare)) * Math.max(centre, 1 - centre);
  const cap = 0.5 / largest;
  return { centre, stake: Math.min(cap, Math.max(-cap, mu / (variance + mu * mu))) };
};

/**
 * The state after one more block. P(maxLogE ever reaches ln(1/alpha) | equal means) <= alpha, given that events were assigned to the candidate
 * with probability `candidateShare` whatever their outcome. An empty block changes nothing.
 * @throws RangeError naming candidateShare or score.
 */
export const foldBetting = (
  state: BettingState,
  events: readonly ScoredEvent[],
  candidateShare: number,
): BettingState => {
  const { centre, stake } = nextBet(state, candidateShare);
  let { n, sum, nZ, sumZ, sumZ2, logPlus, logMinus } = state;
  for (const { arm, score } of events) {
    if (!(score >= 0 && score <= 1)) throw new RangeError(`score must be from 0 to 1, got ${score}`);
    const z =
      arm === 'candidate' ? (score - centre) / candidateShare : -(score - centre) / (1 - candidateShare);
    logPlus += Math.log1p(Math.max(stake, 0) * z);
    logMinus += Math.log1p(Math.min(stake, 0) * z);
    n += 1;
    sum += score;
    nZ += 1;
    sumZ += z;
    sumZ2 += z * z;
  }
  const logE = logAddExp(logPlus, logMinus) - Math.LN2;
  return { n, sum, nZ, sumZ, sumZ2, logPlus, logMinus, logE, maxLogE: Math.max(state.maxLogE, logE) };
};
