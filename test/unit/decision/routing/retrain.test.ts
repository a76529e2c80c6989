import { describe, expect, it } from 'vitest';
import {
  retrainRouter,
  trainRouter,
  type Router,
  type RoutingOutcome,
} from '../../../../src/decision/index.ts';
import { queryMark } from '../../../../src/decision/routing/query-mark.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { ENCODING, MODELS, outcomesOf } from './world.ts';

const BOOSTING = {
  trees: 25,
  depth: 2,
  shrinkage: 0.15,
  subsample: 0.7,
  lambda: 5,
  minLeafRows: 15,
  bins: 16,
};

const routerOf = (outcomes: readonly RoutingOutcome[], models = MODELS): Router => {
  const options = { encoding: ENCODING, models, incumbent: 'large', boosting: BOOSTING };
  const found = trainRouter(outcomes, options, randomFromSeed(1));
  if (!found.ok) throw new Error(found.reason);
  return found.value;
};

const FIRST = outcomesOf(1, 300);
const current = routerOf(FIRST);
const options = { models: MODELS, incumbent: 'large', boosting: BOOSTING };

describe('retraining', () => {
  it('takes the new router where the world has a better model now', () => {
    const models = [...MODELS, 'newcomer'];
    const fresh = outcomesOf(2, 500, models, 'new');
    const { kept, reason, comparison, router } = retrainRouter(
      current,
      fresh,
      { ...options, models },
      randomFromSeed(3),
    );
    expect(kept).toBe('retrained');
    expect(reason).toMatch(/^worth \S+ more a request over \d+ requests that neither has seen$/u);
    expect(router.models).toEqual(models);
    expect(comparison!.worthLower).toBeGreaterThan(0);
    expect(comparison!.savedShare).toBeGreaterThan(0.5);
    expect(comparison!.queries).toBeGreaterThan(150);
    expect(comparison!.queries).toBeLessThan(250);
    expect(comparison!.calibration.retrained.calibrationError).toBeLessThan(0.1);
  });

  it('keeps the old one in the same world', () => {
    const good = routerOf(outcomesOf(9, 1500));
    const done = Array.from({ length: 20 }, (_, seed) =>
      retrainRouter(good, outcomesOf(100 + seed, 250, MODELS, `s${seed}-`), options, randomFromSeed(seed)),
    );
    const stayed = done.filter(({ kept }) => kept === 'current');
    expect(stayed.length).toBeGreaterThanOrEqual(17);
    for (const { router, reason } of stayed) {
      expect(router).toEqual({ ...good, seen: router.seen });
      expect(reason).toBe('not better on requests that neither has seen');
    }
  });

  it('judges by requests that neither has seen, and by none of them twice', () => {
    const none = retrainRouter(current, FIRST, options, randomFromSeed(4));
    expect(none).toMatchObject({ kept: 'current', comparison: null });
    expect(none.reason).toMatch(/^fewer than 30 requests that neither has seen/u);

    const fresh = outcomesOf(5, 200, MODELS, 'new');
    const once = retrainRouter(current, [...FIRST, ...fresh], options, randomFromSeed(5));
    expect(once.comparison!.queries).toBeLessThan(120);
    expect(once.comparison!.queries).toBeGreaterThan(50);
    const marks = new Set(once.router.seen);
    for (const { queryId } of [...FIRST, ...fresh]) expect(marks.has(queryMark(queryId))).toBe(true);
    expect(
      retrainRouter(once.router, [...FIRST, ...fresh], options, randomFromSeed(6)).comparison,
    ).toBeNull();
  });

  it('keeps the old one when there is too little to train on', () => {
    const done = retrainRouter(current, outcomesOf(8, 20, MODELS, 'few'), options, randomFromSeed(1));
    expect(done).toMatchObject({
      kept: 'current',
      reason: 'fewer than 30 outcomes of a model',
      comparison: null,
    });
  });

  it('refuses features that the current router could not read', () => {
    const narrow = outcomesOf(8, 50).map((outcome) => ({ ...outcome, features: [1] }));
    expect(() => retrainRouter(current, narrow, options, randomFromSeed(1))).toThrow(
      /^outcomes\[0\]\.features must be 2/u,
    );
  });
});

describe('the mark of a request', () => {
  it('is a number of 32 bits that hardly ever repeats', () => {
    const marks = Array.from({ length: 5000 }, (_, i) => queryMark(`gsm:${i}`));
    expect(new Set(marks).size).toBeGreaterThan(4997);
    expect(marks.every((mark) => Number.isInteger(mark) && mark >= 0 && mark < 2 ** 32)).toBe(true);
    expect(queryMark('gsm:0')).toBe(queryMark('gsm:0'));
  });
});
