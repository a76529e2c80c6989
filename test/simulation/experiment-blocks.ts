/** Draws blocks of outcomes for experiments: counts of successes, graded marks, latencies. Arm a is control. */
import type { ExperimentBlock, MetricBlock } from '../../src/analysis/index.ts';
import { sampleBinomial, sampleLogNormal, type Random } from '../../src/math/index.ts';

/** Draws n outcomes of one arm. */
export type Outcomes = (n: number) => MetricBlock;

/** How many outcomes an arm has in the block, its assignment weight, and what they are drawn from. */
export interface ArmDraw {
  readonly n: number;
  readonly weight: number;
  readonly outcomes: Outcomes;
}

/** Block `no` of one metric. */
export const blockOf = (
  no: number,
  metric: string,
  arms: Readonly<Record<string, ArmDraw>>,
): ExperimentBlock => {
  const entries = Object.entries(arms);
  return {
    no,
    weights: Object.fromEntries(entries.map(([arm, { weight }]) => [arm, weight])),
    arms: Object.fromEntries(entries.map(([arm, { n, outcomes }]) => [arm, { [metric]: outcomes(n) }])),
  };
};

export const rate =
  (p: number, random: Random): Outcomes =>
  (n) => ({ kind: 'proportion', n, successes: sampleBinomial(n, p, random) });

/** Marks of a judge in quarters: mean .78, with 40 % of the variance of a coin of that rate. */
const MARKS = [0.25, 0.5, 0.75, 0.75, 1, 1, 1, 1] as const;

export const marks =
  (random: Random): Outcomes =>
  (n) => ({
    kind: 'scores',
    scores: Array.from({ length: n }, () => MARKS[Math.floor(random.next() * MARKS.length)]!),
  });

/** Log-normal latency of median 1 on the raw scale, as its sums. */
export const latency =
  (sigma: number, random: Random): Outcomes =>
  (n) => {
    let [sum, sumOfSquares] = [0, 0];
    for (let i = 0; i < n; i++) {
      const x = sampleLogNormal(0, sigma, random);
      sum += x;
      sumOfSquares += x * x;
    }
    return { kind: 'mean', n, sum, sumOfSquares };
  };
