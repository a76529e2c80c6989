import { describe, expect, it } from 'vitest';
import { spentBy } from '../../../../src/decision/experiments/spent.ts';
import { addToTotals, type Totals } from '../../../../src/decision/experiments/totals.ts';
import type { ExperimentArmWindow } from '../../../../src/domain/experiment-window.ts';
import { randomFromSeed, sampleBinomial } from '../../../../src/math/index.ts';
import { stats } from './support.ts';

/** An arm whose `n` units come with `requests` requests between them. */
const arm = (n: number, quality: number, costUsd: number, requests = n): ExperimentArmWindow => ({
  unitFirst: { quality: stats(n, n * quality) },
  all: { costUsd: stats(requests, requests * costUsd) },
  exposures: n,
  labelled: n,
  providers: ['m'],
});

const folded = (
  blocks: readonly Readonly<Record<string, ExperimentArmWindow>>[],
  newPhaseAt: number = -1,
): Totals =>
  blocks.reduce<Totals>(
    (totals, arms, i) =>
      addToTotals(
        totals,
        { fromMs: i, toMs: i + 1, arms },
        { control: 'control', isNewPhase: i === newPhaseAt },
      ),
    {},
  );

const many = <T>(count: number, of: () => T): readonly T[] => Array.from({ length: count }, of);

describe('what an experiment has cost', () => {
  it.each([
    ['90/10', 90, 10],
    ['10/90', 10, 90],
  ])(
    'equal arms lose and cost nothing where weights go to %s while quality and prices change for all',
    (_, a, b) => {
      const totals = folded([
        ...many(50, () => ({ control: arm(50, 0.6, 0.005), variant: arm(50, 0.6, 0.005) })),
        ...many(50, () => ({ control: arm(a, 0.8, 0.01), variant: arm(b, 0.8, 0.01) })),
      ]);
      const { regret, usd } = spentBy(totals, 'control');
      expect(regret).toBeCloseTo(0, 6);
      expect(usd).toBeCloseTo(0, 9);
    },
  );

  it('every answer counts as lost, not each user once', () => {
    const totals = folded(
      many(20, () => ({ control: arm(50, 0.8, 0.01, 5000), variant: arm(50, 0.7, 0.01, 5000) })),
    );
    const { regret } = spentBy(totals, 'control');
    expect(regret).toBeGreaterThan(9000);
    expect(regret).toBeLessThanOrEqual(10_000);
  });

  it('money and answers that were lost before something else answered stay lost', () => {
    const blocks = many(20, () => ({ control: arm(100, 0.8, 0.01), variant: arm(100, 0.6, 0.03) }));
    const { regret, usd } = spentBy(folded(blocks, 10), 'control');
    expect(usd).toBeCloseTo(20 * 100 * 0.02, 6);
    expect(regret).toBeGreaterThan(380);
  });

  it('is of the answers of control too, where a variant is the best, and one that saves does not pay for another', () => {
    const blocks = many(20, () => ({
      control: arm(100, 0.6, 0.01),
      good: arm(100, 0.8, 0.001),
      dear: arm(100, 0.6, 0.02),
    }));
    const { regret, usd } = spentBy(folded(blocks), 'control');
    expect(regret).toBeGreaterThan(2 * 380);
    expect(regret).toBeLessThanOrEqual(800);
    expect(usd).toBeCloseTo(20, 6);
  });

  it('blocks in which one arm has no answers compare nothing, and their answers count at the difference that is known', () => {
    const blocks = [
      ...many(10, () => ({ control: arm(100, 0.8, 0.01), variant: arm(100, 0.6, 0.01) })),
      ...many(10, () => ({ variant: arm(100, 0.9, 0.01) })),
    ];
    const { regret } = spentBy(folded(blocks), 'control');
    expect(regret).toBeGreaterThan(370);
    expect(regret).toBeLessThanOrEqual(400);
  });

  it('an allocation that follows chance between equal arms, under a daily swing, spends next to nothing', () => {
    const random = randomFromSeed(5);
    const spent = many(200, () => {
      let share = 0.5;
      const blocks = Array.from({ length: 60 }, (_, look) => {
        const quality = 0.7 + 0.2 * Math.sin((2 * Math.PI * look) / 48);
        share = Math.min(0.9, Math.max(0.1, share + 0.1 * (random.next() - 0.5)));
        const n = Math.round(100 * share);
        const draw = (of: number) => arm(of, sampleBinomial(of, quality, random) / of, 0.01);
        return { control: draw(100 - n), variant: draw(n) };
      });
      return spentBy(folded(blocks), 'control').regret;
    }).toSorted((a, b) => a - b);
    expect(spent[100]).toBe(0);
    expect(spent[195]).toBeLessThan(150);
  });

  it('totals of a release before are taken as they are', () => {
    const totals = folded(many(10, () => ({ control: arm(100, 0.8, 0.01), variant: arm(100, 0.6, 0.02) })));
    const { compared: _, ...variant } = totals['variant']!;
    const { regret, usd } = spentBy({ ...totals, variant }, 'control');
    expect(regret).toBeGreaterThan(180);
    expect(usd).toBeCloseTo(10, 6);
  });

  it('totals of a release before go on as they are: few new labels do not stand for all answers since the beginning', () => {
    const equal = () => ({ control: arm(1000, 0.7, 0.01), variant: arm(1000, 0.7, 0.01) });
    const { control, variant } = folded(many(100, equal));
    const { compared: _, ...fromBefore } = variant!;
    const window = {
      fromMs: 100,
      toMs: 101,
      arms: { control: arm(20, 0.9, 0.01), variant: arm(20, 0.5, 0.03) },
    };
    const totals = addToTotals({ control: control!, variant: fromBefore }, window, {
      control: 'control',
      isNewPhase: false,
    });
    const { regret, usd } = spentBy(totals, 'control');
    expect(regret).toBeLessThan(10);
    expect(usd).toBeCloseTo(20 * 0.02, 6);
  });

  it('an arm that begins beside no control is compared from its first window with one', () => {
    const blocks = [
      { variant: arm(100, 0.9, 0.01) },
      ...many(10, () => ({ control: arm(100, 0.8, 0.01), variant: arm(100, 0.6, 0.02) })),
    ];
    expect(folded(blocks)['variant']?.compared?.quality.weight).toBeCloseTo(500, 6);
    expect(spentBy(folded(blocks), 'control').usd).toBeCloseTo(11, 6);
  });
});
