import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paceBudget, type BudgetInput } from '../../../../src/analysis/forecast/budget-pacing.ts';
import { randomFromSeed } from '../../../../src/math/random.ts';
import { sampleGamma } from '../../../../src/math/samplers.ts';

const HOUR = 3_600_000;
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
/** A day of 24 hours, ten of them gone at 10 USD each. */
const day: BudgetInput = {
  budgetUsd: 240,
  spentUsd: 100,
  periodStartMs: 0,
  periodEndMs: 24 * HOUR,
  nowMs: 10 * HOUR,
  spendUsd: upTo(10).map((i) => (i % 2 === 0 ? 9 : 11)),
  intervalMs: HOUR,
};

describe('a budget on pace', () => {
  it('lasts exactly the period, and its safe rate is its rate', () => {
    const pace = paceBudget(day);
    expect(pace).toMatchObject({ remainingUsd: 140, paceRatio: 1, trend: 'level', verdict: 'unsure' });
    expect(pace.rateUsdPerHour).toBeCloseTo(10, 12);
    expect(pace.safeRateUsdPerHour).toBeCloseTo(10, 12);
    expect(pace.projectedUsd!.mean).toBeCloseTo(240, 9);
    const { mean, lower, upper } = pace.exhaustedAtMs!;
    expect(mean / HOUR).toBeCloseTo(24, 6);
    expect(lower!).toBeLessThan(mean);
    expect(upper!).toBeGreaterThan(mean);
    expect(pace.reason).toMatch(/^240 USD expected by the end of the period \(/);
  });
  it('is over, under, exhausted or unsure by its interval, not by its mean', () => {
    expect(paceBudget({ ...day, budgetUsd: 200 }).verdict).toBe('over');
    expect(paceBudget({ ...day, budgetUsd: 300 }).verdict).toBe('under');
    expect(paceBudget({ ...day, budgetUsd: 241 }).verdict).toBe('unsure');
    expect(paceBudget({ ...day, budgetUsd: 90 })).toMatchObject({
      verdict: 'exhausted',
      exhaustedAtMs: null,
      safeRateUsdPerHour: 0,
      reason: '90 USD are spent',
    });
  });
});

describe('what is projected', () => {
  it('follows a trend that is there, and not one that is noise', () => {
    const rising = paceBudget({ ...day, spendUsd: upTo(10).map((i) => 5 + i + (i % 2) / 2) });
    expect(rising.trend).toBe('rising');
    expect(rising.rateUsdPerHour!).toBeGreaterThan(13);
    expect(rising.verdict).toBe('over');
    const falling = paceBudget({ ...day, spendUsd: upTo(10).map((i) => 20 - 2 * i + (i % 2) / 2) });
    expect(falling.trend).toBe('falling');
    expect(falling.exhaustedAtMs).toBeNull();
    expect(falling.projectedUsd!.mean).toBeLessThan(110);
  });
  it('has no bounds below three intervals, and takes the rate so far without any', () => {
    const bare = paceBudget({ ...day, spendUsd: [] });
    expect(bare).toMatchObject({ verdict: 'unsure', trend: 'level' });
    expect(bare.rateUsdPerHour).toBeCloseTo(10, 12);
    expect(bare.projectedUsd).toMatchObject({ lower: null, upper: null });
    expect(bare.exhaustedAtMs!.mean / HOUR).toBeCloseTo(24, 6);
    expect(paceBudget({ ...day, spendUsd: [10, 12] }).projectedUsd!.lower).toBeNull();
    const first = paceBudget({ ...day, spendUsd: [], nowMs: 0, spentUsd: 0 });
    expect(first).toMatchObject({
      verdict: 'unsure',
      rateUsdPerHour: null,
      paceRatio: null,
      projectedUsd: null,
    });
    expect(paceBudget({ ...day, nowMs: 24 * HOUR }).safeRateUsdPerHour).toBeNull();
  });
  it('never runs out where nothing is spent', () => {
    const idle = paceBudget({ ...day, spentUsd: 0, spendUsd: upTo(10).map(() => 0) });
    expect(idle).toMatchObject({ verdict: 'under', rateUsdPerHour: 0, exhaustedAtMs: null });
  });
});

describe('the interval of the exhaustion', () => {
  it.each([2, 20])('holds the moment at which random spend of shape %i does run out', (shape) => {
    const runs = 1500;
    let [inside, early, late] = [0, 0, 0];
    const random = randomFromSeed(8);
    const spend = () => (10 / shape) * sampleGamma(shape, random);
    for (let run = 0; run < runs; run++) {
      const spendUsd = upTo(24).map(spend);
      const pace = paceBudget({ ...day, budgetUsd: 500, spentUsd: 0, nowMs: 0, spendUsd });
      let [left, hours] = [500, 0];
      while (left > 0) {
        const next = spend();
        hours += Math.min(1, left / next);
        left -= next;
      }
      // A falling trend seen in noise expects no end: counted as ended too late.
      const { lower, upper } = pace.exhaustedAtMs ?? { lower: 0, upper: 0 };
      if (hours * HOUR < lower!) early += 1;
      else if (hours * HOUR > (upper ?? Infinity)) late += 1;
      else inside += 1;
    }
    // Asked for: .95, .025 on either side. The pretest of the trend and the skew of spend cost a little.
    expect(inside / runs).toBeGreaterThan(0.92);
    expect(inside / runs).toBeLessThan(0.975);
    expect(Math.max(early, late) / runs).toBeLessThan(0.06);
  });
});

describe('any budget', () => {
  it('gives ordered bounds and finite numbers', () => {
    const money = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        money,
        fc.integer({ min: 0, max: 24 }),
        fc.array(money, { maxLength: 40 }),
        (budgetUsd, spentUsd, hour, spendUsd) => {
          const pace = paceBudget({ ...day, budgetUsd, spentUsd, nowMs: hour * HOUR, spendUsd });
          for (const projection of [pace.projectedUsd, pace.exhaustedAtMs]) {
            const { mean, lower, upper } = projection ?? { mean: 0, lower: null, upper: null };
            expect(Number.isFinite(mean)).toBe(true);
            expect([(lower ?? mean) <= mean, (upper ?? mean) >= mean]).toEqual([true, true]);
          }
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });
});
