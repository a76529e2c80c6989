import { describe, expect, it } from 'vitest';
import {
  foldLate,
  judgeAbsolute,
  planLabels,
  planSteps,
  tailLimits,
  type AbsoluteLimits,
} from '../../../../src/analysis/index.ts';
import { evidenceBeyondLimit } from '../../../../src/analysis/rate-limit-mixture.ts';
import type { ArmWindow } from '../../../../src/domain/window.ts';
import { bucketBoundaryAtOrAbove, countAbove, randomFromSeed } from '../../../../src/math/index.ts';
import {
  all,
  block,
  cost,
  costs,
  errorRate,
  healthy,
  latencies,
  latency,
  quality,
  repeat,
  run,
  shares,
  STEPS,
} from './blocks.ts';

const limits: AbsoluteLimits = {
  minQuality: 0.7,
  maxErrorRate: 0.05,
  maxLatencyP95Ms: 5000,
  maxCostPerRequestUsd: 0.1,
};
const at100 = (candidate: ArmWindow, times = 5, constraints = limits, guardrails = all) => {
  const { evidence } = run({ guardrails, stepIndex: 3, blocks: repeat(times, [{}, candidate] as const) });
  return judgeAbsolute(evidence, { guardrails, constraints, stepIndex: 3, minSamples: 200 });
};

describe('judgeAbsolute, at 100 % without a control arm', () => {
  it('healthy within every limit, and says so', () => {
    const verdict = at100(healthy(100));
    expect(verdict.outcome).toBe('healthy');
    expect(verdict.reason).toContain('quality 0.810, at least 0.700: kept');
    expect(verdict.reason).toContain('cost 0.002 USD, at most 0.1 USD: kept');
  });
  it.each([
    [
      'quality',
      healthy(100, { quality: shares(100, 50) }),
      /^quality 0\.500, at least 0\.700 is asked: broken \(log e/,
    ],
    [
      'errors',
      healthy(100, { error: shares(100, 15) }),
      /^error rate 15\.00 %, at most 5\.00 % is asked: broken/,
    ],
    [
      'latency',
      healthy(100, { latencyMs: latencies([800, 80], [9000, 20]) }),
      /^p95 latency .* at most 5,000 ms is asked/,
    ],
    ['cost', healthy(100, { costUsd: costs(100, 0.2) }), /^cost 0\.2 USD, at most 0\.1 USD is asked: broken/],
  ])('%s beyond its limit is harm', (_name, candidate, reason) => {
    const verdict = at100(candidate);
    expect(verdict.outcome).toBe('harm');
    expect(verdict.reason).toMatch(reason);
  });
  it('a limit set on an advisory guardrail decides; without a limit it is only shown', () => {
    const dear = healthy(100, { costUsd: costs(100, 0.2) });
    expect(at100(dear, 5, limits, [cost]).outcome).toBe('harm');
    expect(at100(dear, 5, {}, [cost, quality]).outcome).toBe('healthy');
    expect(at100(dear, 5, {}, [cost]).outcome).toBe('inconclusive');
  });
  it('neither nothing nor too little passes', () => {
    expect(at100({}).outcome).toBe('noData');
    const few = at100(healthy(100), 1);
    expect(few.outcome).toBe('inconclusive');
    expect(few.reason).toMatch(/100 of 200 labels at 100 %/);
    const close = at100(healthy(100, { quality: shares(100, 69) }), 3);
    expect(close).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringMatching(/beyond, and not proven/),
    });
  });
  it('labels of earlier steps do not count here, except where they prove harm', () => {
    const { evidence } = run({ blocks: repeat(8, [healthy(300), healthy(100)] as const) });
    const context = { guardrails: all, constraints: limits, stepIndex: 3, minSamples: 200 };
    expect(judgeAbsolute(evidence, context).outcome).toBe('noData');
    const bad = block(1, healthy(400), healthy(400, { quality: shares(400, 200) }));
    const late = [1, 2, 3, 4].reduce(
      (e, no) => foldLate(e, { ...bad, no }, { guardrails: all, weightPct: 50 }),
      evidence,
    );
    expect(judgeAbsolute(late, context)).toMatchObject({
      outcome: 'harm',
      reason: expect.stringMatching(/earlier steps/),
    });
  });
});

describe('evidence beyond a limit, from totals', () => {
  it('keeps its promise at the limit at every look', () => {
    const random = randomFromSeed(51);
    let alarms = 0;
    for (let r = 0; r < 500; r++) {
      let [n, s, highest] = [0, 0, 0];
      for (let look = 0; look < 60; look++) {
        n += 40;
        for (let i = 0; i < 40; i++) if (random.next() < 0.1) s += 1;
        highest = Math.max(highest, evidenceBeyondLimit({ n, successes: s }, 0.1, 'greater'));
      }
      if (highest >= Math.log(20)) alarms += 1;
    }
    expect(alarms / 500).toBeLessThanOrEqual(0.05);
  });
  it('sees what is beyond, nothing on the right side, and names what is wrong', () => {
    expect(evidenceBeyondLimit({ n: 1000, successes: 150 }, 0.1, 'greater')).toBeGreaterThan(Math.log(1000));
    expect(evidenceBeyondLimit({ n: 1000, successes: 150 }, 0.1, 'less')).toBe(0);
    expect(evidenceBeyondLimit({ n: 0, successes: 0 }, 0.1, 'less')).toBe(0);
    expect(evidenceBeyondLimit({ n: 10, successes: 1 }, 0, 'greater')).toBeLessThan(Infinity);
    expect(() => evidenceBeyondLimit({ n: 10, successes: 11 }, 0.1, 'less')).toThrow(/^successes/);
    expect(() => evidenceBeyondLimit({ n: 10, successes: 1 }, 1.1, 'less')).toThrow(/^limit/);
  });
});

describe('tailLimits', () => {
  it('never ask less than the margin, and say what it is in effect', () => {
    for (const frozen of [37, 812.5, 1900, 30_000]) {
      for (const multiple of [1, 2, 4]) {
        const { stableMs, candidateMs, effectiveRisePct } = tailLimits({ ...latency, frozen }, multiple)!;
        expect(stableMs).toBeGreaterThanOrEqual(frozen);
        expect(bucketBoundaryAtOrAbove(stableMs)).toBe(stableMs);
        expect(bucketBoundaryAtOrAbove(candidateMs)).toBe(candidateMs);
        expect(effectiveRisePct).toBeGreaterThanOrEqual(20 * multiple - 1e-6);
        expect(effectiveRisePct).toBeLessThanOrEqual((100 + 20 * multiple) * 1.0203 - 100);
        expect(countAbove(latencies([candidateMs, 1], [candidateMs * 1.03, 1]).sketch!, candidateMs)).toBe(1);
      }
    }
    expect(tailLimits({ ...latency, frozen: null }, 1)).toBeNull();
  });
});

describe('planLabels', () => {
  const baseline = { quality: 0.81, errorRate: 0.005 };
  const plan = (change: Partial<Parameters<typeof planLabels>[0]> = {}) =>
    planLabels({ guardrails: all, steps: STEPS, baseline, ...change });

  it('is of the order that the simulation takes', () => {
    const quality81 = plan({ guardrails: [quality] })!;
    expect(quality81).toBeGreaterThan(5000);
    expect(quality81).toBeLessThan(13_200);
  });
  it('grows with a narrower margin, a harder base rate and more samples asked', () => {
    const narrow = { ...quality, margin: { kind: 'relative' as const, pct: 2 } };
    expect(plan({ guardrails: [narrow] })!).toBeGreaterThan(3 * plan({ guardrails: [quality] })!);
    expect(plan({ baseline: { ...baseline, quality: 0.5 } })!).toBeGreaterThan(plan()!);
    expect(plan({ minSamples: 5000 })!).toBeGreaterThan(100_000);
    const dear = [
      ...all.slice(0, 3),
      { ...cost, required: true, margin: { kind: 'relative' as const, pct: 2 } },
    ];
    expect(plan({ guardrails: dear })!).toBeGreaterThan(plan()!);
  });
  it('names the step and the guardrail that takes longest', () => {
    const steps = planSteps({ guardrails: [quality, errorRate], steps: STEPS, baseline, minSamples: 200 })!;
    expect(steps.map((s) => s.weightPct)).toEqual([5, 25, 50]);
    expect(steps[2]).toMatchObject({ slowest: 'quality' });
  });
  it('is not told without a base rate, and is 0 without a step below 100', () => {
    expect(plan({ baseline: { quality: null, errorRate: 0.005 } })).toBeNull();
    expect(plan({ steps: [100] })).toBe(0);
    expect(plan({ guardrails: [cost] })).toBe(0);
    expect(() => plan({ steps: [] })).toThrow(/^steps/);
  });
});
