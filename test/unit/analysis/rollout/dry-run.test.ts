import { describe, expect, it } from 'vitest';
import { compareDryRun } from '../../../../src/analysis/rollout/dry-run.ts';
import { emptyStats, observe, randomFromSeed } from '../../../../src/math/index.ts';

const METRIC = { name: 'groundedness', kind: 'bounded', direction: 'increase' } as const;

const statsOf = (values: readonly number[]) => values.reduce(observe, emptyStats({ withSketch: false }));
/** `n` values evenly spread over 0.2 around `mean`. */
const around = (mean: number, n: number) =>
  statsOf(Array.from({ length: n }, (_, i) => mean - 0.1 + (0.2 * (i % 21)) / 20));

describe('a metric that is only shown', () => {
  it('is compared by its means, with an interval of the difference', () => {
    const report = compareDryRun(METRIC, { stable: around(0.5, 2_100), candidate: around(0.6, 2_100) });
    expect(report).toMatchObject({ values: { stable: 2_100, candidate: 2_100 }, reason: 'better' });
    expect(report.difference?.estimate).toBeCloseTo(0.1, 10);
    expect(report.difference?.low).toBeGreaterThan(0.08);
    expect(report.difference?.high).toBeLessThan(0.12);
  });

  it('is worse where the direction is down, and tells no difference where there is none', () => {
    const arms = { stable: around(0.5, 2_100), candidate: around(0.6, 2_100) };
    expect(compareDryRun({ ...METRIC, direction: 'decrease' }, arms).reason).toBe('worse');
    expect(compareDryRun(METRIC, { ...arms, candidate: arms.stable }).reason).toBe('no difference is told');
  });

  it.each([
    ['too few values', METRIC, around(0.5, 99), around(0.5, 500), '99 of 100 values in each arm'],
    ['nothing at all', METRIC, undefined, undefined, '0 of 100 values in each arm'],
    [
      'no spread',
      METRIC,
      statsOf(Array(200).fill(1)),
      statsOf(Array(200).fill(1)),
      'no variance in either arm',
    ],
    [
      'values beyond the kind',
      METRIC,
      statsOf([0.5, 3]),
      around(0.5, 500),
      'not bounded: 3 is not from 0 to 1',
    ],
    [
      'a binary that is none',
      { ...METRIC, kind: 'binary' },
      around(0.5, 200),
      around(0.5, 200),
      'not binary: values between 0 and 1',
    ],
    [
      'a negative one',
      { ...METRIC, kind: 'positive' },
      statsOf([-1, 2]),
      around(0.5, 500),
      'not positive: -1 is below 0',
    ],
  ] as const)('has no interval with %s', (_what, metric, stable, candidate, reason) => {
    expect(compareDryRun(metric, { stable, candidate })).toMatchObject({ difference: null, reason });
  });

  it('shows a false difference at no look in 95 % of streams of equal arms, however often one looks', () => {
    const { next: random } = randomFromSeed(11);
    const streams = 300;
    let misled = 0;
    for (let stream = 0; stream < streams; stream += 1) {
      let [stable, candidate] = [statsOf([]), statsOf([])];
      let isMisled = false;
      for (let look = 0; look < 40; look += 1) {
        for (let i = 0; i < 50; i += 1) {
          stable = observe(stable, random() < 0.8 ? 1 : 0);
          candidate = observe(candidate, random() < 0.8 ? 1 : 0);
        }
        const { reason } = compareDryRun({ ...METRIC, kind: 'binary' }, { stable, candidate });
        isMisled ||= reason === 'better' || reason === 'worse';
      }
      if (isMisled) misled += 1;
    }
    expect(misled / streams).toBeLessThanOrEqual(0.05);
  });
});
