/** Settings to try: inside the ranges, spread, never much traffic for what nobody tried; and which are put out, rightly. */
import { describe, expect, it } from 'vitest';
import { experimentInputSchema } from '../../../src/domain/experiment.ts';
import {
  isWithin,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterRanges,
} from '../../../src/domain/parameter.ts';
import { TASK_TYPES, TUNING_MODES } from '../../../src/domain/task-type.ts';
import { randomFromSeed, sampleBinomial } from '../../../src/math/index.ts';
import { parameterExperiment } from '../../../src/strategies/index.ts';
import type { LearnedOutcome } from '../../../src/strategies/learning/index.ts';
import {
  proposeParameters,
  TASK_DEFAULTS,
  type ParameterQuestion,
} from '../../../src/strategies/parameters/index.ts';
import { armsLeft, foldElimination, startElimination } from '../../simulation/tuning/elimination.ts';
import { weightsOfThoseLeft } from '../../simulation/tuning/weights-of-those-left.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const ranges: ParameterRanges = {
  temperature: [0, 1],
  topP: [0.7, 1],
  topK: [1, 100],
  maxTokens: [256, 4_096],
  frequencyPenalty: [0, 1],
  presencePenalty: [-0.5, 0.5],
};
const question: ParameterQuestion = {
  serviceId: 'bot',
  taskType: 'code',
  mode: 'balanced',
  ranges,
  current: { model: 'm', temperature: '0.7', max_tokens: '1024' },
  untriedPct: 5,
  learned: [],
  nowMs: NOW,
  seed: 1,
};
const outcome = (
  origin: string,
  result: LearnedOutcome['result'],
  more: Partial<LearnedOutcome> = {},
): LearnedOutcome => ({
  serviceId: 'bot',
  experiment: `e-${origin}`,
  variant: 'p1',
  what: 'parameters',
  origin,
  taskType: 'code',
  result,
  effect: null,
  atMs: NOW - 30 * DAY,
  ...more,
});
const proposalOf = (more: Partial<ParameterQuestion> = {}) => {
  const proposal = proposeParameters({ ...question, ...more });
  if (proposal.kind !== 'proposal') throw new Error(proposal.reason);
  return proposal;
};

describe('proposed settings', () => {
  it('lie in the ranges, differ from what is served and from each other, in every mode and for every seed', () => {
    for (const mode of TUNING_MODES) {
      for (let seed = 1; seed <= 40; seed++) {
        const { settings, weights } = proposalOf({ mode, seed });
        expect(settings).toHaveLength({ explore: 4, balanced: 3, exploit: 2 }[mode]);
        expect(new Set(settings.map(({ change }) => JSON.stringify(change))).size).toBe(settings.length);
        const outside = settings.flatMap(({ change }) =>
          PARAMETER_NAMES.filter((name) => {
            const value = change[name];
            const [low, high] = ranges[name]!;
            return (
              value !== undefined && !(value >= low && value <= high && isWithin(value, PARAMETERS[name]))
            );
          }),
        );
        expect(outside).toEqual([]);
        expect(settings.some(({ change }) => change.temperature === 0.7 || change.maxTokens === 1_024)).toBe(
          false,
        );
        const shares = Object.values(weights);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        expect(Math.max(...settings.map(({ id }) => weights[id]!))).toBeLessThanOrEqual(0.05);
      }
    }
  });

  it('are one in each quarter of every range when exploring', () => {
    const { settings } = proposalOf({
      mode: 'explore',
      ranges: { temperature: [0, 1] },
      current: { model: 'm' },
    });
    const quarters = settings.map(({ change }) => Math.min(3, Math.floor(4 * change.temperature!)));
    expect(quarters.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('begin with the usual setting of the task', () => {
    expect(proposalOf().settings[0]!.change).toEqual({
      temperature: 0.2,
      topP: 0.95,
      topK: 40,
      maxTokens: 2_048,
      frequencyPenalty: 0,
      presencePenalty: 0,
    });
  });

  it('stay near the best one known when exploiting', () => {
    const learned = [
      outcome('temperature=0.3', 'won'),
      outcome('temperature=0.9', 'lost', { serviceId: 'other' }),
    ];
    const { settings } = proposalOf({
      mode: 'exploit',
      ranges: { temperature: [0, 1] },
      learned,
      current: { model: 'm', temperature: '1' },
    });
    for (const { change } of settings.slice(1)) {
      expect(Math.abs(change.temperature! - 0.3)).toBeLessThanOrEqual(0.15);
    }
  });

  it('leave out what failed here, and wait longer after each experiment without a win', () => {
    const lost = outcome('temperature=0.2', 'lost', { atMs: NOW - DAY });
    expect(proposeParameters({ ...question, learned: [lost] })).toMatchObject({
      kind: 'exhausted',
      nextMs: NOW + 6 * DAY,
    });
    const twice = [lost, outcome('temperature=0.4', 'undecided', { atMs: NOW - 3 * DAY })];
    expect(proposeParameters({ ...question, learned: twice })).toMatchObject({ nextMs: NOW + 13 * DAY });
    const elsewhere = outcome('temperature=0.2', 'lost', { serviceId: 'other' });
    expect(proposalOf({ learned: [elsewhere] }).settings).toHaveLength(3);
  });

  it('give a setting that did no harm here an equal share', () => {
    const ofCode = 'temperature=0.2 topP=0.95 topK=40 maxTokens=2048 frequencyPenalty=0 presencePenalty=0';
    const { settings, weights } = proposalOf({ learned: [outcome(ofCode, 'won')] });
    expect(settings[0]).toMatchObject({ id: 'p1', isTried: true });
    expect(weights).toEqual({ control: expect.closeTo(0.65, 12), p1: 0.25, p2: 0.05, p3: 0.05 });
    expect(weightsOfThoseLeft('control', settings, ['p1', 'p3'], 5)).toEqual({ control: 0.95, p2: 0.05 });
  });

  it('are none without ranges, or when the ranges leave nothing else', () => {
    expect(proposeParameters({ ...question, ranges: {} })).toMatchObject({ kind: 'exhausted', nextMs: null });
    const only = { ...question, ranges: { topK: [1, 1] as const } };
    expect(proposeParameters(only)).toMatchObject({ kind: 'exhausted' });
  });

  it('become the input of an experiment that is accepted', () => {
    const asked = { serviceId: 'bot', taskType: 'code' as const, mark: 7, untriedPct: 5, by: 'ann' };
    const input = parameterExperiment(asked, proposalOf());
    expect(experimentInputSchema.parse(input)).toMatchObject({
      name: 'parameters-code-7',
      allocation: 'elimination',
      caps: { p1: 0.05, p2: 0.05, p3: 0.05 },
    });
    const ofCost = parameterExperiment({ ...asked, costDecides: true }, proposalOf());
    expect(experimentInputSchema.parse(ofCost)).toMatchObject({ allocation: 'fixed' });
    expect(ofCost).not.toHaveProperty('caps');
  });

  it('take no share of nonsense', () => {
    expect(() => proposeParameters({ ...question, untriedPct: 0 })).toThrow(/^untriedPct must be/u);
  });
});

it.each(TASK_TYPES)('the usual setting for %s is one that a change may set', (taskType) => {
  for (const name of PARAMETER_NAMES) {
    expect(isWithin(TASK_DEFAULTS[taskType][name] ?? Number.NaN, PARAMETERS[name])).toBe(true);
  }
});

/** Blocks of unequal arms over a base rate that drifts; arms that are out take no part. */
const ends = (rates: Readonly<Record<string, number>>, runs: number, blocks: number) =>
  Array.from({ length: runs }, (_, seed) => {
    const random = randomFromSeed(seed + 1);
    let state = startElimination(Object.keys(rates), 0.05);
    for (let no = 1; no <= blocks && armsLeft(state).length > 1; no++) {
      const drift = 0.15 * Math.sin(no / 5);
      const arms = Object.fromEntries(
        armsLeft(state).map((arm, i) => {
          const n = i === 0 ? 60 : 20 + (no % 7);
          return [arm, { n, successes: sampleBinomial(n, rates[arm]! + drift, random) }];
        }),
      );
      state = foldElimination(state, { no, arms });
    }
    return armsLeft(state);
  });

describe('elimination', () => {
  it('puts the best of equal arms out in at most 5 % of runs, under drift and unequal shares', () => {
    const runs = ends({ a: 0.5, b: 0.5, c: 0.5, d: 0.5 }, 300, 60);
    for (const arm of ['a', 'b', 'c', 'd']) {
      expect(runs.filter((left) => !left.includes(arm)).length / runs.length).toBeLessThanOrEqual(0.05);
    }
  });

  it('puts out what is worse, and keeps the best', () => {
    const runs = ends({ a: 0.5, b: 0.2, c: 0.7 }, 60, 120);
    expect(runs.filter((left) => left.join() === 'c').length).toBeGreaterThanOrEqual(57);
    expect(runs.every((left) => left.includes('c'))).toBe(true);
  });

  it('counts a block once', () => {
    const block = { no: 1, arms: { a: { n: 50, successes: 5 }, b: { n: 50, successes: 45 } } };
    const once = foldElimination(startElimination(['a', 'b'], 0.05), block);
    expect(foldElimination(once, block)).toBe(once);
  });

  it.each([
    [['a'], 0.05, /^arms must be two or more/u],
    [['a', 'a'], 0.05, /^arms must be/u],
    [['a', 'b'], 1, /^alpha must be between/u],
  ])('of %j at %j is refused', (arms, alpha, message) => {
    expect(() => startElimination(arms, alpha)).toThrow(message);
  });
});
