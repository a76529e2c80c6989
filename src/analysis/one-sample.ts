/**
 * Anytime-valid test of one rate against a fixed limit, such as an error rate against what the service allows.
 * The one-arm form of the block e-process in `tlg.ts`: the estimate from earlier blocks bets against the limit. Valid for outcomes
 * in 0..1: at a true rate on the limit a block's expected e-value is 1, and beyond it less, because the bet is only made when
 * the estimate is on the other side. The estimate starts at the limit, so that a first large block is not bet on blindly.
 */
import { requireCounts } from './tlg.ts';

/** H0: the rate is at most `limit` (`greater` collects evidence that it is above) or at least `limit` (`less`: below). */
export interface OneSampleNull {
  readonly limit: number;
  readonly side: 'greater' | 'less';
}

/** Trials n, successes s, evidence so far. */
export interface OneSampleState {
  readonly n: number;
  readonly s: number;
  readonly logE: number;
  readonly maxLogE: number;
}

export const emptyOneSample = (): OneSampleState => ({ n: 0, s: 0, logE: 0, maxLogE: 0 });

/**
 * The state after one more block of n trials with s successes (fractional allowed). A limit of 0 or 1 that cannot be passed
 * in the direction asked never gathers evidence; one that a single outcome refutes gathers much, and never an infinity.
 * @throws RangeError naming state, n, s, limit or side.
 */
export const foldOneSample = (
  state: OneSampleState,
  block: { readonly n: number; readonly s: number },
  { limit, side }: OneSampleNull,
): OneSampleState => {
  if (!Number.isFinite(state.n + state.s + state.logE + state.maxLogE)) {
    throw new RangeError(`state must hold finite numbers, got ${JSON.stringify(state)}`);
  }
  if (!(limit >= 0 && limit <= 1)) throw new RangeError(`limit must be from 0 to 1, got ${limit}`);
  if (side !== 'greater' && side !== 'less') {
    throw new RangeError(`side must be greater or less, got ${String(side)}`);
  }
  const s = requireCounts(block.n, block.s, 'n', 's');
  const q = Math.min(1 - LIMIT_FLOOR, Math.max(LIMIT_FLOOR, limit));
  const p = (state.s + PRIOR_LABELS * q) / (state.n + PRIOR_LABELS);
  const passable = side === 'greater' ? limit < 1 : limit > 0;
  const bets = passable && (side === 'greater' ? p > q : p < q);
  const gained = bets ? s * Math.log(p / q) + (block.n - s) * Math.log((1 - p) / (1 - q)) : 0;
  const logE = state.logE + gained;
  return { n: state.n + block.n, s: state.s + s, logE, maxLogE: Math.max(state.maxLogE, logE) };
};

/** Weight of the limit itself in the estimate that bets, in labels. */
const PRIOR_LABELS = 10;

/** A limit of exactly 0 or 1 is tested as this close to it, so that one outcome is strong evidence and not infinite. */
const LIMIT_FLOOR = 1e-6;
