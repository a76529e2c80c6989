import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OBJECTIVES } from '../../../../src/analysis/pareto.ts';
import { frontIn } from '../../../../src/analysis/pareto/front.ts';
import { constrainedChoice } from '../../../../src/decision/multi-objective/constrained-choice.ts';
import { weightedChoice } from '../../../../src/decision/multi-objective/weighted-choice.ts';
import { objectiveWeights, WEIGHT_PRESETS } from '../../../../src/decision/multi-objective/weights.ts';

const MODELS = [
  { quality: 0.92, cost: 0.02, latency: 2300 },
  { quality: 0.9, cost: 0.002, latency: 900 },
  { quality: 0.7, cost: 0.0001, latency: 400 },
  { quality: 0.69, cost: 0.0002, latency: 500 },
];
const balanced = { ...WEIGHT_PRESETS.balanced };
const point = fc.record({
  quality: fc.double({ min: 0, max: 1, noNaN: true }),
  cost: fc.integer({ min: 0, max: 9 }),
  latency: fc.integer({ min: 0, max: 9 }),
});
const points = fc.array(point, { minLength: 1, maxLength: 15 });

describe('the weighted choice', () => {
  it('adds each objective as its weighted share, and says so', () => {
    const { chosen, scores, uninformative } = weightedChoice({
      points: MODELS,
      objectives: OBJECTIVES,
      weights: balanced,
    });
    expect(chosen).toBe(1);
    expect(uninformative).toEqual([]);
    const { score, parts } = scores[1]!;
    expect(parts['quality']).toBeCloseTo((0.5 * (0.9 - 0.69)) / (0.92 - 0.69), 12);
    expect(parts['cost']).toBeCloseTo((0.3 * (0.02 - 0.002)) / (0.02 - 0.0001), 12);
    expect(score).toBeCloseTo(parts['quality']! + parts['cost']! + parts['latency']!, 12);
  });
  it('is on the front as long as every weight counts', () => {
    fc.assert(
      fc.property(points, (candidates) => {
        const { chosen, scores } = weightedChoice({
          points: candidates,
          objectives: OBJECTIVES,
          weights: balanced,
        });
        const best = Math.max(...scores.map(({ score }) => score));
        const ties = scores.flatMap(({ score }, i) => (score > best - 1e-12 ? [i] : []));
        expect(frontIn(candidates, OBJECTIVES).some((i) => ties.includes(i))).toBe(true);
        expect(scores[chosen!]!.score).toBe(best);
        expect(scores.every(({ score }) => score >= 0 && score <= 1 + 1e-12)).toBe(true);
      }),
      { seed: 1 },
    );
  });
  it('does not turn between two points for a third when the scales are fixed, and may when they are not', () => {
    const objectives = OBJECTIVES.slice(0, 2);
    const weights = { quality: 0.5, cost: 0.5 };
    const [a, b, third] = [
      { quality: 0.9, cost: 10 },
      { quality: 0.8, cost: 8 },
      { quality: 0.1, cost: 7.9 },
    ];
    const scales = { quality: { worst: 0, best: 1 }, cost: { worst: 20, best: 0 } };
    const chosenOf = (list: readonly (typeof a)[], fixed: boolean) =>
      weightedChoice({ points: list, objectives, weights, ...(fixed ? { scales } : {}) }).chosen;
    expect([chosenOf([a, b], true), chosenOf([a, b, third], true)]).toEqual([0, 0]);
    const costly = { quality: 0.81, cost: 100 };
    expect([chosenOf([b, a], false), chosenOf([b, a, costly], false)]).toEqual([0, 1]);
  });
  it('names objectives that tell nothing, and has no choice of nothing', () => {
    const same = [0.5, 0.6].map((quality) => ({ quality, cost: 3, latency: 1 }));
    const choice = weightedChoice({ points: same, objectives: OBJECTIVES, weights: balanced });
    expect(choice).toMatchObject({ chosen: 1, uninformative: ['cost', 'latency'] });
    expect(weightedChoice({ points: [], objectives: OBJECTIVES, weights: balanced }).chosen).toBeNull();
  });
  it('refuses weights that do not sum to 1 and scales that turn round', () => {
    const base = { points: MODELS, objectives: OBJECTIVES };
    expect(() => weightedChoice({ ...base, weights: { ...balanced, cost: 0.4 } })).toThrow(
      /^weights must sum/,
    );
    expect(() => weightedChoice({ ...base, weights: { quality: 1 } })).toThrow(/^weights\.cost/);
    expect(() => weightedChoice({ ...base, weights: { ...balanced, speed: 0 } })).toThrow(
      /^weights must name/,
    );
    const scales = { cost: { worst: 0, best: 1 } };
    expect(() => weightedChoice({ ...base, weights: balanced, scales })).toThrow(/^scales\.cost/);
  });
});

describe('weights', () => {
  it('are the presets of the contracts, or three that sum to 1', () => {
    expect(objectiveWeights('balanced')).toEqual({ quality: 0.5, cost: 0.3, latency: 0.2 });
    expect(objectiveWeights('quality')).toEqual({ quality: 0.8, cost: 0.15, latency: 0.05 });
    expect(objectiveWeights('cost')).toEqual({ quality: 0.4, cost: 0.5, latency: 0.1 });
    expect(objectiveWeights('latency')).toEqual({ quality: 0.4, cost: 0.3, latency: 0.3 });
    for (const weights of Object.values(WEIGHT_PRESETS)) expect(objectiveWeights(weights)).toEqual(weights);
    expect(() => objectiveWeights({ quality: 0.5, cost: 0.5, latency: 0.5 })).toThrow(
      /^weights must sum to 1/,
    );
    expect(() => objectiveWeights({ quality: 1.2, cost: -0.2, latency: 0 })).toThrow(/^weights\.quality/);
    expect(() => objectiveWeights('toString' as 'cost')).toThrow(/^weights must be/);
  });
});

describe('the constrained choice', () => {
  const choose = (
    limits: Parameters<typeof constrainedChoice>[0]['limits'],
    best = 'quality',
    list = MODELS,
  ) => constrainedChoice({ points: list, objectives: OBJECTIVES, best, limits });
  it('is the best within the limits, and quotes the limit that others break', () => {
    const choice = choose({ cost: { max: 0.01 }, latency: { max: 1000 } });
    expect(choice.chosen).toBe(1);
    expect(choice.objections).toEqual(['cost 0.02 > 0.01', null, null, null]);
    expect(choice.reason).toBe('best quality (0.9): 3 of 4 points keep the limits');
    expect(choose({ quality: { min: 0.9 } }, 'cost').chosen).toBe(1);
  });
  it('is none where nothing keeps the limits', () => {
    expect(choose({ quality: { min: 0.99 } })).toMatchObject({
      chosen: null,
      reason: '0 of 4 points keep the limits',
    });
  });
  it('is never beaten by a point that keeps the limits', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 0, max: 9 }), (list, max) => {
        const { chosen, objections } = choose({ cost: { max } }, 'quality', list);
        const feasible = list.filter((_, i) => objections[i] === null);
        expect(chosen === null).toBe(feasible.length === 0);
        const front = frontIn(feasible, OBJECTIVES).map((i) => feasible[i]);
        expect(chosen === null || front.includes(list[chosen])).toBe(true);
      }),
      { seed: 2 },
    );
  });
  it('refuses limits that cannot be', () => {
    expect(() => choose({ cost: { min: 2, max: 1 } })).toThrow(/^limits\.cost/);
    expect(() => choose({ cost: { max: Number.NaN } })).toThrow(/^limits\.cost/);
    expect(() => choose({ speed: { max: 1 } })).toThrow(/^limits must name/);
    expect(() => choose({}, 'speed')).toThrow(/^best/);
  });
});
