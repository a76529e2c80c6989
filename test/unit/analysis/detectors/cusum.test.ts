import { describe, expect, it } from 'vitest';
import { blockMeans, cusum, learnedCusum, type Detector } from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleNormal } from '../../../../src/math/index.ts';

const alarmsOf = <S>(detector: Detector<S>, values: readonly number[]): readonly number[] => {
  let state = detector.start();
  return values.flatMap((value, at) => {
    const detected = detector.update(state, value);
    state = detected.state;
    return detected.alarm === null ? [] : [at];
  });
};

const normals = (seed: number, n: number): readonly number[] => {
  const random = randomFromSeed(seed);
  return Array.from({ length: n }, () => sampleNormal(random));
};

const repeat = (value: number, n: number): readonly number[] => Array.from({ length: n }, () => value);

describe('CUSUM with a given baseline', () => {
  it.each([
    [4, 168],
    [5, 465],
  ])('runs as long in control as the tables say: k = .5, h = %d, one alarm per %d values', (h, length) => {
    const n = 300_000;
    const alarms = alarmsOf(cusum({ mean: 0, sd: 1, h }), normals(h, n)).length;
    expect(Math.abs((alarms * length) / n - 1)).toBeLessThan(0.12);
  });

  it('alarms strictly above h', () => {
    expect(alarmsOf(cusum({ mean: 0, sd: 1, k: 0.5, h: 4 }), [1.5, 1.5, 1.5, 1.5])).toEqual([]);
    expect(alarmsOf(cusum({ mean: 0, sd: 1, k: 0.5, h: 4 }), [1.5, 1.5, 1.5, 1.5, 1.5])).toEqual([4]);
  });
});

describe('CUSUM with a learned baseline', () => {
  it('measures in the standard deviations of its warm-up: any unit gives the same alarms', () => {
    const values = normals(3, 20_000).map((z, i) => z + (i > 5000 ? 1 : 0));
    const alarms = alarmsOf(learnedCusum(), values);
    expect(alarms.length).toBeGreaterThan(0);
    expect(
      alarmsOf(
        learnedCusum(),
        values.map((z) => 4000 + 64 * z),
      ),
    ).toEqual(alarms);
  });

  it('says nothing while it learns, and learns again after an alarm', () => {
    const values = [...normals(4, 1100), ...repeat(4, 2000)];
    const [first, ...more] = alarmsOf(learnedCusum({ warmUp: 1000 }), values);
    expect(first).toBeGreaterThanOrEqual(1100);
    expect(more).toEqual([]);
  });

  it('takes one odd value after a long constant for chance, and a few for a change', () => {
    const constant = repeat(1, 3000);
    expect(alarmsOf(learnedCusum(), [...constant, 0, ...constant])).toEqual([]);
    expect(alarmsOf(learnedCusum(), [...constant, ...repeat(0, 8)]).length).toBe(1);
  });

  it('takes one freak value for chance', () => {
    expect(alarmsOf(learnedCusum(), [...normals(5, 1500), 1e9, ...normals(6, 30)])).toEqual([]);
  });

  it('over block means, is not startled by rare outcomes as it is value by value', () => {
    const random = randomFromSeed(8);
    const rare = Array.from({ length: 100_000 }, () => (random.next() < 0.02 ? 1 : 0));
    const byValue = alarmsOf(learnedCusum(), rare).length;
    const byBlock = alarmsOf(blockMeans(learnedCusum(), { block: 50 }), rare).length;
    expect(byValue).toBeGreaterThan(10);
    expect(byBlock).toBeLessThanOrEqual(2);
  });
});
