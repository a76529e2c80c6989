/** Draws pairs: one request under both configurations, the two sides alike because the request is the same. */
import type { PairBlock, PairMetric, PairSums } from '../../../src/domain/pair-block.ts';

/** Draws the two values of one metric of a pair. */
export type DrawPair = (next: () => number) => readonly [s: number, c: number];

/**
 * Two outcomes of 0 or 1 with these rates. With probability `alike` both are judged by the same chance, as a request that is hard is hard for
 * either; their correlation is about that.
 */
export const binaryPair =
  (rateS: number, rateC: number, alike: number): DrawPair =>
  (next) => {
    const u = next();
    const v = next() < alike ? u : next();
    return [Number(u < rateS), Number(v < rateC)];
  };

/** Two graded scores with these means, below 1: a part of each comes from the request, the rest is a side's own; standard deviation about .17. */
export const gradedPair =
  (meanS: number, meanC: number): DrawPair =>
  (next) => {
    const request = next() + next() - 1;
    const side = (mean: number): number =>
      Math.min(1, Math.max(0, mean + 0.28 * request + 0.28 * (next() - 0.5)));
    return [side(meanS), side(meanC)];
  };

export const NO_PAIRS: PairSums = {
  n: 0,
  sumS: 0,
  sumC: 0,
  sumSS: 0,
  sumCC: 0,
  sumSC: 0,
  greater: 0,
  smaller: 0,
  disagreed: 0,
};

/** `n` pairs added up. */
export const drawSums = (n: number, draw: DrawPair, next: () => number): PairSums => {
  const sums = { ...NO_PAIRS };
  for (let i = 0; i < n; i++) {
    const [s, c] = draw(next);
    sums.n += 1;
    sums.sumS += s;
    sums.sumC += c;
    sums.sumSS += s * s;
    sums.sumCC += c * c;
    sums.sumSC += s * c;
    sums.greater += Number(c > s);
    sums.smaller += Number(c < s);
  }
  return sums;
};

export const pairBlock = (
  no: number,
  metrics: Readonly<Partial<Record<PairMetric, PairSums>>>,
): PairBlock => ({ no, startMs: no * 1_000, endMs: (no + 1) * 1_000, metrics });
