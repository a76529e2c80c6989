/**
 * The rules that people use and that we do not: a test for one look at a fixed size, looked at again and again until it says p < .05. They are here
 * to show, in the same run, that the simulation can see what they do wrong.
 */
import {
  compareMeans,
  mergeMoments,
  momentsOf,
  type ExperimentBlock,
  type MetricBlock,
  type Moments,
} from '../../src/analysis/index.ts';
import type { PeekingRule } from './experiment-run.ts';

export const CRITICAL_Z = 1.959963984540054;

/** 0 while |z| is below the two-sided 5 % point, then its sign. */
const sideOf = (z: number): number => (Math.abs(z) > CRITICAL_Z ? Math.sign(z) : 0);

const momentsIn = (block: MetricBlock | undefined): Moments => {
  if (block?.kind === 'mean') return momentsOf(block.n, block.sum, block.sumOfSquares);
  if (block?.kind === 'proportion') return momentsOf(block.n, block.successes, block.successes);
  if (block?.kind !== 'scores') return momentsOf(0, 0, 0);
  let [sum, sumOfSquares] = [0, 0];
  for (const score of block.scores) {
    sum += score;
    sumOfSquares += score * score;
  }
  return momentsOf(block.scores.length, sum, sumOfSquares);
};

/** A rule on the means of everything so far; with several variants, whichever differs first. */
const onMeans = (
  metric: string,
  variants: readonly string[],
  decide: (a: Moments, b: Moments) => number,
): PeekingRule => {
  const arms = ['a', ...variants];
  let moments = arms.map(() => momentsOf(0, 0, 0));
  let found = 1;
  return {
    look: (block: ExperimentBlock) => {
      moments = arms.map((arm, i) => mergeMoments(moments[i]!, momentsIn(block.arms[arm]?.[metric])));
      for (let i = 1; i < arms.length; i++) {
        const side = decide(moments[0]!, moments[i]!);
        if (side === 0) continue;
        found = i;
        return side;
      }
      return 0;
    },
    difference: () => moments[found]!.mean - moments[0]!.mean,
  };
};

/** z of the pooled test of two rates; 0 where there is none. */
export const zOfRates = (a: Moments, b: Moments): number => {
  if (a.n === 0 || b.n === 0) return 0;
  const pooled = (a.n * a.mean + b.n * b.mean) / (a.n + b.n);
  const variance = pooled * (1 - pooled) * (1 / a.n + 1 / b.n);
  return variance > 0 ? (b.mean - a.mean) / Math.sqrt(variance) : 0;
};

/** The pooled z-test of two proportions on everything so far. */
export const pooledZ = (metric: string, variants: readonly string[] = ['b']): PeekingRule =>
  onMeans(metric, variants, (a, b) => sideOf(zOfRates(a, b)));

/** Welch's z-test of two means on everything so far. */
export const welchZ = (metric: string): PeekingRule =>
  onMeans(metric, ['b'], (a, b) => {
    const found = compareMeans(a, b, { alpha: 0.05, nOpt: 1000 });
    return found.ok ? sideOf(found.value.difference / Math.sqrt(found.value.varianceWelch)) : 0;
  });

/**
 * The asymptotic sequence on everything so far, with Welch's variance as published or with the larger one as we use it, from `burnIn`
 * observations in each arm.
 */
export const asymptotic = (
  metric: string,
  variance: 'varianceWelch' | 'varianceUsed',
  { nOpt, burnIn }: { readonly nOpt: number; readonly burnIn: number },
): PeekingRule =>
  onMeans(metric, ['b'], (a, b) => {
    if (Math.min(a.n, b.n) < burnIn) return 0;
    const found = compareMeans(a, b, { alpha: 0.05, nOpt });
    if (!found.ok) return 0;
    const { difference, halfWidth, varianceUsed } = found.value;
    const half = halfWidth * Math.sqrt(found.value[variance] / varianceUsed);
    return Math.abs(difference) > half ? Math.sign(difference) : 0;
  });
