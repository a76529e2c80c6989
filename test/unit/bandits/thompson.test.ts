/** The draws of the Thompson policies follow their posteriors. */
import { describe, expect, it } from 'vitest';
import {
  betaThompson,
  gaussianThompson,
  normalGammaThompson,
  type TotalsPolicy,
} from '../../../src/bandits/index.ts';
import { betaCdf, normalCdf, randomFromSeed, studentTCdf } from '../../../src/math/index.ts';

const DRAWS = 20_000;

/** How often arm 0 with the rewards beats arm 1, whose posterior is as good as a point at `point`. */
const shareAbove = (
  policy: TotalsPolicy,
  rewards: readonly number[],
  point: { readonly n: number; readonly sum: number; readonly m2: number },
): number => {
  const learned = rewards.reduce((state, reward) => policy.learn(state, null, 0, reward), policy.start(2));
  const state = { arms: [learned.arms[0]!, point] };
  const random = randomFromSeed(21);
  let above = 0;
  for (let i = 0; i < DRAWS; i++) above += policy.choose(state, null, random).arm === 0 ? 1 : 0;
  return above / DRAWS;
};

/** The distance of a share from what it should be, in standard errors. */
const off = (share: number, expected: number): number =>
  Math.abs(share - expected) / Math.sqrt((expected * (1 - expected)) / DRAWS);

const HUGE = 1e12;
const pointAt = (value: number) => ({ n: HUGE, sum: value * HUGE, m2: 0 });

describe('beta Thompson', () => {
  it.each([0.2, 0.45, 0.7])('draws from Beta(1 + successes, 1 + failures): above %d', (rate) => {
    expect(
      off(shareAbove(betaThompson(), [1, 0, 0, 1, 0], pointAt(rate)), 1 - betaCdf(rate, 3, 4)),
    ).toBeLessThan(4);
  });
  it('counts a fractional reward as that share of a success', () => {
    expect(
      off(shareAbove(betaThompson(), [0.25, 0.5], pointAt(0.4)), 1 - betaCdf(0.4, 1.75, 2.25)),
    ).toBeLessThan(4);
  });
  it('weighs what it saw by its age, and its prior not at all', () => {
    const policy = betaThompson({ discount: 0.5, prior: { successes: 2, failures: 3 } });
    expect(
      off(shareAbove(policy, [1, 0, 1], pointAt(0.5)), 1 - betaCdf(0.5, 2 + 1.25, 3 + 0.5)),
    ).toBeLessThan(4);
  });
});

describe('Gaussian Thompson', () => {
  it.each([0.5, 1.1, 2])('with known noise draws from the normal posterior: above %d', (value) => {
    const policy = gaussianThompson({ sd: 2, prior: { mean: -1, sd: 3 } });
    const precision = 1 / 9 + 4 / 4;
    const mean = (-1 / 9 + 6 / 4) / precision;
    expect(
      off(
        shareAbove(policy, [0, 1, 2, 3], pointAt(value)),
        1 - normalCdf((value - mean) * Math.sqrt(precision)),
      ),
    ).toBeLessThan(4);
  });
  it.each([0.9, 1.5, 2.5])('with unknown noise draws from the t posterior: above %d', (value) => {
    const prior = { mean: 0.5, weight: 2, shape: 1.5, scale: 0.8 };
    const weight = 2 + 4;
    const mean = (2 * 0.5 + 6) / weight;
    const shape = 1.5 + 2;
    const scale = 0.8 + 5 / 2 + (2 * 4 * (1.5 - 0.5) ** 2) / (2 * weight);
    const t = (value - mean) / Math.sqrt(scale / (shape * weight));
    expect(
      off(
        shareAbove(normalGammaThompson({ prior }), [0, 1, 2, 3], pointAt(value)),
        1 - studentTCdf(t, 2 * shape),
      ),
    ).toBeLessThan(4);
  });
});
