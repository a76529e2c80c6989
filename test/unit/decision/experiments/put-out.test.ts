/** Elimination: who is out gets nothing, what they had goes to those that are left, and the rest of the experiment goes on as it would. */
import { describe, expect, it } from 'vitest';
import { judgeLook, type Judgement, type LookInput } from '../../../../src/decision/index.ts';
import { weightsOncePutOut } from '../../../../src/decision/experiments/put-out.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import type { ExperimentRunState, Weights } from '../../../../src/state/experiment/index.ts';
import { planFor, playExperiment } from '../../../simulation/experiments/play.ts';
import { independentUnits } from '../../../simulation/experiments/world.ts';
import { arm, period, planOf, startOf } from './support.ts';

type Status = 'better' | 'worse' | 'undecided';

const EVEN = { control: 0.25, p1: 0.25, p2: 0.25, p3: 0.25 };
const UNTRIED = { control: 0.85, p1: 0.05, p2: 0.05, p3: 0.05 };
const MIXED = { control: 0.4, p1: 0.3, p2: 0.2, p3: 0.1 };
const looksOf = (statuses: readonly Status[]) =>
  statuses.map((status, i) => ({ variant: `p${i + 1}`, status }));

describe('the weights once variants are put out', () => {
  it.each<[string, Weights, Weights | undefined, readonly Status[], Weights | null]>([
    ['none is out', EVEN, undefined, ['undecided', 'better', 'undecided'], null],
    [
      'one of four',
      EVEN,
      undefined,
      ['undecided', 'worse', 'undecided'],
      { control: 1 / 3, p1: 1 / 3, p2: 0, p3: 1 / 3 },
    ],
    [
      'two of four',
      EVEN,
      undefined,
      ['worse', 'worse', 'undecided'],
      { control: 0.5, p1: 0, p2: 0, p3: 0.5 },
    ],
    [
      'in proportion to what was planned',
      MIXED,
      undefined,
      ['worse', 'undecided', 'undecided'],
      { control: 4 / 7, p1: 0, p2: 2 / 7, p3: 1 / 7 },
    ],
    [
      'caps kept, the rest to control',
      UNTRIED,
      { p1: 0.05, p2: 0.05, p3: 0.05 },
      ['worse', 'undecided', 'worse'],
      { control: 0.95, p1: 0, p2: 0.05, p3: 0 },
    ],
    [
      'a cap above the planned share, kept',
      EVEN,
      { p1: 0.3, p3: 0.3 },
      ['undecided', 'worse', 'worse'],
      { control: 0.7, p1: 0.3, p2: 0, p3: 0 },
    ],
    ['none is left', EVEN, undefined, ['worse', 'worse', 'worse'], null],
  ])('%s', (_what, weights, caps, statuses, expected) => {
    const planned = { weights, ...(caps && { caps }) };
    const next = weightsOncePutOut(planned, 'control', looksOf(statuses), weights);
    const close = Object.entries(expected ?? {}).map(([name, share]) => [name, expect.closeTo(share, 12)]);
    expect(next?.weights ?? null).toEqual(expected === null ? null : Object.fromEntries(close));
    const sum = Object.values(next?.weights ?? weights).reduce((total, share) => total + share, 0);
    expect(sum).toBeCloseTo(1, 12);
    const again = weightsOncePutOut(planned, 'control', looksOf(statuses), next?.weights ?? weights);
    expect(again).toBeNull();
  });

  it('has one tried anew whose evidence was dropped', () => {
    const inForce = { control: 0.5, p1: 0, p2: 0, p3: 0.5 };
    const undecided = looksOf(['undecided', 'undecided', 'undecided']);
    expect(weightsOncePutOut({ weights: EVEN }, 'control', undecided, inForce)).toMatchObject({
      weights: EVEN,
    });
  });
});

describe('looks under elimination', () => {
  const weights = { control: 1 / 3, p1: 1 / 3, p2: 1 / 3 };
  const withGuardrails = planOf({
    allocation: 'elimination',
    arms: ['control', 'p1', 'p2'],
    capPerArm: 1500,
  });
  // Of the primary metric alone, so that no harm ends it.
  const plan = {
    ...withGuardrails,
    design: { ...withGuardrails.design, guardrails: [] },
    allocation: { ...withGuardrails.allocation, weights },
    minSamples: 1000,
  };

  /** Looks of 150 per arm that is in, of which 110 are good in control and 70 in p1, until something is concluded. */
  const played = (goodOfP2: number) => {
    let [state, inForce]: [LookInput['state'], Weights] = [startOf(plan), weights];
    const seen: { readonly judged: Judgement; readonly inForce: Weights }[] = [];
    for (let no = 1; no <= 12 && !seen.at(-1)?.judged.conclusion; no += 1) {
      const p1 = inForce['p1']! > 0 ? { p1: arm(150, 70) } : {};
      const arms = { control: arm(150, 110), ...p1, p2: arm(150, goodOfP2) };
      const windows = [period(no, arms, { weights: inForce })];
      const judged = judgeLook({ plan, state, windows, weights: inForce });
      inForce = judged.allocation?.weights ?? inForce;
      seen.push({ judged, inForce });
      state = judged;
    }
    return seen;
  };

  it('put out what is proven worse, with a reason, once, and count it no more towards the cap', () => {
    const seen = played(110);
    const told = seen.flatMap(({ judged }) => (judged.allocation ? [judged.allocation] : []));
    expect(told).toHaveLength(1);
    expect(told[0]!.weights).toEqual({ control: expect.closeTo(0.5), p1: 0, p2: expect.closeTo(0.5) });
    expect(told[0]!.why).toBe('elimination: p1 proven worse than control, out');
    expect(Object.keys(seen.at(-1)!.judged.evidence.stage!.weights)).toEqual(['control', 'p2']);
    expect(seen).toHaveLength(10);
    expect(seen.at(-1)!.judged.conclusion?.outcome).toBe('noDifference');
  });

  it.each([
    ['better', 140, 'adopted'],
    ['worse', 95, 'keptControl'],
  ])('let nobody in again while %s waits for its outcomes', (_what, goodOfP2, outcome) => {
    const seen = played(goodOfP2);
    const outAt = seen.findIndex(({ inForce }) => inForce['p1'] === 0);
    // The seventh look brings p2 to the 1,000 that were asked for; p1 has fewer for good.
    expect(seen).toHaveLength(7);
    expect(seen.at(-1)!.judged.conclusion?.outcome).toBe(outcome);
    expect(outAt).toBeGreaterThan(0);
    expect(seen.slice(outAt).every(({ inForce }) => inForce['p1'] === 0 && inForce['p2']! > 0)).toBe(true);
  });
});

describe('a whole experiment of three variants, one of them far worse', () => {
  const variants = ['bad', 'good', 'same'];
  const rates = { control: 0.7, bad: 0.58, good: 0.75, same: 0.7 };
  const play = (allocation: 'fixed' | 'elimination', seed: number): ExperimentRunState => {
    const { plan, unitsPerMs } = planFor({ base: 0.7, lift: 0.05, allocation, variants });
    return playExperiment(plan, independentUnits(rates, unitsPerMs, randomFromSeed(seed)));
  };

  it.each([4, 6, 7])(
    'puts it out, and the better one wins where harm would have ended it (seed %i)',
    (seed) => {
      const { outcome, conclusion, periods } = play('elimination', seed);
      expect(periods.map(({ weights }) => weights['bad'])).toEqual([0.25, 0]);
      expect(conclusion).toMatchObject({ outcome, variant: 'good' });
      expect(outcome).toBe('adopted');
      expect(conclusion?.sentence).not.toContain('finds less');
      expect(play('fixed', seed)).toMatchObject({ outcome: 'harmed', conclusion: { variant: 'bad' } });
    },
  );
});
