/**
 * One search for the best of several paraphrases, by the shares that each rule gives them: how many labels until one is proven to be within `EPSILON` of
 * the best, and whether it is. Blocks grow by a quarter; shares change only between them, from what was seen before.
 *
 * The proof is the same for every rule, so that they differ in nothing but the shares: an arm is named when "it is at least EPSILON worse" is rejected
 * against each other one by the block e-process, at `DELTA` / 2 over all pairs that could go wrong; the other half is for putting arms out (the product's
 * own elimination). Both hold at any
 * number of looks and however the shares came about.
 */
import { emptyTlg, foldTlg, type TlgNull, type TlgState } from '../../../src/analysis/index.ts';
import { nextWeights } from '../../../src/decision/experiments/next-weights.ts';
import { sampleBinomial, type Random } from '../../../src/math/index.ts';
import type { ArmTotals } from '../../../src/state/experiment/index.ts';
import { armsLeft, foldElimination, startElimination } from '../tuning/elimination.ts';

/** What counts as the best: less than this behind it. */
export const EPSILON = 0.05;
/** Chance that what is named is further behind. */
export const DELTA = 0.05;
/** Labels after which a search is given up. */
export const MOST = 22_000;

const FIRST_BLOCK = 200;
const GROWTH = 1.25;
const FLOOR = 0.02;

export const RULES = ['uniform', 'elimination', 'thompson', 't3c'] as const;
export type Rule = (typeof RULES)[number];

export interface Found {
  /** Labels when it was proven; null when it was not by the end. */
  readonly labels: number | null;
  /** How far what was named (or leads at the end) is behind the best. */
  readonly behind: number;
  /** Labels from which on the leader was never again more than `EPSILON` behind. */
  readonly settled: number;
}

/** The evidence that `better` is not worse than `worse` by `EPSILON`. */
interface Pair {
  readonly better: number;
  readonly worse: number;
  readonly close: TlgState;
}

const CLOSE: TlgNull = { kind: 'absolute', margin: -EPSILON, side: 'greater' };

interface Counts {
  readonly n: number;
  readonly good: number;
}

const folded = (pair: Pair, block: readonly Counts[], stillIn: ReadonlySet<number>): Pair => {
  const { better, worse } = pair;
  if (!stillIn.has(better) || !stillIn.has(worse)) return pair;
  const [a, b] = [block[worse]!, block[better]!];
  const counts = { nA: a.n, sA: a.good, nB: b.n, sB: b.good };
  return { ...pair, close: foldTlg(pair.close, counts, CLOSE) };
};

const drawBlock = (
  labels: number,
  shares: readonly number[],
  rates: readonly number[],
  random: Random,
): readonly Counts[] => {
  let [left, shareLeft] = [labels, 1];
  return shares.map((share, i) => {
    const n =
      shareLeft <= share + 1e-12 ? left : sampleBinomial(left, Math.min(1, share / shareLeft), random);
    left -= n;
    shareLeft -= share;
    return { n, good: sampleBinomial(n, rates[i]!, random) };
  });
};

const asTotals = ({ n, good }: Counts): ArmTotals => ({
  exposures: n,
  labels: n,
  requests: n,
  qualityMean: n === 0 ? null : good / n,
  errorRate: null,
  costUsdPerRequest: null,
  latencyP95Ms: null,
});

const namesOf = (arms: number): readonly string[] => Array.from({ length: arms }, (_, i) => `p${i}`);

const equalShares = (arms: number, stillIn: ReadonlySet<number>): readonly number[] =>
  Array.from({ length: arms }, (_, i) => (stillIn.has(i) ? 1 / stillIn.size : 0));

const sharesBy = (
  rule: Rule,
  totals: readonly Counts[],
  stillIn: ReadonlySet<number>,
  before: readonly number[],
): readonly number[] => {
  if (rule === 'uniform') return equalShares(totals.length, new Set(totals.keys()));
  if (rule === 'elimination') return equalShares(totals.length, stillIn);
  const names = namesOf(totals.length);
  const next = nextWeights(
    { kind: rule, floor: FLOOR },
    names,
    Object.fromEntries(names.map((name, i) => [name, asTotals(totals[i]!)])),
    Object.fromEntries(names.map((name, i) => [name, before[i]!])),
  );
  return next === null ? before : names.map((name) => next.weights[name]!);
};

const meanOf = ({ n, good }: Counts): number => (n === 0 ? -1 : good / n);

/** Searches among paraphrases of these true rates. */
export const findParaphrase = (rates: readonly number[], rule: Rule, random: Random): Found => {
  const arms = rates.length;
  const best = Math.max(...rates);
  const limit = Math.log((arms - 1) / (DELTA / 2));
  let pairs: readonly Pair[] = rates.flatMap((_, better) =>
    rates.flatMap((__, worse) => (worse === better ? [] : [{ better, worse, close: emptyTlg() }])),
  );
  let totals: readonly Counts[] = rates.map(() => ({ n: 0, good: 0 }));
  const names = namesOf(arms);
  let elimination = startElimination(names, DELTA / 2);
  let stillIn: ReadonlySet<number> = new Set(rates.keys());
  let shares = equalShares(arms, stillIn);
  let [no, seen, settled, block, leader] = [0, 0, 0, FIRST_BLOCK, 0];
  while (seen + block <= MOST) {
    const counts = drawBlock(block, shares, rates, random);
    seen += block;
    block = Math.round(block * GROWTH);
    totals = totals.map(({ n, good }, i) => ({ n: n + counts[i]!.n, good: good + counts[i]!.good }));
    pairs = pairs.map((pair) => folded(pair, counts, stillIn));
    elimination = foldElimination(elimination, {
      no: (no += 1),
      arms: Object.fromEntries(counts.map(({ n, good }, i) => [names[i]!, { n, successes: good }])),
    });
    stillIn = new Set(armsLeft(elimination).map((name) => names.indexOf(name)));
    leader = [...stillIn].reduce((kept, arm) => (meanOf(totals[arm]!) > meanOf(totals[kept]!) ? arm : kept));
    if (best - rates[leader]! > EPSILON) settled = seen + block;
    const proven = [...stillIn].find((arm) =>
      pairs.every(
        ({ better, worse, close }) => better !== arm || !stillIn.has(worse) || close.maxLogE >= limit,
      ),
    );
    if (proven !== undefined) return { labels: seen, behind: best - rates[proven]!, settled };
    shares = sharesBy(rule, totals, stillIn, shares);
  }
  return { labels: null, behind: best - rates[leader]!, settled };
};
