import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { challengerOf, transportCosts } from '../../../src/bandits/best-arm/challenger.ts';
import { transportCost } from '../../../src/bandits/best-arm/reward-model.ts';
import { glrStop, posteriorStop, t3c, topTwoThompson } from '../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';

const BERNOULLI = { kind: 'bernoulli' } as const;
const arm = (n: number, sum: number) => ({ n, sum, m2: 0 });

/** Log-likelihood of s successes in n at rate p. */
const logLikelihood = (n: number, s: number, p: number): number =>
  (s > 0 ? s * Math.log(p) : 0) + (n > s ? (n - s) * Math.log(1 - p) : 0);

describe('the transport cost', () => {
  it('of rates is the log-likelihood ratio against their being one', () => {
    const anyArm = fc.integer({ min: 1, max: 300 }).chain((n) => fc.nat({ max: n }).map((s) => arm(n, s)));
    fc.assert(
      fc.property(anyArm, anyArm, (a, b) => {
        const [better, worse] = a.sum / a.n >= b.sum / b.n ? [a, b] : [b, a];
        const pooled = (a.sum + b.sum) / (a.n + b.n);
        const ratio = [a, b].reduce(
          (sum, { n, sum: s }) => sum + logLikelihood(n, s, s / n) - logLikelihood(n, s, pooled),
          0,
        );
        expect(transportCost(better, worse, BERNOULLI)).toBeCloseTo(
          better === worse ? 0 : Math.max(0, ratio),
          8,
        );
        expect(transportCost(worse, better, BERNOULLI)).toBe(0);
      }),
      { seed: 4 },
    );
  });
  it('is nothing without plays, and finite where a rate rounds to one', () => {
    expect(transportCost(arm(5, 5), arm(0, 0), BERNOULLI)).toBe(0);
    const almost = { n: 1e8, sum: 1e8 - 1.5e-8, m2: 0 };
    expect(transportCost(arm(1e8, 1e8), almost, BERNOULLI)).toBeLessThan(1);
  });
  it('names the arm that is cheapest to mistake, the lowest on ties', () => {
    const arms = [arm(100, 50), arm(100, 70), arm(100, 60), arm(100, 60)];
    expect(challengerOf(transportCosts(arms, 1, BERNOULLI)).arm).toBe(2);
  });
});

describe('T3C', () => {
  const state = { arms: [arm(400, 200), arm(400, 320), arm(400, 240), arm(10, 5)] };
  const playsOf = (policy: ReturnType<typeof t3c>): readonly number[] => {
    const random = randomFromSeed(3);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[policy.choose(state, null, random).arm]! += 1;
    return counts.map((count) => count / 4000);
  };
  it('gives half to the leader and half to the arm it knows least apart from it', () => {
    const shares = playsOf(t3c({ model: BERNOULLI, initialPlays: 10 }));
    expect(shares[1]).toBeGreaterThan(0.45);
    expect(shares[3]).toBeGreaterThan(0.45);
    expect(shares[0]! + shares[2]!).toBeLessThan(0.05);
  });
  it('plays each arm in turn as often as it was told, first', () => {
    const policy = t3c({ model: BERNOULLI, initialPlays: 2 });
    const random = randomFromSeed(3);
    let now = policy.start(3);
    const arms = Array.from({ length: 6 }, () => {
      const choice = policy.choose(now, null, random);
      now = policy.learn(now, null, choice.arm, 0);
      return choice;
    });
    expect(arms.map((choice) => choice.arm)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(arms.every((choice) => choice.propensity === 1)).toBe(true);
    expect(policy.choose(now, null, random).propensity).toBeNull();
  });
  it('with redraws takes the first other winner; told to, it falls back on the leader', () => {
    const sure = { arms: [arm(4000, 400), arm(4000, 3600)] };
    const random = randomFromSeed(5);
    const options = { model: BERNOULLI, leaderShare: 0 };
    const choose = (whenNoneWins: 'challenger' | 'leader'): number =>
      topTwoThompson({ ...options, whenNoneWins }).choose(sure, null, random).arm;
    expect(choose('challenger')).toBe(0);
    expect(choose('leader')).toBe(1);
    const drawn = topTwoThompson({ model: BERNOULLI, leaderShare: 0, redraws: 500, whenNoneWins: 'leader' });
    // Arm 1 leads in most draws, so its challenger, arm 0, gets most of the plays.
    const uneven = { arms: [arm(40, 18), arm(40, 26)] };
    const counts = [0, 0];
    for (let i = 0; i < 1000; i++) counts[drawn.choose(uneven, null, random).arm]! += 1;
    expect(counts[0]).toBeGreaterThan(900);
  });
});

describe('the likelihood-ratio stop', () => {
  it('waits for the evidence against the challenger, and says both numbers', () => {
    const options = { delta: 0.05, model: BERNOULLI };
    const early = glrStop({ arms: [arm(100, 50), arm(100, 60)] }, options);
    expect(early).toMatchObject({ stop: false, best: 1, guarantee: 'empirical' });
    expect(early.reason).toBe('the evidence for arm 1 against arm 0, 1.012 is below 4.836');
    const late = glrStop({ arms: [arm(1000, 500), arm(1000, 600)] }, options);
    expect(late).toMatchObject({ stop: true, best: 1 });
  });
  it('with the proven threshold asks for more', () => {
    const state = { arms: [arm(500, 250), arm(500, 310)] };
    const options = { delta: 0.05, model: BERNOULLI };
    expect(glrStop(state, options).stop).toBe(true);
    const proven = glrStop(state, { ...options, threshold: 'proven' });
    expect(proven).toMatchObject({ stop: false, guarantee: 'proven' });
    expect(proven.limit).toBeCloseTo(Math.log((2 * 1000) / 0.05), 12);
  });
  it('never stops while an arm has no plays, nor before the first one', () => {
    const options = { delta: 0.05, model: BERNOULLI };
    expect(glrStop({ arms: [arm(1e6, 9e5), arm(0, 0)] }, options).stop).toBe(false);
    const nothing = glrStop({ arms: [arm(0, 0), arm(0, 0)] }, options);
    expect(nothing).toMatchObject({ stop: false, observed: 0 });
    expect(nothing.limit).toBeCloseTo(Math.log(20), 12);
  });
  it('refuses a proof that is not there, and a single arm', () => {
    const state = { arms: [arm(5, 3), arm(5, 2)] };
    const gaussian = { kind: 'gaussian', sd: 1 } as const;
    expect(() => glrStop(state, { delta: 0.05, model: gaussian, threshold: 'proven' })).toThrow(
      /^threshold /u,
    );
    expect(() => glrStop({ arms: [arm(5, 3)] }, { delta: 0.05, model: BERNOULLI })).toThrow(/^state /u);
  });
});

describe('the posterior stop', () => {
  it('stops at its confidence and says that nothing stands behind it', () => {
    expect(posteriorStop([0.03, 0.97])).toMatchObject({ stop: true, best: 1, guarantee: 'none' });
    expect(posteriorStop([0.06, 0.94])).toMatchObject({ stop: false, best: 1 });
    expect(posteriorStop([0.06, 0.94], { confidence: 0.9 }).stop).toBe(true);
  });
});
