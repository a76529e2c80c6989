import { describe, expect, it } from 'vitest';
import {
  routeRequest,
  trainRouter,
  type Router,
  type RouterOptions,
} from '../../../../src/decision/index.ts';
import { BOOST_OPTIONS } from '../../../../src/decision/routing/boosting/boost.ts';
import { crossFit, expectAt } from '../../../../src/decision/routing/cross-fit.ts';
import { chooseTradeOff, differenceOf, pickRoute } from '../../../../src/decision/routing/trade-off.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { ENCODING, MODELS, outcomesOf } from './world.ts';

const OPTIONS: RouterOptions = { encoding: ENCODING, models: MODELS, incumbent: 'large' };

const trained = (options: Partial<RouterOptions> = {}, outcomes = outcomesOf(1, 400)): Router => {
  const found = trainRouter(outcomes, { ...OPTIONS, ...options }, randomFromSeed(7));
  if (!found.ok) throw new Error(found.reason);
  return found.value;
};

const routeOf = (router: Router, features: readonly number[], available?: readonly string[]) =>
  routeRequest(router, { encoding: ENCODING, features, ...(available && { available }) });

describe('a learned router', () => {
  const router = trained();

  it('sends short requests to the cheap model and keeps long ones with the incumbent', () => {
    const short = routeOf(router, [0.2, 0.5]);
    expect(short.model).toBe('small');
    expect(short.reason).toMatch(/^quality [+-]\d+\.\d points of large, cost \S+ USD \(\S+\)$/u);
    expect(short.expectedCostUsd).toBeLessThan(0.1 * short.incumbentCostUsd);
    const long = routeOf(router, [0.8, 0.5]);
    expect(long.model).toBe('large');
    expect(long.reason).toBe('nothing is worth more');
    expect(Math.abs(long.expectedQuality - 0.85)).toBeLessThan(0.1);
  });

  it('tells what it did on requests it had not learned from', () => {
    const { validation, calibration } = router;
    expect(validation.queries).toBe(400);
    expect(validation.savedShare).toBeGreaterThan(0.1);
    expect(validation.qualityDifference - 0.5 * validation.standardError).toBeGreaterThanOrEqual(-1e-12);
    expect(calibration.n).toBe(1200);
    expect(calibration.calibrationError).toBeLessThan(0.06);
    // The true rates, were they known, would score .170.
    expect(calibration.brier).toBeGreaterThan(0.15);
    expect(calibration.brier).toBeLessThan(0.2);
  });

  it('keeps its promise on requests that come later', () => {
    const later = outcomesOf(99, 2000, MODELS, 'later');
    let [quality, cost, before, beforeCost] = [0, 0, 0, 0];
    for (let i = 0; i < later.length; i += 3) {
      const { model } = routeOf(router, later[i]!.features);
      const answer = later[i + MODELS.indexOf(model)]!;
      quality += answer.quality;
      cost += answer.costUsd;
      before += later[i]!.quality;
      beforeCost += later[i]!.costUsd;
    }
    expect((quality - before) / 2000).toBeGreaterThan(-0.02);
    expect(1 - cost / beforeCost).toBeGreaterThan(0.25);
  });

  it('is the same for the same seed whatever the order of outcomes, and after JSON', () => {
    expect(trained({}, outcomesOf(1, 400).toReversed())).toEqual(router);
    const restored = JSON.parse(JSON.stringify(router)) as Router;
    expect(restored).toEqual(router);
    expect(routeOf(restored, [0.3, 0.3])).toEqual(routeOf(router, [0.3, 0.3]));
  });

  it('uses what is available', () => {
    expect(routeOf(router, [0.2, 0.5], ['large', 'odd']).model).toBe('large');
    expect(routeOf(router, [0.8, 0.5], ['odd', 'small']).model).toBe('odd');
    expect(() => routeOf(router, [0.8, 0.5], ['unknown'])).toThrow(/^available must/u);
  });

  it('refuses features of another encoding, length or none', () => {
    expect(() => routeRequest(router, { encoding: 'other', features: [0.1, 0.1] })).toThrow(
      /^encoding must be/u,
    );
    expect(() => routeOf(router, [0.1])).toThrow(/^features must be 2/u);
    expect(() => routeOf(router, [0.1, Number.NaN])).toThrow(/^features must be 2/u);
  });

  it('stays with the incumbent where nothing saves at no loss', () => {
    const outcomes = outcomesOf(1, 400).map((outcome) =>
      outcome.model === 'large' ? { ...outcome, quality: 1 } : { ...outcome, quality: 0 },
    );
    const stubborn = trained({}, outcomes);
    expect(stubborn.qualityPerUsd).toBeNull();
    expect(stubborn.validation.savedShare).toBe(0);
    expect(routeOf(stubborn, [0.2, 0.5])).toMatchObject({
      model: 'large',
      reason: 'no trade-off kept the quality of the incumbent',
    });
  });

  it('asks for more proof when told to be safer', () => {
    const [bold, safe] = [trained({ safety: 0 }), trained({ safety: 3 })];
    expect(safe.validation.savedShare).toBeLessThanOrEqual(bold.validation.savedShare);
    expect(safe.validation.qualityDifference).toBeGreaterThanOrEqual(
      3 * safe.validation.standardError - 1e-12,
    );
  });

  it('learns from requests that only some models answered', () => {
    const holey = outcomesOf(1, 600).filter(({ model, queryId }) => model !== 'odd' || queryId.endsWith('0'));
    expect(routeOf(trained({}, holey), [0.2, 0.5]).model).toBe('small');
    expect(trained({}, holey).validation.queries).toBe(60);
  });

  it('is undefined with too few outcomes of a model', () => {
    const few = outcomesOf(1, 100).filter(({ model, queryId }) => model !== 'odd' || queryId.length < 3);
    expect(trainRouter(few, OPTIONS, randomFromSeed(1))).toEqual({
      ok: false,
      reason: 'fewer than 30 outcomes of a model',
    });
    expect(trainRouter([], OPTIONS, randomFromSeed(1)).ok).toBe(false);
  });

  it('refuses outcomes that contradict themselves by name', () => {
    const good = outcomesOf(1, 2);
    const run = (outcomes: typeof good) => () => trainRouter(outcomes, OPTIONS, randomFromSeed(1));
    expect(run([...good, good[0]!])).toThrow(/^outcomes\[6\] must be the only answer of large to q0/u);
    expect(run([good[0]!, { ...good[1]!, features: [0, 0] }])).toThrow(
      /^outcomes\[1\]\.features must be those/u,
    );
    expect(run([good[0]!, { ...good[1]!, features: [0] }])).toThrow(/^outcomes\[1\]\.features must be 2/u);
    expect(run([{ ...good[0]!, quality: 1.5 }])).toThrow(/^outcomes\[0\]\.quality must/u);
    expect(run([{ ...good[0]!, costUsd: -1 }])).toThrow(/^outcomes\[0\]\.costUsd must/u);
  });
});

describe('the choice of a route', () => {
  const expected = { quality: [0.8, 0.78, 0.9, 0.5], costUsd: [0.005, 0.001, 0.02, 0.0001] };
  const pick = (qualityPerUsd: number | null, tolerance = 0.05): number =>
    pickRoute(expected, { incumbent: 0, qualityPerUsd, tolerance });

  it('follows the price, within the tolerance', () => {
    expect(pick(0)).toBe(2);
    expect(pick(4)).toBe(2);
    expect(pick(10)).toBe(1);
    expect(pick(1e6)).toBe(1);
    expect(pick(1e6, 0.3)).toBe(3);
    expect(pick(1e6, 0)).toBe(0);
    expect(pick(null)).toBe(0);
  });

  it('breaks ties to the lowest', () => {
    const tied = { quality: [0.5, 0.5], costUsd: [0.1, 0.1] };
    expect(pickRoute(tied, { incumbent: 1, qualityPerUsd: 1, tolerance: 0 })).toBe(0);
  });
});

describe('a paired difference', () => {
  it('is what the formula says', () => {
    const table = {
      quality: [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      costUsd: [
        [2, 1],
        [2, 1],
        [4, 1],
      ],
    };
    const found = differenceOf(table, [1, 1, 1], [0, 0, 0]);
    expect(found).toEqual({
      queries: 3,
      qualityDifference: 0,
      standardError: Math.sqrt(1 / 3),
      savedShare: 1 - 3 / 8,
    });
  });
});

describe('the choice of the price', () => {
  const rows = Array.from({ length: 100 }, (_, i) => i);
  const table = (qualityOfCheap: (i: number) => number) => ({
    queryIds: rows.map(String),
    x: rows.map(() => [0]),
    quality: rows.map((i) => [i % 10 === 0 ? 0 : 1, qualityOfCheap(i)]),
    costUsd: rows.map(() => [0.01, 0.001]),
  });
  // The predictors think that both are as good.
  const expected = rows.map(() => ({ quality: [0.9, 0.9], costUsd: [0.01, 0.001] }));
  const options = { incumbent: 0, tolerance: 1, safety: 0.5 };

  it('believes outcomes, not expectations: no price where the cheap model is worse', () => {
    const found = chooseTradeOff(
      table((i) => (i % 10 < 2 ? 0 : 1)),
      expected,
      options,
    );
    expect(found).toEqual({
      qualityPerUsd: null,
      difference: { queries: 100, qualityDifference: 0, standardError: 0, savedShare: 0 },
    });
  });

  it('takes a price where it is as good, and none when proof is asked that there is not', () => {
    const same = chooseTradeOff(
      table((i) => (i % 10 === 0 ? 0 : 1)),
      expected,
      options,
    );
    expect(same.difference.savedShare).toBeCloseTo(0.9, 12);
    // As good on average, failing on others: a difference of 0 with an error around it.
    const other = table((i) => (i % 10 === 1 ? 0 : 1));
    expect(chooseTradeOff(other, expected, options).qualityPerUsd).toBeNull();
    expect(chooseTradeOff(other, expected, { ...options, safety: 0 }).difference.savedShare).toBeCloseTo(
      0.9,
      12,
    );
  });

  it('wants enough requests that every model answered', () => {
    const same = table((i) => (i % 10 === 0 ? 0 : 1));
    const holey = { ...same, quality: same.quality.map((row, i) => (i < 29 ? row : [row[0]!, null])) };
    expect(chooseTradeOff(holey, expected, options).qualityPerUsd).toBeNull();
  });
});

describe('cross-fitted predictors', () => {
  it('predict each request without having seen it: noise cannot be predicted', () => {
    const random = randomFromSeed(5);
    const x = Array.from({ length: 200 }, () => [random.next()]);
    const quality = x.map(() => [random.next() < 0.5 ? 1 : 0]);
    const table = { queryIds: x.map((_, i) => `${i}`), x, quality, costUsd: x.map(() => [1]) };
    const wild = { ...BOOST_OPTIONS, trees: 20, depth: 6, minLeafRows: 1, shrinkage: 0.5, lambda: 0.1 };
    const { outOfFold } = crossFit(table, 5, wild, randomFromSeed(1));
    const brier = quality.reduce((sum, [y], i) => sum + (y! - outOfFold[i]!.quality[0]!) ** 2, 0) / 200;
    expect(brier).toBeGreaterThan(0.24);
  });

  it('never expect a cost below 0', () => {
    const flat = (target: 'rate' | 'mean', base: number) => ({
      target,
      features: 1,
      base: [base],
      scale: [1],
      trees: [],
    });
    expect(expectAt({ quality: flat('rate', 0), cost: flat('mean', -1) }, [0])).toEqual({
      quality: [0.5],
      costUsd: [0],
    });
  });
});
