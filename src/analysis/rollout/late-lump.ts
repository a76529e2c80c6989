/**
 * What one arrival of late labels adds to the evidence of harm. Late labels often come as one lump (a nightly import of ratings), and a
 * process that bets on the estimates of earlier arrivals has none for the first of them: its evidence would be 0 whatever the lump shows.
 * So an arrival larger than all before it is bet on by a mixture of fixed alternatives instead. It folds nothing and raises no alarm.
 */
import { emptyTlg, foldTlg, TLG_PRIOR, type RatePair, type TlgNull, type TlgState } from '../tlg.ts';
import { logAddExp } from '../../math/special.ts';

/** Rates of the stable arm that are tried, as log odds: .1 % to 99.3 %. The odds in between lose little, see `lumpLogE`. */
const LEVELS = Array.from({ length: 13 }, (_, i) => i - 7);

/** How far beyond the null's boundary the candidate is tried, in log odds: at a base rate of .8 a fall to .77, .71, .60, .35. */
const DEPTHS = [0.2, 0.5, 1, 2];

/** Share of the mixture that does not bet, so that an arrival that shows nothing costs at most ln 2. */
const IDLE = 0.5;

/** Labels of a made-up past whose plug-in estimates are the rates to bet on. */
const PAST = 1e6;

const logit = (p: number): number => Math.log(p / (1 - p));
const rateOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** Log e-value of a block for one simple alternative: the e-process's own next bet after a long past at exactly these rates. */
const logEAt = (pA: number, pB: number, block: RatePair, hypothesis: TlgNull): number => {
  const sum = (p: number): number => p * (PAST + 2 * TLG_PRIOR) - TLG_PRIOR;
  const past = { ...emptyTlg(), nA: PAST, sA: sum(pA), nB: PAST, sB: sum(pB) };
  return foldTlg(past, block, hypothesis).logE;
};

/** The candidate's rate `depth` log odds beyond the boundary at `pA`, null where the boundary is no rate. */
const alternativeAt = (pA: number, depth: number, { kind, margin, side }: TlgNull): number | null => {
  const boundary = kind === 'absolute' ? pA + margin : pA * margin;
  if (!(boundary > 0 && boundary < 1)) return null;
  return rateOf(logit(boundary) + (side === 'greater' ? depth : -depth));
};

/**
 * Log e-value of one block by the mixture: half of it idle, the rest spread evenly over the alternatives. Each alternative's e-value has an
 * expectation of at most 1 under the null whatever the counts (statistics.md 1.2), so their mean has too. A wrong level costs little: a
 * shift of both arms along the null moves the evidence only in second order.
 */
export const lumpLogE = (block: RatePair, hypothesis: TlgNull): number => {
  const found: number[] = [];
  for (const level of LEVELS) {
    const pA = rateOf(level);
    for (const depth of DEPTHS) {
      const pB = alternativeAt(pA, depth, hypothesis);
      if (pB !== null) found.push(logEAt(pA, pB, block, hypothesis));
    }
  }
  if (found.length === 0 || block.nA === 0 || block.nB === 0) return 0;
  const sum = found.reduce((total, logE) => logAddExp(total, logE), -Infinity);
  return logAddExp(Math.log(IDLE), Math.log((1 - IDLE) / found.length) + sum);
};

/**
 * The late harm process after one more arrival. Which of the two bets is made depends on the counts alone, never on what they show, so
 * the product stays an e-process. @throws RangeError as `foldTlg`.
 */
export const foldLump = (process: TlgState, block: RatePair, hypothesis: TlgNull): TlgState => {
  const folded = foldTlg(process, block, hypothesis);
  if (block.nA <= process.nA && block.nB <= process.nB) return folded;
  const logE = process.logE + lumpLogE(block, hypothesis);
  return { ...folded, logE, maxLogE: Math.max(process.maxLogE, logE) };
};
