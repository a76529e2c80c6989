/** The harness of `simulate regret` at a small size: the worlds are what they say, and a wrong policy would be seen. */
import { describe, expect, it } from 'vitest';
import { search, searchers } from '../../simulation/bandit-worlds/best-arm.ts';
import { contestant, streamOf } from '../../simulation/bandit-worlds/contestants.ts';
import type { References } from '../../simulation/bandit-worlds/references.ts';
import { playAll, regretFigures, regretTable } from '../../simulation/bandit-worlds/regret-table.ts';
import {
  bernoulliWorld,
  gaussianWorld,
  linearWorld,
  switchWorld,
} from '../../simulation/bandit-worlds/worlds.ts';

const T = 1000;
const rates = [0.2, 0.5, 0.8];
const meanReward = (draw: (t: number) => number, rounds: number): number => {
  let sum = 0;
  for (let t = 0; t < rounds; t++) sum += draw(t);
  return sum / rounds;
};

describe('the worlds', () => {
  it('begin with the numbers of the seed', () => {
    // mulberry32(1) starts .627, .003, .527.
    const world = bernoulliWorld({ p: [0.62, 0.1, 0.53], T });
    expect([0, 1, 2].map((arm) => world.rewardOf(1, 0, arm, null))).toEqual([0, 1, 1]);
  });
  it('pay each arm at its rate, and count what it loses against the best', () => {
    const world = bernoulliWorld({ p: rates, T: 20_000 });
    for (const [arm, rate] of rates.entries()) {
      const mean = meanReward((t) => world.rewardOf(3, t, arm, null), 20_000);
      expect(Math.abs(mean - rate)).toBeLessThan(0.015);
      expect(world.gapOf(0, arm, null)).toBeCloseTo(0.8 - rate, 12);
    }
  });
  it('change at half time where they do', () => {
    const world = switchWorld({ p_first_half: [1, 0], p_second_half: [0, 1], T: 10 });
    const ofFirst = Array.from({ length: 10 }, (_, t) => world.rewardOf(3, t, 0, null));
    expect(ofFirst).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
    expect([world.gapOf(4, 0, null), world.gapOf(5, 0, null)]).toEqual([0, 1]);
  });
  it('draw normal rewards of the stated mean and spread', () => {
    const world = gaussianWorld({ mean: [1, 1.4], sd: 0.5, T: 20_000 });
    const mean = meanReward((t) => world.rewardOf(3, t, 1, null), 20_000);
    const square = meanReward((t) => (world.rewardOf(3, t, 1, null) - 1.4) ** 2, 20_000);
    expect(Math.abs(mean - 1.4)).toBeLessThan(0.015);
    expect(Math.abs(square - 0.25)).toBeLessThan(0.01);
  });
  it('pay by the context where there is one', () => {
    const world = linearWorld({
      theta: [
        [0.5, 0.4],
        [0.5, -0.4],
      ],
      T: 20_000,
    });
    const paid = [0, 0];
    let rounds = 0;
    for (let t = 0; t < 20_000; t++) {
      const x = world.contextAt(3, t);
      expect(x[0]).toBe(1);
      if (x[1]! < 0.5) continue;
      rounds += 1;
      for (const arm of [0, 1]) paid[arm]! += world.rewardOf(3, t, arm, x);
      expect(world.gapOf(t, 0, x)).toBe(0);
      expect(world.gapOf(t, 1, x)).toBeCloseTo(0.8 * x[1]!, 12);
    }
    // x_1 is uniform on .5 to 1: .5 + .4 * .75 and .5 - .4 * .75.
    expect(Math.abs(paid[0]! / rounds - 0.8)).toBeLessThan(0.03);
    expect(Math.abs(paid[1]! / rounds - 0.2)).toBeLessThan(0.03);
  });
});

describe('the regret table', () => {
  const options = { runs: 10, seed: 1, onProgress: () => undefined };
  const spec = { p: rates, T };
  const ofSeeds = (policy: string) =>
    Array.from({ length: 10 }, (_, i) => contestant(policy, spec)(1000 + i, 1, [T])[0]!);
  const referenceOf = (mean: number, exact?: readonly number[]) => ({
    checkpoints: [T],
    mean: [mean],
    se: [0.5],
    ...(exact && { exact_final_regret_first_20_seeds: exact }),
  });
  const linesFor = (shift: number) => {
    const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const ucb = ofSeeds('ucb1').map((regret, i) => (i < 3 ? regret + shift : regret));
    const references: References = {
      seeds: '1000..1009',
      envs: { small: spec },
      results: {
        small: {
          ucb1: referenceOf(mean(ucb), ucb),
          thompson: referenceOf(mean(ofSeeds('thompson')) + 10 * shift),
        },
      },
    };
    return playAll(references, options);
  };

  it('adds up what every round loses', () => {
    const [early, final] = contestant('random', { p: [0.5, 0.1], T })(1000, 1, [T / 2, T]);
    // Half of the rounds lose .4; four standard deviations either way.
    expect(Math.abs(early! - 100)).toBeLessThan(18);
    expect(Math.abs(final! - 200)).toBeLessThan(26);
  });
  it('finds agreement where there is agreement', () => {
    const lines = linesFor(0);
    expect(regretFigures(lines)).toMatchObject({ exactSeeds: 10, withinBand: 1, outOfBand: 0 });
    expect(regretTable(lines).join('\n')).toMatch(/exact 10 of 10[^]*in the band[^]*no reference/u);
  });
  it('finds regrets that are not exact and means that are outside the band', () => {
    const lines = linesFor(5);
    expect(regretFigures(lines)).toMatchObject({ exactSeeds: 7, exactSeeds_ucb1_small: 7, outOfBand: 1 });
    expect(regretTable(lines).join('\n')).toMatch(/exact 7 of 10[^]*OUT OF THE BAND/u);
  });
  it('names figures by policy, world and rounds', () => {
    const figures = regretFigures(linesFor(0));
    expect(Object.keys(figures)).toEqual(
      expect.arrayContaining(['ucb1_small_1000', 'thompson_small_1000', 'greedy_small_1000']),
    );
    expect(figures['greedy_small_1000']).toBeGreaterThan(figures['thompson_small_1000']!);
  });
});

describe('the search for the best arm', () => {
  it('asks fewer plays of T3C than of playing in turn, and names the best arm', () => {
    const spec = { p: [0.3, 0.4, 0.7], delta: 0.05, max: 5000 };
    const playsOf = (name: string): number => {
      const searcher = searchers[name]!(spec);
      return Array.from({ length: 8 }, (_, i) => {
        const { glr, proven, posterior } = search(searcher, spec, 50 + i, streamOf(50 + i, 1));
        expect([glr?.arm, proven?.arm, posterior?.arm]).toEqual([2, 2, 2]);
        expect(proven!.plays).toBeGreaterThanOrEqual(glr!.plays);
        return glr!.plays;
      }).reduce((sum, plays) => sum + plays, 0);
    };
    expect(playsOf('t3c_0.5')).toBeLessThan(playsOf('uniform'));
  });
});
