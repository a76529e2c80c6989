import { describe, expect, it } from 'vitest';
import { newcombeInterval, wilsonInterval } from '../../../src/analysis/intervals.ts';

describe('intervals of rates', () => {
  it('Wilson stays inside 0..1 at the extremes', () => {
    expect(wilsonInterval(0, 10).low).toBe(0);
    expect(wilsonInterval(10, 10).high).toBe(1);
    expect(wilsonInterval(8, 10).low).toBeCloseTo(0.4901625, 6);
  });
  it.each([0, 200])(
    'Newcombe has an interval where the z-test has none: %i of 200 in both arms',
    (successes) => {
      const { difference, low, high } = newcombeInterval({ successes, n: 200 }, { successes, n: 200 });
      expect(difference).toBe(0);
      expect(low).toBeLessThan(0);
      expect(high).toBeGreaterThan(0);
    },
  );
});
