import { describe, expect, it } from 'vitest';
import { kolmogorovSf } from '../../../src/math/distributions/kolmogorov.ts';
import { randomFromSeed, randomFromState, type RandomState } from '../../../src/math/random.ts';

const draw = (random: { readonly next: () => number }, n: number): number[] =>
  Array.from({ length: n }, random.next);

describe('seeded random numbers', () => {
  it('are the same for the same seed and differ between seeds', () => {
    expect(draw(randomFromSeed(42), 5)).toEqual(draw(randomFromSeed(42), 5));
    expect(draw(randomFromSeed(42), 5)).not.toEqual(draw(randomFromSeed(43), 5));
  });
  it('go on from a state that went through JSON', () => {
    const random = randomFromSeed(7);
    draw(random, 13);
    const state = JSON.parse(JSON.stringify(random.state())) as RandomState;
    expect(draw(randomFromState(state), 9)).toEqual(draw(random, 9));
  });
  it('are uniform on [0, 1): mean and share of each tenth', () => {
    const xs = draw(randomFromSeed(1), 100_000);
    const shares = Array.from<number>({ length: 10 }).fill(0);
    for (const x of xs) shares[Math.floor(x * 10)]! += 1e-5;
    for (const share of shares) expect(share).toBeCloseTo(0.1, 2);
    expect(Math.min(...xs.slice(0, 1000))).toBeGreaterThanOrEqual(0);
  });
  it('do not betray their seed: draws of 20,000 neighbouring seeds are uniform from the first on', () => {
    for (const k of [0, 1, 2, 3]) {
      const draws = Array.from({ length: 20_000 }, (_, seed) => draw(randomFromSeed(seed), k + 1)[k]!);
      const sorted = draws.toSorted((a, b) => a - b);
      const d = Math.max(...sorted.map((x, i) => Math.abs(x - (i + 0.5) / sorted.length)));
      expect(kolmogorovSf(Math.sqrt(sorted.length) * d)).toBeGreaterThan(1e-3);
      const products = draws.slice(1).map((x, i) => (x - 0.5) * (draws[i]! - 0.5) * 12);
      expect(Math.abs(products.reduce((sum, x) => sum + x, 0) / products.length)).toBeLessThan(0.03);
    }
  });
  it.each([
    { generator: 'xoroshiro128plus', words: [1, 2, 3] },
    { generator: 'xoroshiro128plus', words: [0, 0, 0, 0] },
    { generator: 'xoroshiro128plus', words: [1, 2, 3, 0.5] },
    { generator: 'mersenne', words: [1, 2, 3, 4] },
  ])('refuse the state %j', (state) => {
    expect(() => randomFromState(state as RandomState)).toThrow(/^state must/);
  });
  it('need a whole number as seed', () => {
    expect(() => randomFromSeed(1.5)).toThrow(/^seed/);
  });
});
