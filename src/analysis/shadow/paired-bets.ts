/**
 * Anytime-valid evidence that a bounded paired difference has a mean above 0, from sums alone.
 *
 *     x = onS s + onC c + constant          of a pair of values s and c in 0..1; x >= lowest, and lowest < 0
 *     H0: E[x | everything before] <= 0     for every pair
 *     M_k = product of (1 + l_k x)          l_k = b_k / -lowest,  b_k = .95 2^(-k/2),  k = 0..13
 *     E   = mean of the M_k
 *
 * Each M_k is a test supermartingale under H0 because l_k x > -1, so is their mean, and P(E ever >= 1/alpha) <= alpha by Ville's
 * inequality at any number of looks (betting: Waudby-Smith, Ramdas, JRSSB 86, 2024, whose "diversified" bet the mean over fixed stakes
 * is; Robbins' method of mixtures). The stakes are fixed before any pair, so that E depends on the totals only: it is the same however
 * pairs were cut into blocks and in whatever order these came.
 *
 * Where both values are 0 or 1 the four cells of the table follow from the sums and the product is exact. Else it is bounded from below:
 * (y - ln(1+y)) / y^2 falls in y, so for y >= -b
 *
 *     ln(1 + y) >= y - g(b) y^2,   g(b) = (-ln(1-b) - b) / b^2            (Fan, Grama, Liu, EJP 20, 2015, lemma 4.1)
 *     ln M_k    >= l_k sum(x) - g(b_k) l_k^2 sum(x^2)
 *
 * and what is below a test supermartingale rejects no more often. Golden family `paired_bets`; error rates: `npm run simulate -- shadow`.
 * Not valid for pairs of one unit that are alike among themselves: count each unit once.
 */
import type { PairSums } from '../../domain/pair-block.ts';

/** x = onS s + onC c + constant. */
export interface PairedForm {
  readonly onS: number;
  readonly onC: number;
  readonly constant: number;
}

const LARGEST_STAKE = 0.95;
const STAKES = Array.from({ length: 14 }, (_, k) => LARGEST_STAKE * 2 ** (-k / 2));

/** Rounding that sums may carry, per pair. */
const ROUNDING = 1e-9;

/** @throws RangeError naming the field of `sums`. */
const requireSums = ({ n, sumS, sumC, sumSS, sumCC, sumSC }: PairSums): void => {
  if (!(n >= 0 && n < 1e15)) throw new RangeError(`sums.n must be a finite number from 0, got ${n}`);
  const slack = ROUNDING * (1 + n);
  const upTo = (name: string, value: number, most: number): void => {
    if (!(value >= -slack && value <= most + slack)) {
      throw new RangeError(`sums.${name} must be from 0 to ${most}, got ${value}`);
    }
  };
  upTo('sumS', sumS, n);
  upTo('sumC', sumC, n);
  upTo('sumSS', sumSS, sumS);
  upTo('sumCC', sumCC, sumC);
  upTo('sumSC', sumSC, Math.min(sumS, sumC));
};

/** Smallest x there can be. @throws RangeError naming the field of `form`, or `form` when x cannot be below 0 or never above it. */
const lowestOf = ({ onS, onC, constant }: PairedForm): number => {
  for (const [name, value] of Object.entries({ onS, onC, constant })) {
    if (!(Math.abs(value) <= 1e6)) throw new RangeError(`form.${name} must be within 1e6, got ${value}`);
  }
  const lowest = constant + Math.min(0, onS) + Math.min(0, onC);
  const highest = constant + Math.max(0, onS) + Math.max(0, onC);
  if (!(lowest < 0 && highest > 0)) {
    throw new RangeError(`form must take values below and above 0, got ${lowest} to ${highest}`);
  }
  return lowest;
};

/** How often each x came, where both values were always 0 or 1; null where they were not. */
const cellsOf = (
  { n, sumS, sumC, sumSS, sumCC, sumSC }: PairSums,
  { onS, onC, constant }: PairedForm,
): readonly (readonly [count: number, x: number])[] | null => {
  const isBinary = Math.abs(sumSS - sumS) + Math.abs(sumCC - sumC) <= ROUNDING * n;
  if (!isBinary) return null;
  return [
    [sumSC, onS + onC + constant],
    [sumS - sumSC, onS + constant],
    [sumC - sumSC, onC + constant],
    [n - sumS - sumC + sumSC, constant],
  ];
};

/** Sums of x and of its square. */
export const sumsOfForm = (
  { n, sumS, sumC, sumSS, sumCC, sumSC }: PairSums,
  { onS, onC, constant }: PairedForm,
): { readonly sum: number; readonly sumOfSquares: number } => {
  const linear = onS * sumS + onC * sumC;
  const squares = onS * onS * sumSS + onC * onC * sumCC + 2 * onS * onC * sumSC;
  return {
    sum: linear + constant * n,
    sumOfSquares: Math.max(0, squares + 2 * constant * linear + constant * constant * n),
  };
};

const logMeanExp = (logs: readonly number[]): number => {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
};

/**
 * ln E of the pairs behind `sums`; 0 without any. Keep the largest one of all looks: P(it ever reaches ln(1/alpha) | H0) <= alpha.
 * @throws RangeError naming the field of `sums` or `form`.
 */
export const pairedLogE = (sums: PairSums, form: PairedForm): number => {
  requireSums(sums);
  const lowest = lowestOf(form);
  if (sums.n === 0) return 0;
  const cells = cellsOf(sums, form);
  if (cells !== null) {
    return logMeanExp(
      STAKES.map((b) =>
        cells.reduce((sum, [count, x]) => sum + Math.max(0, count) * Math.log1p((b * x) / -lowest), 0),
      ),
    );
  }
  const { sum, sumOfSquares } = sumsOfForm(sums, form);
  return logMeanExp(
    STAKES.map((b) => {
      const stake = b / -lowest;
      return stake * sum - ((-Math.log1p(-b) - b) / (b * b)) * stake * stake * sumOfSquares;
    }),
  );
};

/**
 * Expected growth of ln M per pair under the best of the stakes, when both values are 0 or 1 with these means, and both 1 in the share
 * `meanSC` of pairs (independent unless given): what a plan reckons with. Pairs that are alike grow faster. 0 where no stake grows.
 * @throws RangeError naming meanS, meanC, meanSC or the field of `form`.
 */
export const pairedGrowth = (
  meanS: number,
  meanC: number,
  form: PairedForm,
  meanSC: number = meanS * meanC,
): number => {
  for (const [name, mean] of Object.entries({ meanS, meanC, meanSC })) {
    if (!(mean >= 0 && mean <= 1)) throw new RangeError(`${name} must be from 0 to 1, got ${mean}`);
  }
  const lowest = lowestOf(form);
  const sums = {
    n: 1,
    sumS: meanS,
    sumC: meanC,
    sumSS: meanS,
    sumCC: meanC,
    sumSC: meanSC,
    greater: 0,
    smaller: 0,
    disagreed: 0,
  };
  const cells = cellsOf(sums, form) ?? [];
  return Math.max(
    0,
    ...STAKES.map((b) => cells.reduce((sum, [p, x]) => sum + p * Math.log1p((b * x) / -lowest), 0)),
  );
};
