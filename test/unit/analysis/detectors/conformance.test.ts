import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../../../src/analysis/index.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { LEVEL, noisy, UNDER_TEST, type UnderTest } from './under-test.ts';

interface Run {
  readonly alarms: readonly (Alarm & { readonly at: number })[];
  readonly state: unknown;
}

type OnState = (state: unknown, at: number) => unknown;

/** Feeds `values`; `onState` may replace the state before each of them. */
const run = (
  { detector }: UnderTest,
  values: readonly number[],
  onState: OnState = (state) => state,
): Run => {
  const alarms: (Alarm & { at: number })[] = [];
  let state = detector.start();
  values.forEach((value, at) => {
    const detected = detector.update(onState(state, at), value);
    state = detected.state;
    if (detected.alarm !== null) alarms.push({ ...detected.alarm, at });
  });
  return { alarms, state };
};

/** `lengths[i]` values at `levels[i]`. */
const stream = (seed: number, levels: readonly number[], lengths: readonly number[]): readonly number[] => {
  const random = randomFromSeed(seed);
  return levels.flatMap((level, i) => Array.from({ length: lengths[i]! }, () => noisy(random, level)));
};

const frozen = (value: unknown): unknown => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
};

const STABLE = 2500;
const SHIFT = 6;

describe.each(UNDER_TEST)('$name', (underTest) => {
  const { detector, bytes, whenSettled, tellsDirection } = underTest;
  const shifted = stream(3, [LEVEL, LEVEL + SHIFT], [STABLE, 1500]);

  it('goes on after JSON as if nothing had happened', () => {
    const whole = run(underTest, shifted);
    const interrupted = run(underTest, shifted, (state, at) =>
      at % 97 === 0 || at > STABLE ? JSON.parse(JSON.stringify(state)) : state,
    );
    expect(whole.alarms.length).toBeGreaterThan(0);
    expect(interrupted).toEqual(whole);
  });

  it('changes no state that it is given', () => {
    expect(run(underTest, shifted, frozen)).toEqual(run(underTest, shifted));
  });

  it('gives the same for the same values', () => {
    expect(isDeepStrictEqual(run(underTest, shifted), run(underTest, shifted))).toBe(true);
  });

  it.each([Number.NaN, Infinity, -Infinity, 1e101, -1e101])(
    'refuses %d by name, and is as before',
    (value) => {
      for (const at of [0, 1, 700, STABLE + 200]) {
        const { state } = run(underTest, shifted.slice(0, at));
        const before = structuredClone(state);
        expect(() => detector.update(state, value)).toThrow(/^value must be/u);
        expect(() => detector.update(state, value)).toThrow(RangeError);
        expect(state).toEqual(before);
      }
    },
  );

  it('raises nothing on a constant, whatever it is', () => {
    const constants = fc.oneof(
      fc.constantFrom(0, 0.1, 1 / 3, 1e15, 1e100),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    );
    const fitting = underTest.name === 'cusum, given baseline' ? fc.constant(LEVEL) : constants;
    fc.assert(
      fc.property(fitting, (constant) => {
        const { alarms } = run(
          underTest,
          Array.from({ length: 2000 }, () => constant),
        );
        expect(alarms).toEqual([]);
      }),
      { numRuns: 12, seed: 1 },
    );
  });

  it.each([
    ['up', LEVEL + SHIFT],
    ['down', LEVEL - SHIFT],
  ] as const)('sees a large shift %s', (direction, level) => {
    for (const seed of [1, 2, 3]) {
      const { alarms } = run(underTest, stream(seed, [LEVEL, level], [STABLE, 600]));
      const after = alarms.filter(({ at }) => at >= STABLE);
      expect(after.length).toBeGreaterThan(0);
      expect(after[0]!.direction).toBe(tellsDirection ? direction : 'changed');
    }
  });

  it(`${whenSettled === null ? 'goes on telling' : 'goes quiet at the new level after'} a shift`, () => {
    for (const seed of [4, 5]) {
      const { alarms } = run(underTest, stream(seed, [LEVEL, LEVEL - SHIFT], [STABLE, 5000]));
      const late = alarms.filter(({ at }) => at >= STABLE + 3000).length;
      const [least, most] = whenSettled === null ? [100, Infinity] : [0, whenSettled];
      expect(late).toBeGreaterThanOrEqual(least);
      expect(late).toBeLessThanOrEqual(most);
    }
  });

  it('tells why: the reason quotes the statistic and the threshold of the alarm', () => {
    for (const { reason, statistic, threshold } of run(underTest, shifted).alarms) {
      expect(Number.isFinite(statistic) && Number.isFinite(threshold)).toBe(true);
      const told = (reason.match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gu) ?? []).map(Number);
      expect(told).toContain(Number(statistic.toPrecision(4)));
      expect(told).toContain(Number(threshold.toPrecision(4)));
    }
  });

  it('keeps its state bounded over 100,000 values', () => {
    const random = randomFromSeed(9);
    let state = detector.start();
    let largest = 0;
    for (let i = 0; i < 100_000; i++) {
      state = detector.update(state, noisy(random, LEVEL + (i > 50_000 ? SHIFT : 0))).state;
      if (i % 5000 === 4999) largest = Math.max(largest, JSON.stringify(state).length);
    }
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThanOrEqual(bytes);
  }, 60_000);

  it('gives nothing but finite numbers in its state, for values of any size', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e100, noNaN: true }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(values, (some) => {
        const { state } = run(underTest, [...some, ...some, ...some]);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { numRuns: 30, seed: 2 },
    );
  });
});
