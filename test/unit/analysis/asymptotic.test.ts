import { describe, expect, it } from 'vitest';
import {
  ASYMPTOTIC_BURN_IN,
  compareMeans,
  mixturePrecision,
  oneSidedMeanEvidence,
  unitMargins,
} from '../../../src/analysis/asymptotic.ts';
import type { Moments } from '../../../src/analysis/moments.ts';
import { randomFromSeed, sampleNormal } from '../../../src/math/index.ts';

const arm = (n: number, mean: number, sd: number): Moments => ({ n, mean, m2: sd * sd * (n - 1) });

describe('one-sided evidence about means', () => {
  it('reaches ln(1/alpha) exactly where the one-sided bound excludes the boundary', () => {
    const random = randomFromSeed(14);
    let excluded = 0;
    for (let i = 0; i < 300; i++) {
      const n = (least: number) => least + Math.floor(random.next() * 5000);
      const a = arm(n(ASYMPTOTIC_BURN_IN), 1, 0.5 + random.next());
      const b = arm(n(ASYMPTOTIC_BURN_IN), 1 + 0.08 * sampleNormal(random), 0.5 + random.next());
      const options = { alpha: random.next() < 0.5 ? 0.05 : 0.01, nOpt: 1000 + 9000 * random.next() };
      const found = compareMeans(a, b, options);
      if (!found.ok) throw new Error(found.reason);
      const evidence = oneSidedMeanEvidence(a, b, { ...options, factor: 1, side: 'greater' });
      const proven = evidence.ok && evidence.value >= Math.log(1 / options.alpha);
      expect(proven).toBe(found.value.oneSidedLower > 0);
      if (proven) excluded += 1;
    }
    expect(excluded).toBeGreaterThan(20);
  });
  it('is exactly ln(1/alpha) where the bound lies on the boundary, scaled arms included', () => {
    const options = { alpha: 0.02, nOpt: 3000 };
    for (const factor of [0.7, 1, 1.3]) {
      const a: Moments = { n: 1500, mean: 2, m2: 900 };
      const scaled: Moments = { n: a.n, mean: a.mean * factor, m2: a.m2 * factor ** 2 };
      const level: Moments = { n: 400, mean: scaled.mean, m2: 500 };
      const equal = compareMeans(scaled, level, options);
      if (!equal.ok) throw new Error(equal.reason);
      const distance = equal.value.difference - equal.value.oneSidedLower;
      const onBoundary = { ...level, mean: level.mean + distance };
      const found = oneSidedMeanEvidence(a, onBoundary, { ...options, factor, side: 'greater' });
      expect(found.ok && found.value).toBeCloseTo(Math.log(1 / options.alpha), 9);
    }
  });
  it('a relative margin scales the stable arm, and few or constant observations prove nothing', () => {
    const options = { alpha: 0.05, nOpt: 2000, factor: 1.1, side: 'less' as const };
    const far = oneSidedMeanEvidence(arm(5000, 1, 0.5), arm(5000, 1, 0.5), options);
    expect(far.ok && far.value).toBeGreaterThan(Math.log(20));
    expect(oneSidedMeanEvidence(arm(99, 1, 0.5), arm(5000, 1, 0.5), options)).toMatchObject({ ok: false });
    expect(oneSidedMeanEvidence(arm(500, 1, 0), arm(500, 1, 0), options)).toMatchObject({ ok: false });
    expect(oneSidedMeanEvidence(arm(500, 1, 0.5), arm(500, 1.2, 0.5), options)).toEqual({
      ok: true,
      value: 0,
    });
  });
});

describe('the asymptotic sequence', () => {
  it('stays finite at any distance that its domain allows', () => {
    const options = { alpha: 0.05, nOpt: 2000 };
    const far = compareMeans(arm(500, -1e140, 1e-60), arm(500, 1e140, 1e-60), options);
    expect(far.ok && Object.values(far.value).every(Number.isFinite)).toBe(true);
    const evidence = oneSidedMeanEvidence(arm(500, 0, 1e-60), arm(500, 1e140, 1e-60), {
      ...options,
      factor: 1,
      side: 'greater',
    });
    expect(evidence.ok && Number.isFinite(evidence.value)).toBe(true);
  });
  it('is tightest near the planned total, at the level that the tables give for 5 %', () => {
    expect(mixturePrecision(0.05, 1)).toBeCloseTo(8.212, 3);
    expect(mixturePrecision(0.01, 1)).toBeCloseTo(11.756, 3);
    const width = (t: number) => unitMargins(t, 0.05, 10_000).twoSided * Math.sqrt(t);
    for (const t of [1000, 3000, 30_000, 100_000]) expect(width(t)).toBeGreaterThan(width(10_000));
  });
});
