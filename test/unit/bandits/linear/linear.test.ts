import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocation,
  bayesianScale,
  fadeLinear,
  linUcb,
  linearEpsilonGreedy,
  linearEstimates,
  linearPosterior,
  linearThompson,
  type LinearState,
} from '../../../../src/bandits/index.ts';
import { mulberry32At, normalCdf, randomFromSeed } from '../../../../src/math/index.ts';

const learned = (policy: ReturnType<typeof linUcb>, rounds: number, arms = 2): LinearState => {
  let state = policy.start(arms);
  for (let t = 0; t < rounds; t++) {
    const x = [1, 2 * mulberry32At(3, 2 * t + 1) - 1];
    const arm = t % arms;
    state = policy.learn(state, x, arm, arm === 0 ? 0.5 + 0.3 * x[1]! : 0.5 - 0.3 * x[1]!);
  }
  return state;
};

describe('LinUCB', () => {
  it('scores an unplayed arm alpha |x| / sqrt(lambda)', () => {
    const state = linUcb({ dimension: 2, lambda: 4 }).start(1);
    expect(linearEstimates(state, [3, 4], { lambda: 4 })).toEqual([{ mean: 0, width: 2.5 }]);
  });

  it('learns which arm is right on which side', () => {
    const policy = linUcb({ dimension: 2, alpha: 0.1 });
    const state = learned(policy, 200);
    const random = randomFromSeed(1);
    expect(policy.choose(state, [1, 0.8], random).arm).toBe(0);
    expect(policy.choose(state, [1, -0.8], random).arm).toBe(1);
  });

  it('finds a bound whatever was learned, collinear and huge contexts included', () => {
    const policy = linUcb({ dimension: 3, lambda: 1e-3 });
    const feature = fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constantFrom(0, 1, 1e9));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(feature, fc.constantFrom(0, 1, 1e6)), { maxLength: 20 }),
        fc.tuple(feature, feature, feature),
        (rounds, query) => {
          const state = rounds.reduce(
            (before, [x, reward]) => policy.learn(before, [x, x, -x], 0, reward),
            policy.start(2),
          );
          for (const { mean, width } of linearEstimates(state, query, { lambda: 1e-3 })) {
            expect(Number.isFinite(mean)).toBe(true);
            expect(width).toBeGreaterThanOrEqual(0);
            expect(width).toBeLessThan(Infinity);
          }
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });

  it('follows a world that turned only when it forgets', () => {
    const turn = (discount: number): number => {
      const policy = linUcb({ dimension: 1, alpha: 0.1, discount });
      let state = policy.start(2);
      for (let t = 0; t < 400; t++) {
        state = policy.learn(state, [1], t % 2, (t < 300 ? 1 : 0) === t % 2 ? 1 : 0);
      }
      return policy.choose(state, [1], randomFromSeed(1)).arm;
    };
    expect([turn(1), turn(0.97)]).toEqual([1, 0]);
  });
});

describe('linear Thompson sampling', () => {
  it('plays an arm as often as a draw of all weights would find it best', () => {
    const policy = linearThompson({ dimension: 2, v: 0.5 });
    const state = learned(policy, 12);
    const x = [1, 0.1];
    const { shares } = allocation(policy, state, x, randomFromSeed(5), { draws: 20_000 });
    // Each x.theta is normal, so with two arms the share is a normal tail; taken here from mean and covariance of the weights.
    const [a, b] = [0, 1].map((arm) => {
      const { mean, covariance } = linearPosterior(state, arm, { lambda: 1, v: 0.5 });
      return {
        mean: mean[0]! + 0.1 * mean[1]!,
        variance: covariance[0]! + 0.2 * covariance[1]! + 0.01 * covariance[3]!,
      };
    });
    const exact = normalCdf((a!.mean - b!.mean) / Math.sqrt(a!.variance + b!.variance));
    expect(Math.abs(shares[0]! - exact)).toBeLessThan(5 * Math.sqrt(0.25 / 20_000));
    expect(exact).toBeGreaterThan(0.5);
  });

  it('has the Bayesian posterior in the Bayesian scale', () => {
    const scale = bayesianScale({ noiseVariance: 0.25, priorVariance: 4 });
    expect(scale).toEqual({ lambda: 0.0625, v: 0.5 });
    const state = linearThompson({ dimension: 1, ...scale }).start(1);
    expect(linearPosterior(state, 0, scale)).toEqual({ mean: [0], covariance: [4] });
    expect(() => bayesianScale({ noiseVariance: 1e10, priorVariance: 1 })).toThrow(/^noiseVariance over/u);
  });
});

describe('linear epsilon-greedy', () => {
  it('says the propensity that it plays by', () => {
    const policy = linearEpsilonGreedy({ dimension: 2, epsilon: 0.2 });
    const state = learned(policy, 100);
    expect(policy.shares!(state, [1, 0.9])).toEqual([0.9, 0.1]);
    expect(policy.shares!(state, [1, -0.9])).toEqual([0.1, 0.9]);
  });
});

describe('a linear state', () => {
  it('is refused under another encoding or length, by name', () => {
    const one = linUcb({ dimension: 2, encoding: 'features v1: a' });
    const other = linUcb({ dimension: 2, encoding: 'features v1: b' });
    const state = one.start(2);
    const random = randomFromSeed(1);
    expect(() => other.choose(state, [1, 0], random)).toThrow(
      /^state was learned from 2 features by encoding features v1: a, the policy takes 2 by encoding features v1: b$/u,
    );
    expect(() => other.learn(state, [1, 0], 0, 1)).toThrow(/^state was learned/u);
    expect(() => one.merge(state, other.start(2))).toThrow(/^b was learned/u);
    expect(() => other.merge(state, state)).toThrow(/^a was learned/u);
    expect(() => linUcb({ dimension: 2 }).choose(state, [1, 0], random)).toThrow(/^state was learned/u);
    expect(() =>
      linUcb({ dimension: 3, encoding: 'features v1: a' }).choose(state, [1, 0, 0], random),
    ).toThrow(/^state was learned/u);
  });

  it('fades to a share of what it was', () => {
    const policy = linUcb({ dimension: 2 });
    const state = learned(policy, 10);
    expect(fadeLinear(state, 1)).toEqual(state);
    expect(fadeLinear(state, 0.5).arms[0]!.n).toBe(2.5);
    expect(linearPosterior(fadeLinear(state, 0), 0, { lambda: 1, v: 1 }).mean).toEqual([0, 0]);
  });

  it('stays small: three kilobytes for four arms of twelve features', () => {
    const policy = linUcb({ dimension: 12 });
    expect(JSON.stringify(policy.start(4)).length).toBeLessThan(3000);
  });
});
