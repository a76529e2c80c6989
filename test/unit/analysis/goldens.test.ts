import { describe, expect, it } from 'vitest';
import {
  ASYMPTOTIC_BURN_IN,
  compareMeans,
  mixturePrecision,
  oneSidedMeanEvidence,
  unitMargins,
} from '../../../src/analysis/asymptotic.ts';
import { emptyBetting, foldBetting, nextBet, type ScoredEvent } from '../../../src/analysis/betting.ts';
import { newcombeInterval, wilsonInterval } from '../../../src/analysis/intervals.ts';
import { mergeMoments, momentsOf, type Moments } from '../../../src/analysis/moments.ts';
import { hypervolume, paretoFront, paretoRanks, type ParetoPoint } from '../../../src/analysis/pareto.ts';
import {
  emptySampleRatio,
  lookAtSampleRatio,
  sampleRatioLogBayesFactor,
} from '../../../src/analysis/sample-ratio.ts';
import { alwaysValidP } from '../../../src/analysis/tlg.ts';
import { randomFromSeed } from '../../../src/math/random.ts';
import { listMismatch, loadGolden, mismatch } from '../../golden/load.ts';

const definedOf = <T extends { readonly expected: { readonly undefined?: string } }>(cases: readonly T[]) =>
  cases.filter((c) => c.expected.undefined === undefined);
const undefinedOf = <T extends { readonly expected: { readonly undefined?: string } }>(cases: readonly T[]) =>
  cases.filter((c) => c.expected.undefined !== undefined);

describe('golden betting_eprocess', () => {
  type Pair = readonly [number, number];
  const family = loadGolden<
    { pi: number; alpha: number; blocks: readonly (readonly Pair[])[] },
    { log_e: number[]; lambda_: number[]; p_running: number[]; first_reject_block: number }
  >('betting_eprocess');
  const eventsOf = (pairs: readonly Pair[]): ScoredEvent[] =>
    pairs.map(([arm, score]) => ({ arm: arm === 1 ? 'candidate' : 'stable', score }));

  it.each(definedOf(family.cases))('$id', ({ input, expected, tolerance }) => {
    let state = emptyBetting();
    const stakes: number[] = [];
    const states = input.blocks.map((pairs) => {
      stakes.push(nextBet(state, input.pi).stake);
      return (state = foldBetting(state, eventsOf(pairs), input.pi));
    });
    const logE = states.map((s) => s.logE);
    expect(listMismatch('log_e', logE, expected.log_e, family.tolerance, tolerance)).toBeNull();
    expect(listMismatch('lambda', stakes, expected['lambda_'], family.tolerance, tolerance)).toBeNull();
    const p = states.map((s) => alwaysValidP(s.maxLogE));
    expect(listMismatch('p_running', p, expected.p_running, family.tolerance, tolerance)).toBeNull();
    const first = states.findIndex((s) => s.maxLogE >= Math.log(1 / input.alpha));
    expect(first).toBe(expected.first_reject_block);
  });
  it.each(undefinedOf(family.cases))('$id is refused', ({ input, expected }) => {
    const field = expected.undefined === 'invalid_pi' ? /^candidateShare/ : /^score/;
    expect(() => foldBetting(emptyBetting(), eventsOf(input.blocks[0]!), input.pi)).toThrow(field);
  });
});

describe('golden asymptotic_cs', () => {
  interface Look {
    readonly n_a: number;
    readonly mean_a: number;
    readonly var_a: number;
    readonly n_b: number;
    readonly mean_b: number;
    readonly var_b: number;
  }
  interface Input extends Look {
    readonly kind: 'margin' | 'two_sample' | 'sequence';
    readonly alpha: number;
    readonly n_opt: number;
    readonly t: readonly number[];
    readonly looks: readonly Look[];
    readonly n_min_per_arm: number;
  }
  type Expected = Readonly<Record<string, number>> & {
    readonly margin_two_sided: number[];
    readonly margin_one_sided: number[];
    readonly p_running: number[];
    readonly lower_running: number[];
    readonly upper_running: number[];
    readonly first_decision_look: number;
  };
  const family = loadGolden<Input, Expected>('asymptotic_cs');
  const of = (kind: Input['kind']) => definedOf(family.cases).filter((c) => c.input.kind === kind);
  const armsOf = (look: Look): [Moments, Moments] => [
    { n: look.n_a, mean: look.mean_a, m2: look.var_a * (look.n_a - 1) },
    { n: look.n_b, mean: look.mean_b, m2: look.var_b * (look.n_b - 1) },
  ];
  const valueOf = (look: Look, alpha: number, nOpt: number) => {
    const result = compareMeans(...armsOf(look), { alpha, nOpt });
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  };

  it.each(of('margin'))('$id', ({ input, expected, tolerance }) => {
    const { alpha, n_opt: nOpt } = input;
    const rho2 = mixturePrecision(alpha, nOpt);
    expect(mismatch('rho2_exact', rho2, expected['rho2_exact']!, family.tolerance, tolerance)).toBeNull();
    const margins = input.t.map((t) => unitMargins(t, alpha, nOpt));
    const two = margins.map((m) => m.twoSided);
    expect(listMismatch('two', two, expected.margin_two_sided, family.tolerance, tolerance)).toBeNull();
    const one = margins.map((m) => m.oneSided);
    expect(listMismatch('one', one, expected.margin_one_sided, family.tolerance, tolerance)).toBeNull();
  });
  it.each(of('two_sample'))('$id', ({ input, expected, tolerance }) => {
    const value = valueOf(input, input.alpha, input.n_opt);
    const got: Record<string, number> = {
      diff: value.difference,
      rho2: mixturePrecision(input.alpha, input.n_opt),
      var_welch: value.varianceWelch,
      var_pooled: value.variancePooled,
      var_used: value.varianceUsed,
      half_width: value.halfWidth,
      lower: value.difference - value.halfWidth,
      upper: value.difference + value.halfWidth,
      log_p: value.logP,
      p: Math.exp(value.logP),
      one_sided_lower: value.oneSidedLower,
    };
    const off = Object.entries(got).flatMap(
      ([field, v]) => mismatch(field, v, expected[field]!, family.tolerance, tolerance) ?? [],
    );
    expect(off).toEqual([]);
    expect(value.logP <= Math.log(input.alpha)).toBe(Boolean(expected['significant']));
  });
  it.each(of('sequence'))('$id', ({ input, expected, tolerance }) => {
    const values = input.looks.map((look) => valueOf(look, input.alpha, input.n_opt));
    const running = (pick: (...xs: number[]) => number, xs: number[]): number[] =>
      xs.map((_, i) => pick(...xs.slice(0, i + 1)));
    const p = running(
      Math.min,
      values.map((v) => Math.exp(v.logP)),
    );
    const lower = running(
      Math.max,
      values.map((v) => v.difference - v.halfWidth),
    );
    const upper = running(
      Math.min,
      values.map((v) => v.difference + v.halfWidth),
    );
    expect(listMismatch('p_running', p, expected.p_running, family.tolerance, tolerance)).toBeNull();
    expect(listMismatch('lower', lower, expected.lower_running, family.tolerance, tolerance)).toBeNull();
    expect(listMismatch('upper', upper, expected.upper_running, family.tolerance, tolerance)).toBeNull();
    const first = input.looks.findIndex(
      (look, i) => p[i]! <= input.alpha && Math.min(look.n_a, look.n_b) >= input.n_min_per_arm,
    );
    expect(first).toBe(expected.first_decision_look);
  });
  it.each(undefinedOf(family.cases))('$id has no comparison', ({ input }) => {
    expect(compareMeans(...armsOf(input), { alpha: input.alpha, nOpt: input.n_opt })).toMatchObject({
      ok: false,
    });
  });

  it('one-sided evidence reaches ln(1/alpha) exactly where the one-sided bound excludes the boundary', () => {
    for (const { input } of of('two_sample').filter(
      (c) => Math.min(c.input.n_a, c.input.n_b) >= ASYMPTOTIC_BURN_IN,
    )) {
      const { oneSidedLower } = valueOf(input, input.alpha, input.n_opt);
      const options = { alpha: input.alpha, nOpt: input.n_opt, factor: 1, side: 'greater' as const };
      const evidence = oneSidedMeanEvidence(...armsOf(input), options);
      expect(evidence.ok && evidence.value >= Math.log(1 / input.alpha)).toBe(oneSidedLower > 0);
    }
  });
  it('one-sided evidence is exactly ln(1/alpha) where the bound lies on the boundary, scaled arms included', () => {
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
    const arm = (n: number, mean: number, sd: number): Moments => ({ n, mean, m2: sd * sd * (n - 1) });
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

describe('moments', () => {
  it('merged from blocks equal those of the whole, also with a large mean', () => {
    const random = randomFromSeed(3);
    const xs = Array.from({ length: 400 }, () => 1e6 + random.next());
    const sumOf = (list: readonly number[], f: (x: number) => number) => list.reduce((s, x) => s + f(x), 0);
    const mean = sumOf(xs, (x) => x) / xs.length;
    const m2 = sumOf(xs, (x) => (x - mean) ** 2);
    const merged = xs.map((x) => momentsOf(1, x, x * x)).reduce(mergeMoments);
    expect(merged.n).toBe(400);
    expect(Math.abs(merged.mean / mean - 1)).toBeLessThan(1e-14);
    expect(Math.abs(merged.m2 / m2 - 1)).toBeLessThan(1e-6);
  });
});

describe('golden srm_sequential', () => {
  const family = loadGolden<
    { weights: number[]; k: number; cumulative_counts: number[][] },
    { log_bf: number[]; p: number[]; first_srm_look_at_0_001: number }
  >('srm_sequential');
  it.each(family.cases)('$id', ({ input, expected, tolerance }) => {
    let state = emptySampleRatio();
    const states = input.cumulative_counts.map(
      (counts) => (state = lookAtSampleRatio(state, counts, input.weights, input.k)),
    );
    const logBf = states.map((s) => s.logBayesFactor);
    expect(listMismatch('log_bf', logBf, expected.log_bf, family.tolerance, tolerance)).toBeNull();
    const p = states.map((s) => alwaysValidP(s.maxLogBayesFactor));
    expect(listMismatch('p', p, expected.p, family.tolerance, tolerance)).toBeNull();
    expect(states.findIndex((s) => s.mismatch)).toBe(expected.first_srm_look_at_0_001);
  });
  it('names what is wrong', () => {
    expect(() => sampleRatioLogBayesFactor([1, 2], [1, 0])).toThrow(/^weights/);
    expect(() => sampleRatioLogBayesFactor([1, Number.NaN], [1, 1])).toThrow(/^counts/);
    expect(() => sampleRatioLogBayesFactor([1], [1, 1])).toThrow(/^counts/);
    expect(() => sampleRatioLogBayesFactor([1, 1], [1, 1], 0)).toThrow(/^prior/);
  });
});

describe('golden pareto', () => {
  interface Point extends ParetoPoint {
    readonly id: number;
  }
  const family = loadGolden<
    { points: Point[]; reference: [number, number, number] },
    { front: number[]; ranks: number[]; hypervolume: number }
  >('pareto');
  it.each(definedOf(family.cases))('$id', ({ input, expected, tolerance }) => {
    const [quality, cost, latency] = input.reference;
    expect(paretoFront(input.points).map((i) => input.points[i]!.id)).toEqual(expected.front);
    expect(paretoRanks(input.points)).toEqual(expected.ranks);
    const volume = hypervolume(input.points, { quality, cost, latency });
    expect(mismatch('hypervolume', volume, expected.hypervolume, family.tolerance, tolerance)).toBeNull();
  });
  it.each(undefinedOf(family.cases))('$id is refused', ({ input }) => {
    expect(() => paretoFront(input.points)).toThrow(/^points\[0\]\.quality/);
    expect(() => paretoRanks(input.points)).toThrow(RangeError);
  });
});

describe('golden two_proportion_ztest: Newcombe interval', () => {
  const family = loadGolden<
    { success_a: number; n_a: number; success_b: number; n_b: number; alpha: number },
    { diff: number; ci_newcombe: [number, number] }
  >('two_proportion_ztest');
  const intervalOf = (input: (typeof family.cases)[number]['input']) =>
    newcombeInterval(
      { successes: input.success_a, n: input.n_a },
      { successes: input.success_b, n: input.n_b },
      input.alpha,
    );
  it.each(definedOf(family.cases))('$id', ({ input, expected, tolerance }) => {
    const { difference, low, high } = intervalOf(input);
    const got = [difference, low, high];
    expect(
      listMismatch('ci', got, [expected.diff, ...expected.ci_newcombe], family.tolerance, tolerance),
    ).toBeNull();
  });
  it.each(undefinedOf(family.cases).filter((c) => c.expected.undefined !== 'zero_pooled_variance'))(
    '$id is refused',
    ({ input }) => {
      expect(() => intervalOf(input)).toThrow(RangeError);
    },
  );
  it.each(undefinedOf(family.cases).filter((c) => c.expected.undefined === 'zero_pooled_variance'))(
    '$id has no z, and an interval all the same',
    ({ input }) => {
      const { difference, low, high } = intervalOf(input);
      expect(difference).toBe(0);
      expect(low).toBeLessThan(0);
      expect(high).toBeGreaterThan(0);
    },
  );
  it('Wilson: stays inside 0..1 at the extremes', () => {
    expect(wilsonInterval(0, 10).low).toBe(0);
    expect(wilsonInterval(10, 10).high).toBe(1);
    expect(wilsonInterval(8, 10).low).toBeCloseTo(0.4901625, 6);
  });
});
