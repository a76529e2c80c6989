import { describe, expect, it } from 'vitest';
import {
  estimateOffPolicy,
  judgeOffPolicy,
  linearEpsilonGreedy,
  type LoggedDecision,
} from '../../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

/** Success rates of three arms; the logging policy plays them .5, .3, .2 and the target .1, .2, .7. */
const RATES = [0.3, 0.5, 0.6];
const LOGGING = [0.5, 0.3, 0.2];
const TARGET = [0.1, 0.2, 0.7];
const VALUE = TARGET.reduce((sum, share, arm) => sum + share * RATES[arm]!, 0);

const drawn = (n: number, seed: number, model: readonly number[] | null): readonly LoggedDecision[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: n }, () => {
    const u = random.next();
    const arm = u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
    return {
      propensity: LOGGING[arm]!,
      targetProbability: TARGET[arm]!,
      reward: random.next() < RATES[arm]! ? 1 : 0,
      ...(model && {
        qHat: model[arm]!,
        vHat: TARGET.reduce((sum, share, at) => sum + share * model[at]!, 0),
      }),
    };
  });
};

const estimatesOf = (log: readonly LoggedDecision[]) => {
  const found = estimateOffPolicy(log);
  if (!found.ok) throw new Error(found.reason);
  return found.value;
};

describe('off-policy estimates', () => {
  it('find the value of a policy that was not played, within what their standard errors say', () => {
    const runs = Array.from({ length: 400 }, (_, i) => estimatesOf(drawn(500, i + 1, [0.2, 0.2, 0.9])));
    for (const name of ['ips', 'snips', 'dr'] as const) {
      const values = runs.map((run) => run[name]!.value);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
      const told = runs.reduce((sum, run) => sum + run[name]!.se!, 0) / runs.length;
      expect(Math.abs(mean - VALUE)).toBeLessThan((4 * sd) / Math.sqrt(runs.length));
      expect(told / sd).toBeGreaterThan(0.9);
      expect(told / sd).toBeLessThan(1.1);
    }
    // A wrong model alone misses, however many rows there are.
    expect(Math.abs(runs[0]!.dm! - VALUE)).toBeGreaterThan(0.1);
  });

  it('gains from a right model', () => {
    const log = drawn(2000, 7, RATES);
    const { ips, dr } = estimatesOf(log);
    expect(dr!.se!).toBeLessThan(0.8 * ips.se!);
  });

  it('has no standard error for one row, and no ratio without a weight', () => {
    const row = { propensity: 0.5, targetProbability: 0, reward: 1 };
    const { ips, snips, ess, dr, dm } = estimatesOf([row]);
    expect({ ips, snips, ess, dr, dm }).toEqual({
      ips: { value: 0, se: null },
      snips: null,
      ess: 0,
      dr: null,
      dm: null,
    });
    expect(estimateOffPolicy([])).toEqual({ ok: false, reason: 'empty log' });
  });

  it('refuses a propensity of zero by row and name', () => {
    const good = { propensity: 0.5, targetProbability: 0.5, reward: 1 };
    expect(() => estimateOffPolicy([good, { ...good, propensity: 0 }])).toThrow(
      /^log\[1\]\.propensity must be above 0 and at most 1, got 0$/u,
    );
    expect(() => estimateOffPolicy([good, { ...good, qHat: 0.5, vHat: 0.5 }])).toThrow(
      /^log\[1\] must have/u,
    );
  });
});

describe('an off-policy verdict', () => {
  it.each([
    ['with a model', RATES],
    ['without', null],
  ] as const)('sees a better policy %s', (_name, model) => {
    const verdict = judgeOffPolicy(drawn(3000, 3, model));
    expect(verdict).toMatchObject({ kind: 'judged', outcome: 'better', estimator: model ? 'dr' : 'snips' });
    if (verdict.kind !== 'judged') return;
    const logged = LOGGING.reduce((sum, share, arm) => sum + share * RATES[arm]!, 0);
    expect(verdict.interval[0]).toBeLessThan(VALUE - logged);
    expect(verdict.interval[1]).toBeGreaterThan(VALUE - logged);
  });

  it('covers the true difference as often as it says, with and without a model', () => {
    const logged = LOGGING.reduce((sum, share, arm) => sum + share * RATES[arm]!, 0);
    for (const model of [[0.5, 0.5, 0.5], null]) {
      let covered = 0;
      for (let i = 0; i < 500; i++) {
        const verdict = judgeOffPolicy(drawn(800, 1000 + i, model), { alpha: 0.1 });
        if (verdict.kind !== 'judged') continue;
        const [lower, upper] = verdict.interval;
        covered += lower <= VALUE - logged && VALUE - logged <= upper ? 1 : 0;
      }
      expect(covered / 500).toBeGreaterThan(0.86);
      expect(covered / 500).toBeLessThan(0.94);
    }
  });

  it('has the interval of the ratio: the spread of w (r - snips) over the mean weight, less r', () => {
    const log = drawn(400, 8, null);
    const verdict = judgeOffPolicy(log);
    if (verdict.kind !== 'judged') throw new Error(verdict.reason);
    const weights = log.map((row) => row.targetProbability / row.propensity);
    const meanOf = (values: readonly number[]): number =>
      values.reduce((sum, it) => sum + it, 0) / values.length;
    const snips = meanOf(log.map(({ reward }, i) => weights[i]! * reward)) / meanOf(weights);
    const terms = log.map(({ reward }, i) => (weights[i]! * (reward - snips)) / meanOf(weights) - reward);
    const m2 = terms.reduce((sum, term) => sum + (term - meanOf(terms)) ** 2, 0);
    expect(verdict.difference).toBeCloseTo(snips - meanOf(log.map(({ reward }) => reward)), 12);
    const half = (verdict.interval[1] - verdict.interval[0]) / 2;
    expect(half).toBeCloseTo(1.959963984540054 * Math.sqrt(m2 / 399 / 400), 12);
    expect(Math.abs(meanOf(weights) - 1)).toBeGreaterThan(1e-3);
  });

  it('is undecided about the policy that wrote the log', () => {
    const log = drawn(500, 4, null).map((row) => ({ ...row, targetProbability: row.propensity }));
    expect(judgeOffPolicy(log)).toMatchObject({ kind: 'judged', outcome: 'undecided', difference: 0 });
  });

  it('is refused where few rows count', () => {
    expect(judgeOffPolicy(drawn(120, 5, null))).toMatchObject({
      kind: 'refused',
      reason: 'few effective rows',
      limit: 100,
    });
    const lucky = drawn(5000, 5, null).map((row, i) => ({
      ...row,
      targetProbability: i % 25 === 0 ? 1 : 0.01,
    }));
    expect(judgeOffPolicy(lucky)).toMatchObject({
      kind: 'refused',
      reason: 'few effective rows',
      limit: 500,
    });
    expect(judgeOffPolicy([])).toMatchObject({ kind: 'refused', reason: 'empty log', estimates: null });
  });

  it('is refused where the propensities cannot be right', () => {
    const log = drawn(3000, 6, null).map((row) => ({ ...row, propensity: row.propensity * 0.8 }));
    expect(judgeOffPolicy(log)).toMatchObject({ kind: 'refused', reason: 'weights do not average one' });
  });

  it('judges the log of a policy by the propensities that it said', () => {
    const policy = linearEpsilonGreedy({ dimension: 1, epsilon: 0.6 });
    const random = randomFromSeed(9);
    let state = policy.start(3);
    const log: LoggedDecision[] = [];
    for (let t = 0; t < 3000; t++) {
      const { arm, propensity } = policy.choose(state, [1], random);
      const reward = random.next() < RATES[arm]! ? 1 : 0;
      state = policy.learn(state, [1], arm, reward);
      log.push({ propensity: propensity!, targetProbability: arm === 2 ? 1 : 0, reward });
    }
    const { ips, snips } = estimatesOf(log);
    expect(Math.abs(ips.value - 0.6)).toBeLessThan(4 * ips.se!);
    expect(Math.abs(snips!.value - 0.6)).toBeLessThan(4 * snips!.se!);
  });
});
