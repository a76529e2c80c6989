import { describe, expect, it } from 'vitest';
import { decayedEpsilonGreedy, epsilonGreedy, ucb1 } from '../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';

const seen = (...arms: readonly (readonly [n: number, sum: number])[]) => ({
  arms: arms.map(([n, sum]) => ({ n, sum, m2: 0 })),
});

describe('epsilon-greedy', () => {
  it('explores by min(1, c K / (d^2 t)) when decayed', () => {
    const policy = decayedEpsilonGreedy({ c: 2, d: 0.5 });
    const shares = (n: number) => policy.shares!(seen([n, 0], [n, n]), null);
    // t = 2 n, so epsilon is 2 * 2 / (.25 * 2 n) = 8 / n.
    expect(shares(4)).toEqual([0.5, 0.5]);
    expect(shares(80)[0]).toBeCloseTo(0.05, 12);
    expect(policy.shares!(policy.start(2), null)).toEqual([0.5, 0.5]);
  });
  it('prefers an unplayed arm to any mean', () => {
    const state = seen([5, 5], [0, 0], [0, 0]);
    expect(epsilonGreedy({ epsilon: 0 }).choose(state, null, randomFromSeed(1)).arm).toBe(1);
  });
});

describe('UCB1', () => {
  it('weighs what it does not know by c', () => {
    const state = seen([1000, 600], [10, 4]);
    expect(ucb1({ c: 1 }).choose(state, null, randomFromSeed(1)).arm).toBe(1);
    expect(ucb1({ c: 0.01 }).choose(state, null, randomFromSeed(1)).arm).toBe(0);
  });
  it('under a discount returns to an arm that it has not seen for long', () => {
    const policy = ucb1({ discount: 0.9 });
    let state = policy.learn(policy.learn(policy.start(2), null, 0, 1), null, 1, 0);
    const arms = Array.from({ length: 60 }, () => {
      const { arm } = policy.choose(state, null, randomFromSeed(1));
      state = policy.learn(state, null, arm, arm === 0 ? 1 : 0);
      return arm;
    });
    expect(arms.slice(30)).toContain(1);
    expect(arms.slice(30)).toContain(0);
  });
});
