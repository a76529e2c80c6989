import { describe, expect, it } from 'vitest';
import { metricBlockOfValues, metricBlockOfWindow } from '../../../../src/analysis/index.ts';
import { tailLimits } from '../../../../src/analysis/rollout/hypotheses.ts';
import { emptyStats, observe, randomFromSeed, sampleLogNormal } from '../../../../src/math/index.ts';
import { cost, quality, score, slow } from './support.ts';

const margin = { kind: 'relative', pct: 20 } as const;

describe('from single values', () => {
  it('adds up what each kind of metric needs, on the scale of the design', () => {
    expect(metricBlockOfValues(quality, [1, 0, 0.5])).toEqual({ kind: 'proportion', n: 3, successes: 1.5 });
    expect(metricBlockOfValues(score, [0.2, 1])).toEqual({ kind: 'scores', scores: [0.2, 1] });
    expect(metricBlockOfValues(cost, [1, 3])).toEqual({ kind: 'mean', n: 2, sum: 4, sumOfSquares: 10 });
    const cut = { ...cost, scale: { kind: 'winsorised', cap: 2 } } as const;
    expect(metricBlockOfValues(cut, [1, 3])).toEqual({ kind: 'mean', n: 2, sum: 3, sumOfSquares: 5 });
    const log = { ...cost, scale: { kind: 'log' } } as const;
    expect(metricBlockOfValues(log, [Math.E, 1])).toEqual({ kind: 'mean', n: 2, sum: 1, sumOfSquares: 1 });
    const values = [100, 950, 1200];
    expect(metricBlockOfValues(slow, values)).toEqual({ kind: 'tail', n: 3, above: 2 });
    expect(metricBlockOfValues(slow, values, margin)).toMatchObject({ above: 2, aboveWidened: 1 });
  });
  it('refuses what cannot be, by name', () => {
    const log = { ...cost, scale: { kind: 'log' } } as const;
    for (const [metric, value] of [
      [quality, 2],
      [score, -1],
      [log, 0],
      [cost, Number.NaN],
      [slow, Infinity],
    ] as const) {
      expect(() => metricBlockOfValues(metric, [value])).toThrow(/^values must/u);
    }
  });
});

describe('from a stored window', () => {
  const random = randomFromSeed(1);
  const values = Array.from({ length: 500 }, () => 600 * sampleLogNormal(0, 0.4, random));
  const stats = values.reduce((window, value) => observe(window, value), emptyStats({ withSketch: true }));

  it('counts a tail at the same boundaries as a rollout does', () => {
    const limits = tailLimits(
      {
        id: 'latencyP95',
        metric: 'latencyMs',
        kind: 'tail',
        direction: 'decrease',
        margin,
        required: true,
        frozen: 900,
      },
      1,
    )!;
    const above = (limit: number) => values.filter((value) => value > limit).length;
    expect(metricBlockOfWindow(slow, stats, margin)).toEqual({
      kind: 'tail',
      n: 500,
      above: above(limits.stableMs),
      aboveWidened: above(limits.candidateMs),
    });
    expect(metricBlockOfWindow(slow, stats)).toEqual({ kind: 'tail', n: 500, above: above(limits.stableMs) });
  });
  it('takes sums as they are, on the raw scale only', () => {
    const { count: n, sum, sumOfSquares } = stats;
    expect(metricBlockOfWindow(cost, stats)).toEqual({ kind: 'mean', n, sum, sumOfSquares });
    expect(metricBlockOfWindow(score, stats)).toEqual({ kind: 'scoreSums', n, sum, sumOfSquares });
    expect(metricBlockOfWindow(quality, stats)).toEqual({ kind: 'proportion', n, successes: sum });
    const log = { ...cost, scale: { kind: 'log' } } as const;
    expect(() => metricBlockOfWindow(log, stats)).toThrow(/^metric\.scale must be raw/u);
    expect(() => metricBlockOfWindow(slow, { ...stats, sketch: null })).toThrow(/^stats\.sketch/u);
  });
});
