/**
 * Anytime-valid test of two rates by blocks, against equality or a margin: O(1) state, one block folded at a time.
 * Turner, Ly, Grunwald, JSPI 230, 2024 (arXiv 2106.02693); margins: Turner, Grunwald 2023 (arXiv 2203.09785), with the
 * relative form of statistics.md 1.6. Arm a is stable, b is candidate. Golden families `tlg_eprocess`, `tlg_margin`.
 *
 * It conditions on the counts of each block, so ramps, unequal arms and drifting base rates are fine as long as both
 * arms ran concurrently inside a block. It does not know when a block is folded twice: the caller keys blocks.
 */
import { requireClosedUnit, requireNumber } from '../math/require.ts';

/** What the null hypothesis says of p_b: on the boundary (`two`), at most it (`greater`), at least it (`less`). */
export type TlgSide = 'two' | 'greater' | 'less';

/**
 * A null hypothesis. Boundary: `absolute` p_b = p_a + margin (|margin| < 1), `relative` p_b = margin * p_a (margin > 0).
 * `greater` collects evidence that p_b is above the boundary, `less` that it is below.
 */
export interface TlgNull {
  readonly kind: 'absolute' | 'relative';
  readonly margin: number;
  readonly side: TlgSide;
}

/** Trials and successes of both arms in one block. Successes may be fractional (scores in 0..1). */
export interface RatePair {
  readonly nA: number;
  readonly sA: number;
  readonly nB: number;
  readonly sB: number;
}

/** Everything seen so far, and the evidence against the null: reject when `maxLogE >= ln(1/alpha)`. */
export interface TlgState extends RatePair {
  readonly logE: number;
  readonly maxLogE: number;
}

/** Prior pseudo-count of a success and of a failure in the plug-in estimates. */
export const TLG_PRIOR = 0.18;

export const emptyTlg = (): TlgState => ({ nA: 0, sA: 0, nB: 0, sB: 0, logE: 0, maxLogE: 0 });

/** Successes may pass their count by this much relative rounding of a sum; they are then taken as the count. */
const ROUNDING = 1e-9;

/** More outcomes than anyone has: beyond this a rate of 1 could not be told from one just below it. */
const LARGEST_COUNT = 1e15;

/**
 * Checks one arm's counts and gives the successes back, clamped to the count.
 * @throws RangeError naming the field.
 */
export const requireCounts = (n: number, s: number, nName: string, sName: string): number => {
  if (!(n >= 0 && n <= LARGEST_COUNT)) {
    throw new RangeError(`${nName} must be a finite number from 0 (to ${LARGEST_COUNT}), got ${n}`);
  }
  if (!Number.isFinite(s) || s < 0 || s > n * (1 + ROUNDING)) {
    throw new RangeError(`${sName} must be from 0 to ${nName} (${n}), got ${s}`);
  }
  return Math.min(s, n);
};

/** A boundary this close to 0 or 1 leaves no room for the rates beyond it. */
const WIDEST_DIFFERENCE = 0.999;
const WIDEST_RATIO = 1e6;

/** @throws RangeError naming `kind`, `margin` or `side`. */
export const requireNull = ({ kind, margin, side }: TlgNull): void => {
  if (kind !== 'absolute' && kind !== 'relative') {
    throw new RangeError(`kind must be absolute or relative, got ${String(kind)}`);
  }
  if (side !== 'two' && side !== 'greater' && side !== 'less') {
    throw new RangeError(`side must be two, greater or less, got ${String(side)}`);
  }
  if (kind === 'absolute' && !(Math.abs(margin) <= WIDEST_DIFFERENCE)) {
    throw new RangeError(
      `margin must be between -1 and 1 (at most ${WIDEST_DIFFERENCE} from 0), got ${margin}`,
    );
  }
  if (kind === 'relative' && !(margin >= 1 / WIDEST_RATIO && margin <= WIDEST_RATIO)) {
    throw new RangeError(
      `margin must be a number above 0 (${1 / WIDEST_RATIO} to ${WIDEST_RATIO}), got ${margin}`,
    );
  }
};

const requireState = (state: TlgState): void => {
  const { nA, sA, nB, sB, logE, maxLogE } = state;
  if (!Number.isFinite(nA + sA + nB + sB + logE + maxLogE)) {
    throw new RangeError(`state must hold finite numbers, got ${JSON.stringify(state)}`);
  }
};

const boundaryOf = (p: number, { kind, margin }: TlgNull): number =>
  kind === 'absolute' ? p + margin : p * margin;

/** The only sign change of an increasing function on (low, high), to the last bit. */
const rootOfIncreasing = (f: (x: number) => number, low: number, high: number): number => {
  let [lo, hi] = [low, high];
  for (;;) {
    const mid = lo + (hi - lo) / 2;
    if (mid <= lo || mid >= hi) return mid;
    if (f(mid) < 0) lo = mid;
    else hi = mid;
  }
};

/** The point of the null's boundary nearest to the plug-ins in Kullback-Leibler divergence weighted by the block's counts. */
const project = (
  pA: number,
  pB: number,
  nA: number,
  nB: number,
  { kind, margin }: TlgNull,
): readonly [number, number] => {
  if ((kind === 'absolute' && margin === 0) || (kind === 'relative' && margin === 1)) {
    const x = (nA * pA + nB * pB) / (nA + nB);
    return [x, x];
  }
  const slope = kind === 'absolute' ? 1 : margin;
  const yOf = (x: number): number => (kind === 'absolute' ? x + margin : x * margin);
  const low = kind === 'absolute' ? Math.max(0, -margin) : 0;
  const high = kind === 'absolute' ? Math.min(1, 1 - margin) : Math.min(1, 1 / margin);
  const gradient = (x: number): number => {
    const y = yOf(x);
    return nA * ((1 - pA) / (1 - x) - pA / x) + nB * slope * ((1 - pB) / (1 - y) - pB / y);
  };
  const x = rootOfIncreasing(gradient, low, high);
  return [x, yOf(x)];
};

/** A projection next to 0 or 1 may round to it; evidence then stays finite. */
const LEAST_RATE = 1e-300;

const logOf = (p: number, q: number): number => Math.log(p / Math.max(q, LEAST_RATE));

const logRatio = (n: number, s: number, p: number, q: number): number => {
  const ofSuccesses = s > 0 ? s * logOf(p, q) : 0;
  return ofSuccesses + (n > s ? (n - s) * logOf(1 - p, 1 - q) : 0);
};

/** Plug-in estimate from the blocks before. */
export const plugIn = (n: number, s: number): number => (s + TLG_PRIOR) / (n + 2 * TLG_PRIOR);

/** Log e-value of one block, given the plug-ins of the blocks before; 0 where there is no bet to make. */
const blockLogE = (pA: number, pB: number, block: RatePair, hypothesis: TlgNull): number => {
  const { nA, sA, nB, sB } = block;
  if (nA === 0 || nB === 0) return 0;
  const boundary = boundaryOf(pA, hypothesis);
  if (hypothesis.side === 'greater' && pB <= boundary) return 0;
  if (hypothesis.side === 'less' && pB >= boundary) return 0;
  const [x, y] = project(pA, pB, nA, nB, hypothesis);
  return logRatio(nA, sA, pA, x) + logRatio(nB, sB, pB, y);
};

/**
 * The state after one more block. P(maxLogE ever reaches ln(1/alpha) | null) <= alpha at any number of looks, provided that
 * each block is folded once and outcomes are in 0..1. A block that lacks an arm adds no evidence (its counts still teach the plug-ins).
 * @throws RangeError naming state, nA, sA, nB, sB, kind, margin or side.
 */
export const foldTlg = (state: TlgState, block: RatePair, hypothesis: TlgNull): TlgState => {
  requireState(state);
  requireNull(hypothesis);
  const sA = requireCounts(block.nA, block.sA, 'nA', 'sA');
  const sB = requireCounts(block.nB, block.sB, 'nB', 'sB');
  const gained = blockLogE(
    plugIn(state.nA, state.sA),
    plugIn(state.nB, state.sB),
    { nA: block.nA, sA, nB: block.nB, sB },
    hypothesis,
  );
  const logE = state.logE + gained;
  return {
    nA: state.nA + block.nA,
    sA: state.sA + sA,
    nB: state.nB + block.nB,
    sB: state.sB + sB,
    logE,
    maxLogE: Math.max(state.maxLogE, logE),
  };
};

/**
 * Expected evidence per candidate label when the true rates are `pA` and `pB` and each candidate label comes with
 * `stablePerCandidate` stable ones: the growth that a sizing divides by. 0 when the truth lies inside the null.
 * @throws RangeError naming pA, pB (0 to 1), stablePerCandidate (from 0), kind, margin or side.
 */
export const tlgGrowth = (
  pA: number,
  pB: number,
  stablePerCandidate: number,
  hypothesis: TlgNull,
): number => {
  requireClosedUnit('pA', pA);
  requireClosedUnit('pB', pB);
  requireCounts(stablePerCandidate, 0, 'stablePerCandidate', 's');
  requireNull(hypothesis);
  const block = { nA: stablePerCandidate, sA: stablePerCandidate * pA, nB: 1, sB: pB };
  return blockLogE(pA, pB, block, hypothesis);
};

/** Always-valid p-value of the evidence so far. @throws RangeError naming maxLogE when it is NaN. */
export const alwaysValidP = (maxLogE: number): number => {
  requireNumber('maxLogE', maxLogE);
  return Math.min(1, Math.exp(-maxLogE));
};
