import { describe, expect, it } from 'vitest';
import {
  allocation,
  betaThompson,
  drawFromShares,
  epsilonGreedy,
  t3c,
  ucb1,
  uniformRandom,
} from '../../../src/bandits/index.ts';
import { randomFromSeed } from '../../../src/math/index.ts';

const seen = (...arms: readonly (readonly [n: number, sum: number])[]) => ({
  arms: arms.map(([n, sum]) => ({ n, sum, m2: 0 })),
});
const random = () => randomFromSeed(7);

describe('an allocation', () => {
  it('is exact, without a draw, for policies in closed form', () => {
    const state = seen([10, 2], [10, 8], [10, 5]);
    const stream = random();
    const { shares, exact, draws } = allocation(epsilonGreedy({ epsilon: 0.3 }), state, null, stream);
    expect(shares.map((share) => share.toFixed(12))).toEqual([
      '0.100000000000',
      '0.800000000000',
      '0.100000000000',
    ]);
    expect([exact, draws]).toEqual([true, 0]);
    expect(stream.state()).toEqual(random().state());
    expect(allocation(uniformRandom(), state, null, stream).shares).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });
  it('gives all to the arm that a deterministic policy plays', () => {
    const state = seen([10, 2], [10, 8], [10, 5]);
    const found = allocation(ucb1(), state, null, random());
    expect(found).toEqual({ shares: [0, 1, 0], exact: true, draws: 0 });
    expect(allocation(t3c({ model: { kind: 'bernoulli' } }), state, null, random()).shares).toEqual([
      1, 0, 0,
    ]);
  });
  it("estimates Thompson's by draws: Beta(2, 1) beats Beta(1, 1) in two of three", () => {
    const found = allocation(betaThompson(), seen([1, 1], [0, 0]), null, random(), { draws: 20_000 });
    expect(found).toMatchObject({ exact: false, draws: 20_000 });
    expect(Math.abs(found.shares[0]! - 2 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 20_000));
  });
  it('keeps an arm that was never drawn at its floor', () => {
    const state = seen([1000, 900], [1000, 100]);
    expect(allocation(betaThompson(), state, null, random()).shares).toEqual([1, 0]);
    const { shares } = allocation(betaThompson(), state, null, random(), { floor: 0.05 });
    expect(shares).toEqual([expect.closeTo(0.95, 12), 0.05]);
  });
});

describe('an arm drawn from shares', () => {
  it('comes as often as its share, which is its propensity; one without a share never comes', () => {
    const shares = [0.2, 0, 0.5, 0.3, 0];
    const stream = random();
    const counts = shares.map(() => 0);
    for (let i = 0; i < 20_000; i++) {
      const { arm, propensity } = drawFromShares(shares, stream);
      counts[arm]! += 1;
      expect(propensity).toBe(shares[arm]);
    }
    for (const [arm, share] of shares.entries()) {
      const se = Math.sqrt((share * (1 - share)) / 20_000);
      expect(Math.abs(counts[arm]! / 20_000 - share)).toBeLessThanOrEqual(4 * se);
    }
  });
  it('is not the first arm without a share when the stream gives 0', () => {
    expect(drawFromShares([0, 0.4, 0.6], { next: () => 0, state: random().state }).arm).toBe(1);
  });
  it('is the last arm with a share where rounding leaves a rest', () => {
    const almostOne = { next: () => 1 - 2 ** -53, state: random().state };
    expect(drawFromShares([0.1, 0.2, 0.7 - 1e-12, 0], almostOne).arm).toBe(2);
  });
});
