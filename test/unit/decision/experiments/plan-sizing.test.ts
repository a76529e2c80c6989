import { describe, expect, it } from 'vitest';
import { planExperiment } from '../../../../src/analysis/index.ts';
import { planSizing, type SizingInput } from '../../../../src/decision/index.ts';
import { errorGuardrail, qualityGuardrail, tailGuardrail } from './support.ts';

const DAY_MS = 86_400_000;

const input = (over: Partial<SizingInput> = {}): SizingInput => ({
  primary: 'quality',
  analysis: 'anytime',
  arms: ['control', 'concise'],
  weights: { control: 0.5, concise: 0.5 },
  baseline: {
    quality: { mean: 0.7 },
    errorRate: 0.01,
    costUsd: { mean: 0.002, sd: 0.003 },
    labelsPerHour: 62,
    unitsPerHour: 620,
  },
  minImprovementPct: 5,
  minCostReductionPct: 10,
  guardrails: [qualityGuardrail],
  ramp: { exposedPct: [100], everyMs: 0 },
  matureAfterMs: 1_800_000,
  maxDurationMs: 7 * DAY_MS,
  ...over,
});

describe('sizing', () => {
  it('is the fixed size and the cap of the statistics, with time from the labels that come', () => {
    const sizing = planSizing(input());
    const { fixed, cap } = planExperiment({ kind: 'rate', baseline: 0.7, minimumEffect: 0.035 });
    expect(sizing).toMatchObject({ baseline: 0.7, nFixPerArm: fixed.variant, capPerArm: cap.variant });
    expect(sizing.minimumEffect).toBeCloseTo(0.035, 12);
    expect(sizing.labelsPerHour).toBe(31);
    expect(sizing.capMs).toBe(Math.ceil((cap.variant / 31) * 3_600_000 + 1_800_000));
    expect(sizing.expectedMs).toBeLessThan(sizing.capMs!);
  });

  it('says in one sentence, with the numbers, why the longest duration does not do', () => {
    const sizing = planSizing(input());
    expect(sizing.reachable).toBe(false);
    expect(sizing.reason).toBe(
      'needs about 5,844 labels per arm, the service yields 31 an hour per arm: 8 days; the longest duration is 7 days',
    );
    expect(planSizing(input({ maxDurationMs: 9 * DAY_MS })).reachable).toBe(true);
  });

  it.each<[string, Partial<SizingInput>, 'longer' | 'shorter' | 'same']>([
    ['more traffic', { baseline: { ...input().baseline, labelsPerHour: 620 } }, 'shorter'],
    ['half of the units exposed', { ramp: { exposedPct: [50], everyMs: 0 } }, 'longer'],
    ['a ramp', { ramp: { exposedPct: [10, 100], everyMs: DAY_MS } }, 'longer'],
    ['a smaller share for the variant', { weights: { control: 0.9, concise: 0.1 } }, 'longer'],
    ['weights that do not sum to one', { weights: { control: 3, concise: 3 } }, 'same'],
    [
      'three variants',
      { arms: ['control', 'b', 'c', 'd'], weights: { control: 0.25, b: 0.25, c: 0.25, d: 0.25 } },
      'longer',
    ],
    [
      'one variant that gets less than the others',
      { arms: ['control', 'b', 'c'], weights: { control: 0.45, b: 0.45, c: 0.1 } },
      'longer',
    ],
    ['a smaller effect', { minImprovementPct: 3 }, 'longer'],
    ['more power', { power: 0.9 }, 'longer'],
    ['more certainty', { alpha: 0.01 }, 'longer'],
    ['a floor of labels above the cap', { minSamples: 10_000 }, 'longer'],
    ['a floor of labels below the cap', { minSamples: 100 }, 'same'],
    ['one look at the end', { analysis: 'fixedHorizon' }, 'shorter'],
    [
      'marks that vary less than answers that are good or bad',
      { baseline: { ...input().baseline, quality: { mean: 0.7, sd: 0.1 } } },
      'shorter',
    ],
  ])('%s', (_, over, expected) => {
    const [usual, asked] = [planSizing(input()).capMs!, planSizing(input(over)).capMs!];
    expect(asked === usual ? 'same' : asked > usual ? 'longer' : 'shorter').toBe(expected);
  });

  it('is sized for the pair that takes longest, wherever it stands', () => {
    const of = (b: number, c: number) =>
      planSizing(input({ arms: ['control', 'b', 'c'], weights: { control: 0.45, b, c } }));
    expect(of(0.1, 0.45)).toEqual(of(0.45, 0.1));
    expect(of(0.1, 0.45).capMs).toBeGreaterThan(of(0.275, 0.275).capMs!);
  });

  it('a ramp costs what it does not expose', () => {
    const usual = planSizing(input()).capMs!;
    const ramped = planSizing(input({ ramp: { exposedPct: [25, 100], everyMs: DAY_MS } })).capMs!;
    expect(ramped - usual).toBeCloseTo(0.75 * DAY_MS, -1);
  });

  it('for cost goes on until enough units are labelled to rule out that quality falls', () => {
    const sizing = planSizing(
      input({ primary: 'cost', guardrails: [{ ...qualityGuardrail, required: false }] }),
    );
    expect(sizing.minimumEffect).toBeCloseTo(-0.0002, 12);
    // 3,000 labels or so per arm, and one unit in ten is labelled.
    expect(sizing.capPerArm).toBeGreaterThan(25_000);
    expect(sizing.reason).toContain('units per arm, to prove that quality is kept');
    const labelled = { ...input().baseline, labelsPerHour: 620 };
    expect(planSizing(input({ primary: 'cost', baseline: labelled })).capPerArm).toBeLessThan(12_000);
  });

  it('goes on until a required guardrail can be shown to be kept', () => {
    const baseline = { ...input().baseline, quality: { mean: 0.1 }, unitsPerHour: 62 };
    const asked = { baseline, minImprovementPct: 50 };
    const alone = planSizing(input(asked));
    const withErrors = planSizing(input({ ...asked, guardrails: [qualityGuardrail, errorGuardrail] }));
    expect(alone.nFixPerArm).toBe(withErrors.nFixPerArm);
    expect(withErrors.capPerArm).toBeGreaterThan(alone.capPerArm);
    expect(withErrors.reason).toContain('to prove that errorRate is kept');
    const advisory = { ...errorGuardrail, required: false };
    expect(planSizing(input({ ...asked, guardrails: [qualityGuardrail, advisory] }))).toEqual(alone);
    const unknown = { ...baseline, errorRate: null };
    const unplanned = planSizing(
      input({ ...asked, baseline: unknown, guardrails: [qualityGuardrail, errorGuardrail] }),
    );
    expect(unplanned.capPerArm).toBe(alone.capPerArm);
    // Every unit has a latency: what is proven of them takes fewer labels.
    const tail = planSizing(input({ ...asked, guardrails: [qualityGuardrail, tailGuardrail] }));
    expect(tail.capPerArm).toBeLessThan(withErrors.capPerArm);
  });

  it('where one block of the store brings too much of the size, that is told and nothing is reachable', () => {
    const much = { ...input().baseline, labelsPerHour: 100_000 };
    const sizing = planSizing(input({ baseline: much, blockMs: 60_000 }));
    expect(sizing.reachable).toBe(false);
    expect(sizing.reason).toMatch(
      /^a block of 1 minute brings 833 labels per arm, .*shorten rollout\.block$/u,
    );
    expect(planSizing(input({ baseline: much, blockMs: 30_000 })).reachable).toBe(true);
  });

  it('a smaller alpha takes longer to prove that a guardrail is kept', () => {
    const perArm = (alpha: number) =>
      planSizing(input({ alpha, minImprovementPct: 20, guardrails: [errorGuardrail] })).capPerArm;
    const [usual, strict] = [perArm(0.05), perArm(0.001)];
    expect(strict / usual).toBeCloseTo((Math.log(1000) + 4) / (Math.log(20) + 4), 2);
  });

  it('where the same users come back, the sentence says that an hour promises too much', () => {
    expect(planSizing(input({ unit: 'user' })).reason).toMatch(
      /7 days; a user counts once, so it takes longer/u,
    );
  });

  it('without traffic there is no time and nothing is reachable', () => {
    const sizing = planSizing(input({ baseline: { ...input().baseline, labelsPerHour: 0 } }));
    expect(sizing).toMatchObject({ expectedMs: null, capMs: null, reachable: false });
    expect(sizing.reason).toContain('yields none lately');
  });

  it('an improvement beyond what is missing to 1 is told, not planned for', () => {
    const sizing = planSizing(input({ baseline: { ...input().baseline, quality: { mean: 0.97 } } }));
    expect(sizing.reachable).toBe(false);
    expect(sizing.reason).toContain('at most 1.5 % over the baseline');
  });

  it.each<[string, Partial<SizingInput>]>([
    ['arms', { arms: ['control'] }],
    ['weights', { weights: { control: 1 } }],
    ['weights', { weights: { control: 1, concise: 0 } }],
    ['baseline.quality.mean', { baseline: { ...input().baseline, quality: { mean: 1 } } }],
    ['baseline.costUsd', { primary: 'cost', baseline: { ...input().baseline, costUsd: null } }],
    ['ramp.exposedPct', { ramp: { exposedPct: [], everyMs: 0 } }],
    ['alpha', { alpha: 1 }],
    ['minSamples', { minSamples: 0.5 }],
  ])('refuses a bad %s by name', (field, over) => {
    expect(() => planSizing(input(over))).toThrow(new RegExp(`^${field}`, 'u'));
  });
});
