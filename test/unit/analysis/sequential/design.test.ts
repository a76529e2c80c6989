import { describe, expect, it } from 'vitest';
import { startExperiment, type ExperimentDesignInput } from '../../../../src/analysis/index.ts';
import { harmShare, intervalAlpha } from '../../../../src/analysis/sequential/design.ts';
import { cost, design, errors, quality, score, slow } from './support.ts';

describe('a design', () => {
  it('fills in what was left out', () => {
    const { design: complete } = startExperiment(design({ nFixPerArm: 1251 }));
    expect(complete).toMatchObject({
      alternative: 'twoSided',
      alpha: 0.05,
      harmAlpha: 0.05,
      capPerArm: 2815,
      nOpt: 2502,
      stages: 1,
      guardrails: [],
    });
    expect(startExperiment(design({ alpha: 0.01 })).design.harmAlpha).toBe(0.01);
    expect(startExperiment(design({ capPerArm: 500 })).design.capPerArm).toBe(500);
  });
  it('splits alpha for intervals over variants and stages, and for harm over required guardrails and variants', () => {
    const guard = (required: boolean, id: string) => ({
      metric: { ...errors, id },
      margin: { kind: 'absolute', amount: 0.01 } as const,
      required,
    });
    const { design: complete } = startExperiment(
      design({
        variants: ['b', 'c'],
        stages: 3,
        harmAlpha: 0.02,
        guardrails: [guard(true, 'x'), guard(true, 'y'), guard(false, 'z')],
      }),
    );
    expect(intervalAlpha(complete)).toBeCloseTo(0.05 / 6, 15);
    expect(harmShare(complete)).toBeCloseTo(0.02 / 4, 15);
    expect(harmShare(startExperiment(design()).design)).toBe(0.05);
  });
  it('survives JSON with the state that it began', () => {
    const state = startExperiment(
      design({ guardrails: [{ metric: score, margin: { kind: 'absolute', amount: 0.1 }, required: true }] }),
    );
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});

describe('a design that cannot be', () => {
  const guardrail = (over: object) => ({
    guardrails: [{ metric: errors, margin: { kind: 'absolute', amount: 0.01 }, required: true, ...over }],
  });
  it.each<[string, object, RegExp]>([
    ['no control', { control: '' }, /^control must be non-empty/u],
    ['no variants', { variants: [] }, /^variants must name at least one/u],
    ['a variant twice', { variants: ['b', 'b'] }, /^variants must not repeat/u],
    ['a variant called as control', { variants: ['a'] }, /^variants must not repeat/u],
    ['alpha of 2', { alpha: 2 }, /^alpha must be from 1e-9 to below 0\.5, got 2/u],
    ['harmAlpha of 0', { harmAlpha: 0 }, /^harmAlpha must/u],
    ['no size', { nFixPerArm: Number.NaN }, /^nFixPerArm must/u],
    ['a cap of 0', { capPerArm: 0 }, /^capPerArm must/u],
    ['an endless cap', { capPerArm: Infinity }, /^capPerArm must/u],
    ['nOpt below 0', { nOpt: -1 }, /^nOpt must/u],
    ['half a stage', { stages: 0.5 }, /^stages must/u],
    ['an unknown alternative', { alternative: 'less' }, /^alternative must be twoSided or better/u],
    ['a metric without a name', { primary: { ...quality, id: '' } }, /^primary\.id must/u],
    ['an unknown kind', { primary: { ...quality, kind: 'median' } }, /^primary\.kind must/u],
    ['an unknown direction', { primary: { ...quality, direction: 'up' } }, /^primary\.direction must/u],
    ['an unknown scale', { primary: { ...cost, scale: { kind: 'sqrt' } } }, /^primary\.scale must/u],
    [
      'a cap below 0',
      { primary: { ...cost, scale: { kind: 'winsorised', cap: -1 } } },
      /^primary\.scale\.cap/u,
    ],
    ['a tail without a limit', { primary: { ...slow, frozen: 0 } }, /^primary\.frozen must/u],
    [
      'a tail that should rise',
      { primary: { ...slow, direction: 'increase' } },
      /^primary\.direction of a tail/u,
    ],
    ['guardrails that are no list', { guardrails: {} }, /^guardrails must be a list/u],
    ['a guardrail named as the primary', guardrail({ metric: quality }), /^guardrails must not repeat/u],
    ['a margin of 0', guardrail({ margin: { kind: 'relative', pct: 0 } }), /^guardrails\[0\]\.margin\.pct/u],
    [
      'a share that may rise by all',
      guardrail({ margin: { kind: 'absolute', amount: 1 } }),
      /^guardrails\[0\]\.margin\.amount/u,
    ],
    [
      'a drop of everything',
      guardrail({ metric: score, margin: { kind: 'relative', pct: 100 } }),
      /^guardrails\[0\]\.margin\.pct must be below 100/u,
    ],
    [
      'an amount on the log scale',
      guardrail({ metric: { ...cost, scale: { kind: 'log' } } }),
      /^guardrails\[0\]\.margin of a mean on the log scale must be relative/u,
    ],
  ])('is refused by name: %s', (_, over, message) => {
    expect(() => startExperiment(design(over as Partial<ExperimentDesignInput>))).toThrow(message);
  });
});
