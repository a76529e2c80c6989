import { describe, expect, it } from 'vitest';
import { mergeMoments, momentsOf } from '../../../src/analysis/moments.ts';
import { randomFromSeed } from '../../../src/math/random.ts';

describe('moments', () => {
  it('merged from blocks equal those of the whole, also with a large mean', () => {
    const random = randomFromSeed(3);
    const xs = Array.from({ length: 400 }, () => 1e6 + random.next());
    const sumOf = (list: readonly number[], f: (x: number) => number) => list.reduce((s, x) => s + f(x), 0);
    const mean = sumOf(xs, (x) => x) / xs.length;
    const m2 = sumOf(xs, (x) => (x - mean) ** 2);
    const merged = xs.map((x) => momentsOf(1, x, x * x)).reduce(mergeMoments);
    expect(merged.n).toBe(400);
    expect(Math.abs(merged.mean / mean - 1)).toBeLessThan(1e-14);
    expect(Math.abs(merged.m2 / m2 - 1)).toBeLessThan(1e-6);
  });
});
