import { describe, expect, it } from 'vitest';
import {
  adwin,
  blockMeans,
  cusum,
  logScaled,
  pageHinkley,
  seasonal,
  standardised,
  type Detector,
} from '../../../../src/analysis/index.ts';
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

/** A detector that only notes what it is fed. */
const spied = (): { readonly spy: Detector<null>; readonly seen: number[] } => {
  const seen: number[] = [];
  const update = (state: null, value: number) => {
    seen.push(value);
    return { state, alarm: null };
  };
  return { spy: { name: 'spy', start: () => null, update }, seen };
};

describe('standardised', () => {
  const shifted = normals(1, 6000).map((z, i) => z + (i > 3000 ? 1.5 : 0));

  it('makes settings mean the same for every unit: milliseconds raw break Page-Hinkley, standardised they do not', () => {
    const ms = shifted.map((z) => 800 + 90 * z);
    const alarms = alarmsOf(standardised(pageHinkley()), ms);
    expect(alarms).toEqual(alarmsOf(standardised(pageHinkley()), shifted));
    expect(alarms[0]).toBeGreaterThan(3000);
    expect(alarmsOf(pageHinkley(), ms).length).toBeGreaterThan(50);
  });

  it('learns anew after an alarm only when told to', () => {
    const values = [...normals(2, 500), ...normals(3, 4000).map((z) => 1000 + 50 * z)];
    const settings = { delta: 0.25, threshold: 30 };
    const kept = alarmsOf(standardised(pageHinkley(settings), { limit: 1e6 }), values).length;
    const relearned = alarmsOf(
      standardised(pageHinkley(settings), { limit: 1e6, relearn: true }),
      values,
    ).length;
    expect(relearned).toBe(1);
    expect(kept).toBeGreaterThan(20);
  });
});

describe('logScaled', () => {
  it('is the detector over logarithms, with the floor for what has none', () => {
    const values = normals(4, 4000).map((z, i) => Math.exp(z + (i > 2000 ? 2 : 0)));
    const alarms = alarmsOf(logScaled(adwin(), { floor: 1e-9 }), values);
    expect(alarms.length).toBeGreaterThan(0);
    expect(alarms).toEqual(alarmsOf(adwin(), values.map(Math.log)));
    const floored = alarmsOf(logScaled(adwin(), { floor: 0.5 }), [...values, 0]);
    expect(floored).toEqual(
      alarmsOf(
        adwin(),
        [...values, 0].map((x) => Math.log(Math.max(x, 0.5))),
      ),
    );
  });

  it('refuses what is below 0', () => {
    const detector = logScaled(adwin(), { floor: 1 });
    expect(() => detector.update(detector.start(), -1)).toThrow(/^value must not be negative/u);
  });
});

describe('seasonal', () => {
  const DAY = 48;
  const noise = normals(5, 60 * DAY);
  const rhythm = noise.map((z, i) => 10 + 6 * Math.sin((2 * Math.PI * i) / DAY) + 0.5 * z);
  const watch = cusum({ mean: 0, sd: 1, k: 0.8, h: 6 });

  it('takes a daily rhythm out, which alone alarms each day', () => {
    expect(alarmsOf(seasonal(watch, { period: DAY, seasons: 3 }), rhythm)).toEqual([]);
    const raw = alarmsOf(cusum({ mean: 10, sd: 1, k: 0.8, h: 6 }), rhythm);
    const days = new Set(raw.map((at) => Math.floor(at / DAY)));
    expect(days.size).toBe(60);
  });

  it('sees a level that moves against its own hour, and takes it for the rhythm some seasons later', () => {
    const moved = rhythm.map((x, i) => (i >= 30 * DAY ? x + 3 : x));
    const alarms = alarmsOf(seasonal(watch, { period: DAY, seasons: 3 }), moved);
    expect(alarms[0]).toBeGreaterThanOrEqual(30 * DAY);
    expect(alarms[0]).toBeLessThan(30 * DAY + 6);
    expect(alarms.at(-1)).toBeLessThan(38 * DAY);
  });

  it('judges nothing in the seasons that it learns from', () => {
    const twice = rhythm.slice(0, 3 * DAY).map((x, i) => (i >= DAY && i < 2 * DAY ? 2 * x : x));
    expect(alarmsOf(seasonal(watch, { period: DAY, seasons: 1 }), twice).length).toBeGreaterThan(0);
    const patient = alarmsOf(seasonal(watch, { period: DAY, seasons: 2 }), twice);
    expect(patient.filter((at) => at < 2 * DAY)).toEqual([]);
  });

  it('with weight 1 is the difference to the season before', () => {
    const { spy, seen } = spied();
    alarmsOf(seasonal(spy, { period: 3, weight: 1 }), [1, 2, 3, 11, 22, 33, 12, 20, 30]);
    expect(seen).toEqual([10, 20, 30, 1, -2, -3]);
  });
});

describe('blockMeans', () => {
  it('feeds one mean per full block', () => {
    const { spy, seen } = spied();
    alarmsOf(blockMeans(spy, { block: 4 }), [0, 1, 1, 0, 8, 8, 8, 12, 5]);
    expect(seen).toEqual([0.5, 9]);
  });
});
