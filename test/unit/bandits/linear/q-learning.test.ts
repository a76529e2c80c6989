import { describe, expect, it } from 'vitest';
import { qLearning } from '../../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';

/** A corridor of five states: action 1 goes right, 0 left; only leaving at the right end pays. */
const STATES = 5;
const step = (state: number, action: number): { readonly reward: number; readonly next: number | null } => {
  if (action === 0) return { reward: 0, next: Math.max(0, state - 1) };
  return state === STATES - 1 ? { reward: 1, next: null } : { reward: 0, next: state + 1 };
};

describe('Q-learning', () => {
  const learner = qLearning({ states: STATES, actions: 2, alpha: 0.5, gamma: 0.9 });

  it('learns the way out of a corridor, and what each state is worth', () => {
    const random = randomFromSeed(2);
    let table = learner.start();
    for (let episode = 0; episode < 300; episode++) {
      for (let state: number | null = 0; state !== null;) {
        const { arm: action } = learner.choose(table, state, 0.3, random);
        const { reward, next } = step(state, action);
        table = learner.learn(table, { state, action, reward, next });
        state = next;
      }
    }
    expect([0, 1, 2, 3, 4].map((state) => learner.greedy(table, state))).toEqual([1, 1, 1, 1, 1]);
    [0, 1, 2, 3, 4].forEach((state) => expect(table.q[state]![1]).toBeCloseTo(0.9 ** (4 - state), 3));
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
  });

  it('leaves the old table as it was, and breaks ties to the lowest action', () => {
    const before = learner.start();
    const after = learner.learn(before, { state: 1, action: 1, reward: 2, next: null });
    expect([before.q[1], after.q[1], learner.greedy(before, 1)]).toEqual([[0, 0], [0, 1], 0]);
  });

  it('says the propensity of what it plays', () => {
    const table = learner.learn(learner.start(), { state: 0, action: 1, reward: 1, next: null });
    const random = randomFromSeed(3);
    const choices = Array.from({ length: 4000 }, () => learner.choose(table, 0, 0.4, random));
    const greedy = choices.filter(({ arm }) => arm === 1);
    expect(greedy.every(({ propensity }) => propensity === 0.8)).toBe(true);
    expect(Math.abs(greedy.length / 4000 - 0.8)).toBeLessThan(0.03);
    expect(learner.choose(table, 0, 0, random)).toEqual({ arm: 1, propensity: 1 });
  });

  it('refuses what is outside its world by name', () => {
    const table = learner.start();
    const good = { state: 0, action: 0, reward: 0, next: 1 };
    for (const [name, bad] of [
      ['state', { ...good, state: 5 }],
      ['action', { ...good, action: 2 }],
      ['reward', { ...good, reward: Number.NaN }],
      ['next', { ...good, next: -1 }],
    ] as const) {
      expect(() => learner.learn(table, bad)).toThrow(new RegExp(`^${name} must`, 'u'));
    }
    expect(() => learner.greedy({ q: [[0, 0]] }, 0)).toThrow(/^table must/u);
    expect(() => learner.choose(table, 0, 2, randomFromSeed(1))).toThrow(/^epsilon must/u);
  });
});
