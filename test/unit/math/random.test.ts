import { describe, expect, it } from 'vitest';
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
  it('need a whole number as seed', () => {
    expect(() => randomFromSeed(1.5)).toThrow(/^seed/);
  });
});
