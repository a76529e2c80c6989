/** Every policy of `policies/*.ts` must pass all of this. A new one is tried the moment it is listed there. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocation } from '../../../../src/bandits/allocation.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { close, freeze } from './close.ts';
import type { PolicyCase } from './policy-case.ts';

const folder = join(import.meta.dirname, 'policies');
const cases: PolicyCase[] = [];
for (const file of readdirSync(folder).sort()) {
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)) as {
    readonly cases: readonly PolicyCase[];
  };
  cases.push(...module.cases);
}

const ARMS = 4;
/** Success rates of the easy world; the best arm is neither the first nor the last. */
const RATES = [0.2, 0.3, 0.8, 0.25];
const BEST = 2;

interface Round {
  readonly arm: number;
  readonly reward: number;
}

/** Plays a policy in the easy world from `state` at round `from`; every state it gives is frozen. */
const play = (one: PolicyCase, rounds: number, seed: number, start?: unknown, from = 0) => {
  const random = randomFromSeed(seed);
  const world = randomFromSeed(seed + 1);
  let state = freeze(start ?? one.policy.start(ARMS));
  const log: Round[] = [];
  for (let t = from; t < from + rounds; t++) {
    const context = one.contextAt(t);
    const { arm } = one.policy.choose(state, context, random);
    const reward = world.next() < RATES[arm]! ? 1 : 0;
    state = freeze(one.policy.learn(state, context, arm, reward));
    log.push({ arm, reward });
  }
  return { state, log };
};

const learnAll = (one: PolicyCase, rounds: readonly Round[], from = 0): unknown =>
  rounds.reduce<unknown>(
    (state, { arm, reward }, t) => one.policy.learn(state, one.contextAt(from + t), arm, reward),
    one.policy.start(ARMS),
  );

const anyRounds = fc.array(
  fc.record({ arm: fc.nat({ max: ARMS - 1 }), reward: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { maxLength: 25 },
);

const message = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message;
  }
};

it('has policies to try, each under its own name', () => {
  const names = cases.map(({ policy }) => policy.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(cases.map((one) => [one.policy.name, one] as const))('%s', (_name, one) => {
  const { policy } = one;

  it('plays the same for the same seed, and says which arm it knows', () => {
    const first = play(one, 60, 5);
    expect(play(one, 60, 5)).toEqual(first);
    expect(first.log.every(({ arm }) => Number.isInteger(arm) && arm >= 0 && arm < ARMS)).toBe(true);
  });

  it('goes on from JSON as it would have gone on', () => {
    const half = play(one, 40, 6).state;
    const restored: unknown = JSON.parse(JSON.stringify(half));
    expect(restored).toEqual(half);
    expect(play(one, 40, 9, restored, 40)).toEqual(play(one, 40, 9, half, 40));
  });

  it('does not change the state it learns from', () => {
    const before = policy.start(ARMS);
    const text = JSON.stringify(before);
    const after = policy.learn(before, one.contextAt(0), 1, 0.5);
    expect(JSON.stringify(before)).toBe(text);
    expect(JSON.stringify(after)).not.toBe(text);
  });

  it('merges: an empty shard adds nothing, and the order of shards does not matter', () => {
    fc.assert(
      fc.property(anyRounds, anyRounds, anyRounds, (x, y, z) => {
        const [a, b, c] = [learnAll(one, x), learnAll(one, y, 25), learnAll(one, z, 50)];
        const merge = (p: unknown, q: unknown): unknown => policy.merge(freeze(p), freeze(q));
        expect([
          close(merge(a, policy.start(ARMS)), a),
          close(merge(policy.start(ARMS), a), a),
          close(merge(a, b), merge(b, a)),
          close(merge(merge(a, b), c), merge(a, merge(b, c))),
        ]).toEqual([true, true, true, true]);
      }),
      { numRuns: 50, seed: 4 },
    );
  });

  it.skipIf(one.discounted)('merges two shards into what one that saw both would know', () => {
    fc.assert(
      fc.property(anyRounds, fc.nat({ max: 25 }), (rounds, at) => {
        const shards = [learnAll(one, rounds.slice(0, at)), learnAll(one, rounds.slice(at), at)] as const;
        expect(close(policy.merge(...shards), learnAll(one, rounds))).toBe(true);
      }),
      { numRuns: 50, seed: 4 },
    );
  });

  it('refuses what is outside its domain by name', () => {
    const state = freeze(play(one, 5, 1).state);
    const context = one.contextAt(5);
    const random = randomFromSeed(1);
    for (const arms of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(message(() => policy.start(arms))).toMatch(/^arms\b/u);
    }
    for (const arm of [-1, ARMS, 0.5, Number.NaN]) {
      expect(message(() => policy.learn(state, context, arm, 0))).toMatch(/^arm\b/u);
    }
    for (const reward of [
      Number.NaN,
      Infinity,
      -Infinity,
      ...(one.rewards === 'unit' ? [-0.01, 1.01] : []),
    ]) {
      expect(message(() => policy.learn(state, context, 0, reward))).toMatch(/^reward\b/u);
    }
    for (const bad of one.badContexts) {
      expect(message(() => policy.choose(state, bad, random))).toMatch(/^context\b/u);
      expect(message(() => policy.learn(state, bad, 0, 0))).toMatch(/^context\b/u);
    }
    expect(message(() => policy.merge(state, policy.start(ARMS + 1)))).toMatch(/^b\b/u);
  });

  it('takes the rewards it says it takes', () => {
    const rewards = one.rewards === 'unit' ? [0, 0.3, 1] : [-1e6, 0, 0.3, 1e6];
    const rounds = rewards.flatMap((reward) => [0, 1, 2, 3].map((arm) => ({ arm, reward })));
    const random = randomFromSeed(2);
    const { arm } = policy.choose(freeze(learnAll(one, rounds)), one.contextAt(99), random);
    expect(arm).toBeLessThan(ARMS);
  });

  it('always plays the only arm', () => {
    const random = randomFromSeed(3);
    let state = policy.start(1);
    for (let t = 0; t < 10; t++) {
      expect(policy.choose(state, one.contextAt(t), random).arm).toBe(0);
      state = policy.learn(state, one.contextAt(t), 0, t % 2);
    }
  });

  it.runIf(one.unplayedFirst)('plays every arm once, lowest first, before anything else', () => {
    expect(play(one, ARMS, 8).log.map(({ arm }) => arm)).toEqual([0, 1, 2, 3]);
  });

  it.runIf(one.deterministic)('is deterministic: ties go to the lowest arm, nothing is drawn', () => {
    const random = randomFromSeed(1);
    const context = one.contextAt(0);
    expect(policy.choose(policy.start(ARMS), context, random)).toEqual({ arm: 0, propensity: 1 });
    const alike = [0, 1, 2, 3].reduce<unknown>(
      (state, arm) => policy.learn(state, context, arm, 0.5),
      policy.start(ARMS),
    );
    expect(policy.choose(alike, context, random)).toEqual({ arm: 0, propensity: 1 });
    const without1 = [1, 2, 3, 0].reduce<unknown>(
      (state, arm) => policy.learn(state, context, arm, arm === 0 ? 0 : 1),
      policy.start(ARMS),
    );
    expect(policy.choose(without1, context, random)).toEqual({ arm: 1, propensity: 1 });
    expect(random.state()).toEqual(randomFromSeed(1).state());
  });

  it.runIf(one.learns)('plays the best arm of an easy world most', () => {
    const { log } = play(one, 1500, 11);
    const pulls = RATES.map((_, arm) => log.filter((round) => round.arm === arm).length);
    const others = pulls.filter((_, arm) => arm !== BEST);
    expect(pulls[BEST]!).toBeGreaterThan(1.15 * Math.max(...others));
    expect(pulls[BEST]!).toBeGreaterThan(0.4 * log.length);
  });

  it('says propensities that sum to one and are how often it plays each arm', () => {
    const { state } = play(one, 30, 12);
    const context = one.contextAt(30);
    const { shares, exact } = allocation(policy, state, context, randomFromSeed(13), { draws: 4000 });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    const random = randomFromSeed(14);
    const counts = shares.map(() => 0);
    let furthest = 0;
    let said = 0;
    for (let i = 0; i < 4000; i++) {
      const { arm, propensity } = policy.choose(state, context, random);
      counts[arm]! += 1;
      said += propensity === null ? 0 : 1;
      furthest = Math.max(furthest, Math.abs((propensity ?? shares[arm]!) - shares[arm]!));
    }
    expect(said).toBe(exact ? 4000 : 0);
    expect(furthest).toBeLessThan(1e-12);
    // Two estimates from 4,000 draws each, or one: five standard errors either way.
    for (const [arm, share] of shares.entries()) {
      const se = Math.sqrt((2 * Math.max(share * (1 - share), 1e-3)) / 4000);
      expect(Math.abs(counts[arm]! / 4000 - share)).toBeLessThan(5 * se);
    }
  });

  it('keeps to a floor', () => {
    const { state } = play(one, 200, 15);
    const options = { draws: 500, floor: 0.1 };
    const { shares } = allocation(policy, state, one.contextAt(200), randomFromSeed(16), options);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.1);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });
});
