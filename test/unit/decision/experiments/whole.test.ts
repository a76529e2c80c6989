import { describe, expect, it } from 'vitest';
import { randomFromSeed } from '../../../../src/math/index.ts';
import { findParaphrase } from '../../../simulation/experiments/find-paraphrase.ts';
import { EQUAL_ARMS, equalFigures } from '../../../simulation/experiments/equal-arms.ts';
import { playOnQuestions } from '../../../simulation/experiments/on-questions.ts';
import { planFor, playExperiment } from '../../../simulation/experiments/play.ts';
import { recordedParaphrases, recordedQuestions } from '../../../simulation/experiments/recordings.ts';
import { independentUnits } from '../../../simulation/experiments/world.ts';

describe('whole experiments through the reducer, few runs', () => {
  const { plan, unitsPerMs } = planFor({ base: 0.7, lift: 0.05, allocation: 'fixed' });
  const play = (variant: number, seed: number) =>
    playExperiment(plan, independentUnits({ control: 0.7, variant }, unitsPerMs, randomFromSeed(seed)));

  it('a large lift is adopted before the fixed size, and its rollout begins', () => {
    const state = play(0.82, 1);
    expect(state.outcome).toBe('adopted');
    expect(state.looks).toBeLessThan(20);
    expect(state.graduation).not.toBeNull();
    expect(state.conclusion?.sentence).toMatch(/^variant is better than what is live: quality 0\.8/u);
  });

  it('a loss is not, and nothing goes on for ever', () => {
    expect(['keptControl', 'harmed']).toContain(play(0.6, 2).outcome);
    const equal = play(0.7, 3);
    expect(equal.outcome).toBe('noDifference');
    expect(equal.verdict!.perVariant[0]!.labels.control).toBeGreaterThanOrEqual(plan.design.capPerArm);
  });

  it('is the same for the same seed', () => {
    expect(play(0.75, 5)).toEqual(play(0.75, 5));
  });

  it('Thompson moves the weights through the reducer, and every period is folded', () => {
    const adaptive = planFor({ base: 0.5, lift: 0.05, allocation: 'thompson' });
    const world = independentUnits({ control: 0.5, variant: 0.58 }, adaptive.unitsPerMs, randomFromSeed(6));
    const state = playExperiment(adaptive.plan, world);
    expect(state.periods.length).toBeGreaterThan(2);
    expect(state.totals['variant']!.exposures).toBeGreaterThan(2 * state.totals['control']!.exposures);
    const { control, variant } = state.verdict!.perVariant[0]!.labels;
    expect(control + variant).toBe(state.totals['control']!.labels + state.totals['variant']!.labels);
  });

  it('users that come back count once, and counting every request would show', () => {
    const [once, every] = [EQUAL_ARMS.clustered.play(2, 1), EQUAL_ARMS.everyOutcome.play(3, 1)];
    expect(equalFigures(once).declared).toBe(0);
    expect(equalFigures(every).declared).toBeGreaterThan(0.2);
    expect(equalFigures(EQUAL_ARMS.everyExposure.play(2, 1)).broken).toBeGreaterThan(0);
  });
});

describe('the recordings', () => {
  it('are whole: 21 sets of 100 questions, 17 tasks', () => {
    const questions = recordedQuestions();
    expect(questions).toHaveLength(2100);
    expect(questions.every(({ right }) => Object.values(right).every((n) => n >= 0 && n <= 10))).toBe(true);
    const paraphrases = recordedParaphrases();
    expect(new Set(paraphrases.map(({ task }) => task)).size).toBe(17);
    expect(paraphrases.every(({ accuracies }) => accuracies.every((a) => a >= 0 && a <= 1))).toBe(true);
  });

  it('a heat that ruins the answers is found at once, what is alike is not', () => {
    const hot = recordedQuestions()
      .filter(({ right }) => '1.6' in right)
      .map(({ right }) => ({ cold: right['0.0']! / 10, hot: right['1.6']! / 10 }));
    expect(playOnQuestions(hot, ['cold', 'hot'], 10, randomFromSeed(1)).worse).toEqual(['hot']);
    const alike = hot.map(({ cold }) => ({ cold, again: cold }));
    expect(playOnQuestions(alike, ['cold', 'again'], 10, randomFromSeed(1))).toEqual({
      better: [],
      worse: [],
    });
  });

  it('a search names a paraphrase that is close to the best', () => {
    const rates = [0.2, 0.3, 0.8, 0.4];
    const found = findParaphrase(rates, 'elimination', randomFromSeed(1));
    expect(found).toMatchObject({ behind: 0 });
    expect(found.labels).toBeLessThan(1000);
  });
});
