/**
 * Anytime-valid test of means of graded scores in 0..1 (a judge's mark, a similarity): betting on the centred inverse-propensity
 * pseudo-outcome. Waudby-Smith, Ramdas, JRSSB 86, 2024. Sharper than the block e-process where the score's variance is well
 * below p(1-p). Golden family `betting_eprocess` (equality; margins are the same bet on a shifted pseudo-outcome).
 *
 * It takes single events, or their sums together with the sum of ln(1 + stake Z): centre and stake are known before the block, so a
 * database can add that up. It does not know when a block is folded twice: the caller keys blocks.
 */
import { logAddExp } from '../math/special.ts';

/** One scored event of one arm. */
export interface ScoredEvent {
  readonly arm: 'stable' | 'candidate';
  readonly score: number;
}

/**
 * A null hypothesis with the boundary mean_b = factor * mean_a + shift. `two` is the boundary itself, `greater` collects evidence that
 * mean_b is above it (H0: at most), `less` that it is below. factor above 0, shift between -1 and 1.
 */
export interface BettingNull {
  readonly factor: number;
  readonly shift: number;
  readonly side: 'two' | 'greater' | 'less';
}

/** "Both means are equal", in both directions. */
export const EQUAL_MEANS: BettingNull = { factor: 1, shift: 0, side: 'two' };

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

/** Shares and factors more extreme than these leave nothing to bet. */
const LEAST_SHARE = 1e-9;
const LARGEST_FACTOR = 1e6;

const requireQuestion = (
  state: BettingState,
  candidateShare: number,
  { factor, shift, side }: BettingNull,
): void => {
  const { n, sum, nZ, sumZ, sumZ2, logPlus, logMinus, maxLogE } = state;
  if (!Number.isFinite(n + sum + nZ + sumZ + sumZ2 + logPlus + logMinus + maxLogE) || nZ < 1) {
    throw new RangeError(`state must hold finite numbers, got ${JSON.stringify(state)}`);
  }
  if (!(candidateShare >= LEAST_SHARE && candidateShare <= 1 - LEAST_SHARE)) {
    throw new RangeError(
      `candidateShare must be between 0 and 1 (by ${LEAST_SHARE} at least), got ${candidateShare}`,
    );
  }
  if (!(factor > 0 && factor <= LARGEST_FACTOR)) {
    throw new RangeError(`factor must be above 0 and at most ${LARGEST_FACTOR}, got ${factor}`);
  }
  if (!(Math.abs(shift) < 1)) throw new RangeError(`shift must be between -1 and 1, got ${shift}`);
  if (side !== 'two' && side !== 'greater' && side !== 'less') {
    throw new RangeError(`side must be two, greater or less, got ${String(side)}`);
  }
};

/** What is bet on the next block: events give the pseudo-outcome Z around `centre`, and wealth grows by 1 + stake Z. */
export interface Bet {
  readonly centre: number;
  readonly stake: number;
}

/**
 * The bet for the next block, from earlier blocks only. |stake Z| is at most 1/2 whatever comes.
 * @throws RangeError naming state, candidateShare, factor, shift or side.
 */
export const nextBet = (
  state: BettingState,
  candidateShare: number,
  hypothesis: BettingNull = EQUAL_MEANS,
): Bet => {
  requireQuestion(state, candidateShare, hypothesis);
  const centre = (0.5 + state.sum) / (1 + state.n);
  const mu = state.sumZ / state.nZ;
  const variance = Math.max(state.sumZ2 / state.nZ - mu * mu, 1e-4);
  const farthest = Math.max(centre, Math.max(1, hypothesis.factor) - centre);
  const largest =
    Math.max(1 / candidateShare, 1 / (1 - candidateShare)) * farthest + Math.abs(hypothesis.shift);
  const cap = 0.5 / largest;
  return { centre, stake: Math.min(cap, Math.max(-cap, mu / (variance + mu * mu))) };
};

/** One block as the process takes it. `logGrowth` is the sum of ln(1 + stake Z) over its events. */
interface BlockSums {
  readonly n: number;
  readonly sum: number;
  readonly sumZ: number;
  readonly sumZ2: number;
  readonly logGrowth: number;
}

const advance = (
  state: BettingState,
  { n, sum, sumZ, sumZ2, logGrowth }: BlockSums,
  { stake }: Bet,
  side: BettingNull['side'],
): BettingState => {
  const logPlus = state.logPlus + (stake > 0 ? logGrowth : 0);
  const logMinus = state.logMinus + (stake < 0 ? logGrowth : 0);
  const both = { two: logAddExp(logPlus, logMinus) - Math.LN2, greater: logPlus, less: logMinus };
  const logE = both[side];
  return {
    n: state.n + n,
    sum: state.sum + sum,
    nZ: state.nZ + n,
    sumZ: state.sumZ + sumZ,
    sumZ2: state.sumZ2 + sumZ2,
    logPlus,
    logMinus,
    logE,
    maxLogE: Math.max(state.maxLogE, logE),
  };
};

/**
 * The state after one more block. P(maxLogE ever reaches ln(1/alpha) | null) <= alpha, given that events were assigned to the candidate
 * with probability `candidateShare` whatever their outcome. An empty block changes nothing.
 * @throws RangeError naming state, candidateShare, factor, shift, side or score.
 */
export const foldBetting = (
  state: BettingState,
  events: readonly ScoredEvent[],
  candidateShare: number,
  hypothesis: BettingNull = EQUAL_MEANS,
): BettingState => {
  const bet = nextBet(state, candidateShare, hypothesis);
  let [sum, sumZ, sumZ2, logGrowth] = [0, 0, 0, 0];
  for (const { arm, score } of events) {
    if (!(score >= 0 && score <= 1)) throw new RangeError(`score must be from 0 to 1, got ${score}`);
    const centred =
      arm === 'candidate'
        ? (score - bet.centre) / candidateShare
        : -(hypothesis.factor * score - bet.centre) / (1 - candidateShare);
    const z = centred - hypothesis.shift;
    sum += score;
    sumZ += z;
    sumZ2 += z * z;
    logGrowth += Math.log1p(bet.stake * z);
  }
  return advance(state, { n: events.length, sum, sumZ, sumZ2, logGrowth }, bet, hypothesis.side);
};

/** Scores of one arm in one block, added up. */
export interface ScoreSums {
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** Rounding that sums of scores may carry, per event. */
const ROUNDING = 1e-9;

/** @throws RangeError naming the field under `name`. */
export const requireScoreSums = ({ n, sum, sumOfSquares }: ScoreSums, name: string): void => {
  if (!(n >= 0 && n < Infinity)) throw new RangeError(`${name}.n must be a finite number from 0, got ${n}`);
  const slack = ROUNDING * n;
  if (!(sum >= 0 && sum <= n + slack))
    throw new RangeError(`${name}.sum must be from 0 to n (${n}), got ${sum}`);
  // For scores in 0..1: sum^2 / n <= sum of squares <= sum.
  const least = n === 0 ? 0 : (sum * sum) / n;
  if (!(sumOfSquares >= least - slack && sumOfSquares <= sum + slack)) {
    throw new RangeError(
      `${name}.sumOfSquares must be from sum^2/n (${least}) to sum (${sum}), got ${sumOfSquares}`,
    );
  }
};

/** Sum and sum of squares of scale * (slope * y - centre) - shift over the scores y of one arm. */
const sumsOfZ = (
  { n, sum, sumOfSquares }: ScoreSums,
  scale: number,
  slope: number,
  centre: number,
  shift: number,
): readonly [number, number] => {
  const deviations = slope * sum - n * centre;
  const squares = Math.max(0, slope * slope * sumOfSquares - 2 * slope * centre * sum + n * centre * centre);
  return [
    scale * deviations - n * shift,
    scale * scale * squares - 2 * shift * scale * deviations + n * shift * shift,
  ];
};

/** Both arms of one block, and the sum of ln(1 + stake Z) over their events under `nextBet` of the state that the block is folded into. */
export interface BettingBlock {
  readonly stable: ScoreSums;
  readonly candidate: ScoreSums;
  readonly logGrowth: number;
}

/** (x - ln(1 + x)) / x^2 falls in x; these are its values at the ends of what x = stake Z can be, -1/2 and 1/2. */
const STEEPEST = 4 * (Math.LN2 - 0.5);
const FLATTEST = 4 * (0.5 - Math.log(1.5));

/**
 * The same from sums. Those that cannot belong to the bet in force are refused: the sum of x - ln(1 + x) over the events lies between two
 * multiples of the sum of x^2.
 * @throws RangeError naming state, candidateShare, factor, shift, side, or the field of `block`.
 */
export const foldBettingSums = (
  state: BettingState,
  block: BettingBlock,
  candidateShare: number,
  hypothesis: BettingNull = EQUAL_MEANS,
): BettingState => {
  const { stable, candidate, logGrowth } = block;
  const bet = nextBet(state, candidateShare, hypothesis);
  requireScoreSums(stable, 'block.stable');
  requireScoreSums(candidate, 'block.candidate');
  const { factor, shift, side } = hypothesis;
  const [zA, zzA] = sumsOfZ(stable, -1 / (1 - candidateShare), factor, bet.centre, shift);
  const [zB, zzB] = sumsOfZ(candidate, 1 / candidateShare, 1, bet.centre, shift);
  const [n, sum] = [stable.n + candidate.n, stable.sum + candidate.sum];
  const [sumZ, sumZ2] = [zA + zB, zzA + zzB];
  const squares = bet.stake * bet.stake * sumZ2;
  const [least, most] = [bet.stake * sumZ - STEEPEST * squares, bet.stake * sumZ - FLATTEST * squares];
  const slack = ROUNDING * (1 + n);
  if (!(logGrowth >= least - slack && logGrowth <= most + slack)) {
    throw new RangeError(
      `block.logGrowth must be from ${least} to ${most} under the bet in force, got ${logGrowth}`,
    );
  }
  return advance(state, { n, sum, sumZ, sumZ2, logGrowth }, bet, side);
};
