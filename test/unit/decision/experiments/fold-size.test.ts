/** How evidence is cut into blocks: by the plan alone, so that much traffic does not reach the cap before anything can be proven. */
import { describe, expect, it } from 'vitest';
import { foldMsOf, judgeLook, pieceMsOf } from '../../../../src/decision/index.ts';
import { arm, LOOK_MS, planOf, startOf } from './support.ts';

const MINUTE_MS = 60_000;
const BLOCKS = { blockMs: MINUTE_MS, lookMs: LOOK_MS };

describe('the length of a block', () => {
  it.each([
    ['little traffic: a whole look', 100, 1251, LOOK_MS],
    ['some 100 labels per arm', 4200, 2000, MINUTE_MS],
    ['never less than the blocks of the store', 1_000_000, 2000, MINUTE_MS],
    ['no traffic: a whole look', 0, 1251, LOOK_MS],
    ['a small experiment: fewer, but at least twenty', 600, 200, 2 * MINUTE_MS],
  ] as const)('%s', (_, labelsPerHour, nFixPerArm, expected) => {
    expect(foldMsOf({ labelsPerHour, nFixPerArm }, BLOCKS)).toBe(expected);
  });

  it('is a whole multiple after an outage, so that a look folds sixty at most', () => {
    expect(pieceMsOf(MINUTE_MS, LOOK_MS)).toBe(MINUTE_MS);
    expect(pieceMsOf(MINUTE_MS, 60 * MINUTE_MS)).toBe(MINUTE_MS);
    expect(pieceMsOf(MINUTE_MS, 61 * MINUTE_MS)).toBe(2 * MINUTE_MS);
  });
});

describe('a look with more labels than the cap', () => {
  const perMinute = 70;
  const lookOf = (good: number, pieceMs: number) =>
    Array.from({ length: LOOK_MS / pieceMs }, (_, i) => {
      const n = (perMinute * pieceMs) / MINUTE_MS;
      const arms = { control: arm(n, n * 0.5), concise: arm(n, n * good) };
      const window = { fromMs: i * pieceMs, toMs: (i + 1) * pieceMs, arms };
      return { window, weights: { control: 0.5, concise: 0.5 } };
    });
  const plan = planOf({ nFixPerArm: 388, capPerArm: 1000 });
  const outcomeOf = (good: number, foldMs: number) =>
    judgeLook({ plan, state: startOf(plan), windows: lookOf(good, foldMs), weights: {} }).verdict.outcome;
  const sizing = { labelsPerHour: perMinute * 60, nFixPerArm: 388 };

  it.each([
    [0.7, 'winner'],
    [0.3, 'harm'],
  ] as const)('finds a variant with %d good answers of one: %s', (good, expected) => {
    expect(outcomeOf(good, foldMsOf(sizing, BLOCKS))).toBe(expected);
  });
});
