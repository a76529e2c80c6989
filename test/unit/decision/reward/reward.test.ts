import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Statistic } from '../../../../src/analysis/result.ts';
import { WEIGHT_PRESETS } from '../../../../src/decision/multi-objective/weights.ts';
import {
  candidateRange,
  normalise,
  requestAllowance,
} from '../../../../src/decision/reward/normalization.ts';
import { scoreQuality } from '../../../../src/decision/reward/quality-score.ts';
import { rewardV1 } from '../../../../src/decision/reward/reward-v1.ts';
import { qualityPaidBy, rewardV2, type RewardOptions } from '../../../../src/decision/reward/reward-v2.ts';
import { dwellToUnit, ratingToUnit, type RewardSignals } from '../../../../src/decision/reward/signals.ts';

const valueOf = <T>(statistic: Statistic<T>): T => {
  if (!statistic.ok) throw new Error(statistic.reason);
  return statistic.value;
};
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
const signals: fc.Arbitrary<RewardSignals> = fc.record({
  rating: optional(fc.double({ min: 1, max: 5, noNaN: true })),
  liked: optional(fc.boolean()),
  quality: optional(fc.double({ min: 0, max: 1, noNaN: true })),
  taskCompleted: optional(fc.boolean()),
  responseEdited: optional(fc.boolean()),
  responseRegenerated: optional(fc.boolean()),
  dwellTimeSeconds: optional(amount),
  responseSaved: optional(fc.boolean()),
  responseShared: optional(fc.boolean()),
  converted: optional(fc.boolean()),
  retained: optional(fc.boolean()),
  revenueUsd: optional(amount),
  costUsd: optional(amount),
  latencyMs: optional(amount),
});
const options: RewardOptions = {
  weights: 'balanced',
  cost: { kind: 'range', low: 0.001, high: 0.004 },
  latency: { kind: 'range', low: 500, high: 2500 },
};

describe('the price of a request', () => {
  // Half the price for one point of quality, at the prices of real requests.
  const dear = { quality: 0.81, costUsd: 0.004, latencyMs: 1000 };
  const cheap = { quality: 0.8, costUsd: 0.002, latencyMs: 1000 };
  it('moves a decision under version 2, by the range of the candidates or by the budget', () => {
    for (const cost of [candidateRange([0.004, 0.002])!, requestAllowance(1000, 200_000)]) {
      const [a, b] = [dear, cheap].map((s) => valueOf(rewardV2(s, { ...options, cost })));
      expect(b!.reward - a!.reward).toBeGreaterThan(0.1);
    }
  });
  it('cannot under version 1: halving it gains less than a hundredth of a star', () => {
    const star = rewardV1({ ...dear, rating: 5 }).reward - rewardV1({ ...dear, rating: 4 }).reward;
    const halved =
      rewardV1({ ...dear, rating: 4, costUsd: 0.002 }).reward - rewardV1({ ...dear, rating: 4 }).reward;
    expect(star).toBeCloseTo(0.12, 12);
    expect(halved).toBeCloseTo(0.0006, 12);
    expect(halved / star).toBeCloseTo(1 / 200, 12);
  });
  it('is worth the more the more the weights say so', () => {
    const gain = (weights: keyof typeof WEIGHT_PRESETS) => {
      const [a, b] = [dear, cheap].map((s) => valueOf(rewardV2(s, { ...options, weights })).reward);
      return b! - a!;
    };
    expect(gain('quality')).toBeLessThan(gain('balanced'));
    expect(gain('balanced')).toBeLessThan(gain('cost'));
    expect(gain('cost')).toBeCloseTo((0.5 * 0.002) / 0.003 - 0.4 * 0.01, 12);
  });
});

describe('the reward of version 2', () => {
  it('is the sum of its parts, whose weights sum to 1, and lies within 0..1', () => {
    fc.assert(
      fc.property(signals, fc.constantFrom(...(Object.keys(WEIGHT_PRESETS) as 'cost'[])), (s, weights) => {
        const result = rewardV2(s, { ...options, weights, revenueScaleUsd: 50 });
        const { reward, parts, evidence, missing } = result.ok
          ? result.value
          : { reward: 0, parts: {}, evidence: [], missing: [] };
        const there = Object.values(parts).filter((part) => part !== null);
        const sum = there.reduce((all, { contribution }) => all + contribution, 0);
        expect(reward).toBeCloseTo(sum, 12);
        expect([reward >= 0, reward <= 1]).toEqual([true, true]);
        expect(there.reduce((all, { weight }) => all + weight, 0)).toBeCloseTo(result.ok ? 1 : 0, 12);
        expect(evidence.reduce((all, { share }) => all + share, 0)).toBeCloseTo(result.ok ? 1 : 0, 12);
        const silent = missing.filter(({ what }) => ['cost', 'latency'].includes(what)).length;
        expect(there.length + silent).toBe(result.ok ? 3 : 0);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
  it('shares the weight of what is missing out over the rest, and says so', () => {
    const { parts, missing, reward } = valueOf(rewardV2({ rating: 5, latencyMs: 2500 }, options));
    expect(parts.cost).toBeNull();
    expect(parts.quality!.weight).toBeCloseTo(0.5 / 0.7, 12);
    expect(parts.latency).toMatchObject({ score: 0, contribution: 0 });
    expect(reward).toBeCloseTo(0.5 / 0.7, 12);
    expect(missing).toEqual([
      { what: 'cost', reason: 'not measured' },
      { what: 'measured signals', reason: 'none came' },
      { what: 'implicit signals', reason: 'none came' },
      { what: 'business signals', reason: 'none came' },
    ]);
    const same = valueOf(
      rewardV2({ rating: 5, costUsd: 0.01 }, { ...options, cost: candidateRange([0, 0]) }),
    );
    expect(same.missing[0]).toEqual({ what: 'cost', reason: 'the candidates do not differ in it' });
  });
  it('is not known before a signal of quality is: cheap alone is not good', () => {
    expect(rewardV2({ costUsd: 0.001, latencyMs: 500 }, options)).toEqual({
      ok: false,
      reason: 'no signal of quality came',
    });
    const weights = { quality: 0, cost: 0.5, latency: 0.5 };
    expect(valueOf(rewardV2({ costUsd: 0.001, latencyMs: 500 }, { ...options, weights })).reward).toBe(1);
    expect(rewardV2({}, { ...options, weights })).toMatchObject({ ok: false });
  });
  it('takes custom weights that sum to 1, and no others', () => {
    const weights = { quality: 0.6, cost: 0.3, latency: 0.1 };
    expect(
      valueOf(rewardV2({ quality: 1, costUsd: 0.004, latencyMs: 2500 }, { ...options, weights })).reward,
    ).toBeCloseTo(0.6, 12);
    expect(() => rewardV2({ quality: 1 }, { ...options, weights: { ...weights, cost: 0.31 } })).toThrow(
      /^weights must sum to 1/,
    );
  });
  it('trades quality for money at the rate that it tells', () => {
    const cost = { kind: 'range', low: 0.001, high: 0.004 } as const;
    const paid = qualityPaidBy({ weights: 'balanced', cost, fromUsd: 0.004, toUsd: 0.0037 });
    expect(paid).toBeCloseTo((0.3 * 0.1) / 0.5, 12);
    const reward = (s: RewardSignals) => valueOf(rewardV2(s, { ...options, cost })).reward;
    expect(reward({ quality: 0.9, costUsd: 0.004 })).toBeCloseTo(
      reward({ quality: 0.9 - paid, costUsd: 0.0037 }),
      12,
    );
    expect(qualityPaidBy({ weights: 'balanced', cost, fromUsd: 0.001, toUsd: 0.002 })).toBeLessThan(0);
  });
});

describe('quality from signals', () => {
  it('maps the worst rating to 0 and the best to 1', () => {
    expect([1, 2, 3, 4, 5].map(ratingToUnit)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    for (const rating of [0, 5.1, Number.NaN]) expect(() => ratingToUnit(rating)).toThrow(/^rating/);
  });
  it('reads a look that was too short as no, a normal one as yes, and an endless one as neither', () => {
    expect([0, 3, 6.5, 10, 60, 120, 360, 600, 1e6].map(dwellToUnit)).toEqual([
      0, 0, 0.5, 1, 1, 1, 0.75, 0.5, 0.5,
    ]);
    expect(() => dwellToUnit(-1)).toThrow(/^dwellTimeSeconds/);
  });
  it('weighs what was said over what was measured, done and earned, and renormalises over what came', () => {
    expect(valueOf(scoreQuality({ rating: 5, quality: 0 })).score).toBeCloseTo(0.4 / 0.7, 12);
    expect(valueOf(scoreQuality({ quality: 0.8 }))).toMatchObject({
      score: 0.8,
      evidence: [{ signal: 'quality', value: 0.8, share: 1 }],
      silent: ['explicit', 'implicit', 'business'],
    });
    const done = valueOf(scoreQuality({ taskCompleted: true, responseRegenerated: true }));
    expect(done.score).toBeCloseTo(0.35 / 0.6, 12);
    expect(valueOf(scoreQuality({ rating: 4, liked: true })).score).toBeCloseTo(0.875, 12);
  });
  it('does not take silence for a bad sign: not saved, not shared, not judged', () => {
    expect(scoreQuality({ responseSaved: false, responseShared: false })).toMatchObject({ ok: false });
    expect(scoreQuality({})).toEqual({ ok: false, reason: 'no signal of quality came' });
    const base = { taskCompleted: true };
    expect(scoreQuality({ ...base, responseSaved: false })).toEqual(scoreQuality(base));
  });
  it('never falls for a better signal', () => {
    const better = fc.constantFrom<readonly [RewardSignals, RewardSignals]>(
      [{ rating: 3 }, { rating: 4 }],
      [{ liked: false }, { liked: true }],
      [{ quality: 0.5 }, { quality: 0.6 }],
      [{ taskCompleted: false }, { taskCompleted: true }],
      [{ responseEdited: true }, { responseEdited: false }],
      [{ responseRegenerated: true }, { responseRegenerated: false }],
      [{ dwellTimeSeconds: 1 }, { dwellTimeSeconds: 20 }],
      [{ responseSaved: false }, { responseSaved: true }],
      [{ responseShared: false }, { responseShared: true }],
      [{ converted: false }, { converted: true }],
      [{ retained: false }, { retained: true }],
      [{ revenueUsd: 1 }, { revenueUsd: 9 }],
    );
    fc.assert(
      fc.property(signals, better, (rest, [worse, good]) => {
        const score = (s: RewardSignals) => {
          const result = scoreQuality({ quality: 0.5, ...s }, undefined, 10);
          return result.ok ? result.value.score : Number.NaN;
        };
        expect(score({ ...rest, ...good })).toBeGreaterThanOrEqual(score({ ...rest, ...worse }) - 1e-12);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
  it('takes revenue in only where there is a scale for it', () => {
    expect(scoreQuality({ revenueUsd: 5 })).toMatchObject({ ok: false });
    expect(valueOf(scoreQuality({ revenueUsd: 5 }, undefined, 20)).score).toBe(0.25);
    expect(valueOf(scoreQuality({ revenueUsd: 50 }, undefined, 20)).score).toBe(1);
  });
});

describe('normalisation', () => {
  it('is the range of the candidates, wide enough that near prices score near', () => {
    expect(candidateRange([0.02, 0.002])).toEqual({ kind: 'range', low: 0.002, high: 0.02 });
    expect(candidateRange([0.002, 0.00201])).toEqual({ kind: 'range', low: 0.001005, high: 0.00201 });
    expect([candidateRange([]), candidateRange([0, 0])]).toEqual([null, null]);
    const near = candidateRange([0.002, 0.00201])!;
    expect(normalise(0.002, near) - normalise(0.00201, near)).toBeLessThan(0.01);
  });
  it('is monotone, 1 at the good end and 0 at the bad one', () => {
    const scale = requestAllowance(1000, 500_000);
    expect(scale).toEqual({ kind: 'budget', limit: 0.002 });
    expect([0, 0.001, 0.002, 0.5].map((usd) => normalise(usd, scale))).toEqual([1, 0.5, 0, 0]);
    fc.assert(
      fc.property(amount, amount, amount, (a, b, high) => {
        const range = { kind: 'range', low: 0, high: high + 1 } as const;
        expect(normalise(Math.min(a, b), range)).toBeGreaterThanOrEqual(normalise(Math.max(a, b), range));
      }),
      { seed: 3 },
    );
  });
});

describe('the reward of version 1', () => {
  it('is unbounded below, and lets a rating hide every other signal', () => {
    expect(rewardV1({ rating: 5, costUsd: 0, latencyMs: 605_000 }).reward).toBeLessThan(-11);
    const hidden = { rating: 5, taskCompleted: false, responseRegenerated: true, costUsd: 0, latencyMs: 0 };
    expect(rewardV1(hidden).reward).toBe(rewardV1({ rating: 5, costUsd: 0, latencyMs: 0 }).reward);
  });
  it('needs a cost and a latency', () => {
    expect(() => rewardV1({ rating: 5, latencyMs: 0 })).toThrow(/^costUsd/);
    expect(() => rewardV1({ rating: 5, costUsd: 0 })).toThrow(/^latencyMs/);
  });
});
