import { describe, expect, it } from 'vitest';
import { mulberry32At } from '../../../src/math/mulberry32.ts';

describe('mulberry32At', () => {
  it('gives the stream of seed 1 that the regret references were drawn from', () => {
    expect([1, 2, 3].map((k) => mulberry32At(1, k))).toEqual([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
  });
  it('gives the same number at a counter that leaves 32 bits', () => {
    expect(mulberry32At(1, 2 ** 32 + 1)).toBe(mulberry32At(1, 1));
    expect(mulberry32At(2 ** 32 + 1, 1)).toBe(mulberry32At(1, 1));
  });
});
