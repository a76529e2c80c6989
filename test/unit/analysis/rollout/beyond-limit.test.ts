import { describe, expect, it } from 'vitest';
import {
  foldBlock,
  judgeAbsolute,
  momentsOf,
  readEvidence,
  type RolloutEvidence,
} from '../../../../src/analysis/index.ts';
import { unitMargins } from '../../../../src/analysis/asymptotic.ts';
import { meanBeyond, p95Beyond } from '../../../../src/analysis/rollout/beyond-limit.ts';
import { MEAN_PLANNED_OBSERVATIONS } from '../../../../src/analysis/rollout/mean-evidence.ts';
import type { WindowStats } from '../../../../src/domain/window.ts';
import { addToSketch, emptySketch, randomFromSeed, sampleLogNormal } from '../../../../src/math/index.ts';
import { all, block, cost, costs, healthy, repeat, run } from './blocks.ts';

describe('a mean beyond its limit', () => {
  it('is proven exactly where the one-sided sequence excludes the limit', () => {
    for (const n of [100, 400, 5000]) {
      for (const alpha of [0.02, 0.005]) {
        const { oneSided } = unitMargins(n, alpha, MEAN_PLANNED_OBSERVATIONS);
        const moments = { n, mean: 1 + oneSided * 3, m2: 9 * (n - 1) };
        expect(meanBeyond(moments, 1, alpha)).toBeCloseTo(Math.log(1 / alpha), 8);
        expect(meanBeyond({ ...moments, mean: 0.99 }, 1, alpha)).toBe(0);
      }
    }
  });
  it('is never proven within the burn-in, and soon by constants, that have no variance', () => {
    expect(meanBeyond({ n: 99, mean: 50, m2: 1 }, 1, 0.02)).toBe(0);
    expect(meanBeyond({ n: 101, mean: 2, m2: 0 }, 1, 0.02)).toBeCloseTo(100 * Math.LN2, 9);
    expect(meanBeyond({ n: 101, mean: 2, m2: 0 }, 0, 0.02)).toBe(1e6);
    expect(meanBeyond({ n: 101, mean: 1e140, m2: 1e-300 }, 1, 0.02)).toBeLessThan(Infinity);
  });
  it('takes a candidate at 95 % of the limit back hardly ever in 100 looks, and one at 120 % nearly always', () => {
    const backs = (under: number): number => {
      const random = randomFromSeed(14);
      return repeat(60, 0).filter(() => {
        let [n, sum, squares, back] = [0, 0, 0, false];
        for (let look = 0; look < 100 && !back; look++) {
          for (let i = 0; i < 50; i++) {
            const value = under * sampleLogNormal(-0.5, 1, random);
            n += 1;
            sum += value;
            squares += value * value;
          }
          back = meanBeyond(momentsOf(n, sum, squares), 1, 0.02) >= Math.log(50);
        }
        return back;
      }).length;
    };
    expect(backs(0.95)).toBeLessThanOrEqual(2);
    expect(backs(1.2)).toBeGreaterThan(50);
  });
});

describe('a p95 beyond its limit', () => {
  const sketchOf = (n: number, slow: number) =>
    addToSketch(addToSketch(emptySketch(0.05), 800, n - slow), 9000, slow);
  it('is proven by the share of requests above it, not by the figure', () => {
    expect(p95Beyond(sketchOf(2000, 108), 5000)).toBeLessThan(Math.log(50));
    expect(p95Beyond(sketchOf(2000, 200), 5000)).toBeGreaterThan(Math.log(50));
    expect(p95Beyond(sketchOf(2000, 90), 5000)).toBe(0);
    expect(p95Beyond(sketchOf(2000, 200), 9100)).toBe(0);
  });
  it('says nothing of a limit that no sketch can count', () => {
    expect(p95Beyond(sketchOf(2000, 200), 1e18)).toBe(0);
    expect(p95Beyond(sketchOf(2000, 200), 1e15)).toBe(0);
    expect(p95Beyond(emptySketch(0.05), 5000)).toBe(0);
  });
  it('a few requests too many hold the step and do not take the change back', () => {
    const candidate = healthy(100, {
      latencyMs: {
        ...healthy(100).latencyMs!,
        sketch: addToSketch(addToSketch(emptySketch(), 800, 94), 9000, 6),
      },
    });
    const { evidence } = run({ stepIndex: 3, blocks: repeat(4, [{}, candidate] as const) });
    const context = {
      guardrails: all,
      constraints: { maxLatencyP95Ms: 5000 },
      stepIndex: 3,
      minSamples: 200,
    };
    expect(judgeAbsolute(evidence, context)).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringMatching(/beyond, and not proven/),
    });
  });
});

describe('the spread of costs', () => {
  const context = { guardrails: [cost], stepIndex: 3, weightPct: 100 };
  const question = {
    guardrails: [cost],
    constraints: { maxCostPerRequestUsd: 0.1 },
    stepIndex: 3,
    minSamples: 100,
  };
  const without = ({ arms, ...rest }: RolloutEvidence): unknown => {
    const { costMoments: _stable, ...stable } = arms.stable;
    const { costMoments: _candidate, ...candidate } = arms.candidate;
    return { ...rest, arms: { stable, candidate } };
  };
  it('is missing in evidence begun before there was one, and counts from then on', () => {
    const dear = (n: number): { costUsd: WindowStats } => ({ costUsd: costs(n, 0.2) });
    const { evidence } = run({ guardrails: [cost], stepIndex: 3, blocks: [[{}, dear(500)]] });
    expect(judgeAbsolute(evidence, question).outcome).toBe('harm');
    const old = readEvidence(JSON.parse(JSON.stringify(without(evidence))));
    expect(judgeAbsolute(old, question).outcome).toBe('inconclusive');
    const silent = foldBlock(old, block(7, {}, {}), context);
    expect('costMoments' in silent.arms.candidate).toBe(false);
    const later = foldBlock(silent, block(8, {}, dear(200)), context);
    expect(later.arms.candidate).toMatchObject({ costUsd: { n: 700 }, costMoments: { n: 200 } });
    expect(judgeAbsolute(later, question).outcome).toBe('harm');
    expect(() =>
      readEvidence({ ...later, arms: { ...later.arms, stable: { ...later.arms.stable, costMoments: 1 } } }),
    ).toThrow(/^evidence\.arms\.stable\.costMoments/);
  });
});
