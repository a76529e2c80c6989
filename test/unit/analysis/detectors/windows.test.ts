import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adwin,
  ksDetector,
  kswin,
  learnedCusum,
  madAnomaly,
  pageHinkley,
  psiDetector,
  RIVER_PAGE_HINKLEY,
  standardised,
  zScoreAnomaly,
  type Detector,
} from '../../../../src/analysis/index.ts';
import { randomFromSeed, sampleNormal } from '../../../../src/math/index.ts';

const alarmsOf = <S>(detector: Detector<S>, next: () => number, n: number): readonly number[] => {
  const alarms: number[] = [];
  let state = detector.start();
  for (let at = 0; at < n; at++) {
    const detected = detector.update(state, next());
    state = detected.state;
    if (detected.alarm !== null) alarms.push(at);
  }
  return alarms;
};

const normals = (seed: number): (() => number) => {
  const random = randomFromSeed(seed);
  return () => sampleNormal(random);
};

describe('the false-alarm rate that is set', () => {
  const sizes = { reference: 200, window: 100, every: 50 };
  const perSet = 100;
  const n = 200_000;

  it.each<[string, Detector<unknown>]>([
    ['ks', ksDetector({ ...sizes, falseAlarmsPer100k: perSet }) as Detector<unknown>],
    ['psi', psiDetector({ ...sizes, leastPsi: 0, falseAlarmsPer100k: perSet }) as Detector<unknown>],
    ['kswin', kswin({ window: 300, recent: 100, every: 50, alpha: 0.05 }) as Detector<unknown>],
  ])(
    'holds for %s, and is not far from used',
    (_name, detector) => {
      const alarms = alarmsOf(detector, normals(2), n).length;
      expect(alarms).toBeLessThanOrEqual((perSet * n) / 100_000);
      expect(alarms).toBeGreaterThan((perSet * n) / 100_000 / 12);
    },
    30_000,
  );
});

describe('looks', () => {
  it('come only when reference and window are full, and then every so many values', () => {
    const step = (at: number): number => (at < 100 ? at / 100 : 50 + at);
    let at = 0;
    const alarms = alarmsOf(ksDetector({ reference: 100, window: 40, every: 20 }), () => step(at++), 139);
    expect(alarms).toEqual([]);
    at = 0;
    expect(alarmsOf(ksDetector({ reference: 100, window: 40, every: 20 }), () => step(at++), 141)).toEqual([
      139,
    ]);
  });

  it('of KSWIN begin with the first full window', () => {
    let at = 0;
    const jump = (): number => (at++ < 60 ? at / 100 : 50 + at);
    expect(alarmsOf(kswin({ window: 100, recent: 40, every: 5 }), jump, 100)).toEqual([99]);
  });
});

describe('KSWIN', () => {
  it('takes a distance up to .1 for none, however significant', () => {
    let at = 0;
    // Two thousand values around 0, then as many with one in twenty far out: D = .05, far beyond the level.
    const creeping = (): number => (at++ < 2000 ? at / 4000 : at % 20 === 0 ? 9 : (at - 2000) / 4000);
    const detector = kswin({ window: 4000, recent: 2000, every: 1000, alpha: 0.4 });
    expect(alarmsOf(detector, creeping, 4000)).toEqual([]);
  });
});

describe('a change of spread alone', () => {
  it('is seen by the tests of distributions', () => {
    for (const detector of [ksDetector(), psiDetector(), kswin()] as Detector<unknown>[]) {
      const z = normals(4);
      let at = 0;
      const alarms = alarmsOf(detector, () => z() * (at++ < 2500 ? 1 : 4), 4000);
      expect(alarms[0]).toBeGreaterThanOrEqual(2500);
    }
  });
});

describe('the anomaly window', () => {
  it('excludes the tested value: a spike is judged by what came before it', () => {
    let at = 0;
    const spiky = (): number => (at++ === 60 ? 100 : at % 5);
    expect(alarmsOf(madAnomaly({ window: 50, least: 50 }), spiky, 120)).toEqual([60]);
  });

  it('excludes it from mean and spread too: among nine values with it no z would reach 3', () => {
    let at = 0;
    const spiky = (): number => (at++ === 60 ? 100 : at % 4);
    expect(alarmsOf(zScoreAnomaly({ window: 8, least: 8 }), spiky, 100)).toEqual([60]);
  });

  it('holds the newest values, in order of arrival and of size, ties and all', () => {
    const detector = madAnomaly({ window: 20, least: 5 });
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -9, max: 9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), (values) => {
        const state = values.reduce((before, x) => detector.update(before, x).state, detector.start());
        expect(state.window).toEqual(values.slice(-20));
        expect(state.sorted.map((x) => x + 0)).toEqual(
          values
            .slice(-20)
            .toSorted((a, b) => a - b)
            .map((x) => x + 0),
        );
      }),
      { numRuns: 200, seed: 8 },
    );
  });

  it('judges nothing before it has seen enough', () => {
    let at = 0;
    const early = (): number => (at++ === 20 ? 100 : at % 5);
    expect(alarmsOf(madAnomaly({ window: 50, least: 30 }), early, 60)).toEqual([]);
    at = 0;
    expect(alarmsOf(madAnomaly({ window: 50, least: 20 }), early, 60)).toEqual([20]);
  });
});

describe('the recommended settings', () => {
  it.each<[string, Detector<unknown>, number]>([
    ['ADWIN', standardised(adwin()) as Detector<unknown>, 1],
    ['learned CUSUM', learnedCusum() as Detector<unknown>, 40],
    ['Page-Hinkley', standardised(pageHinkley()) as Detector<unknown>, 40],
  ])('of %s are wrong no more often than told in 200,000 values', (_name, detector, most) => {
    expect(alarmsOf(detector, normals(12), 200_000).length).toBeLessThanOrEqual(most);
  });

  it('of Page-Hinkley are wrong less often than the customary ones', () => {
    const ours = alarmsOf(standardised(pageHinkley()), normals(6), 200_000).length;
    const customary = alarmsOf(pageHinkley(RIVER_PAGE_HINKLEY), normals(6), 200_000).length;
    expect(customary).toBeGreaterThan(2 * ours);
  });
});
