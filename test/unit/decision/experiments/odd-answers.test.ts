import { describe, expect, it } from 'vitest';
import { lookAtProviders } from '../../../../src/decision/experiments/provider-phase.ts';
import type { ExperimentArmWindow } from '../../../../src/domain/experiment-window.ts';
import { randomFromSeed } from '../../../../src/math/index.ts';
import type { ProviderPhases } from '../../../../src/state/experiment/index.ts';

const told = (fingerprint: string): string => JSON.stringify({ model: 'm', fingerprint });
const [USUAL, ODD, THIRD] = ['fp_a', 'fp_b', 'fp_c'].map(told) as [string, string, string];

const answeredBy = (answers: Readonly<Record<string, number>>): ExperimentArmWindow => ({
  unitFirst: {},
  all: {},
  exposures: 0,
  labelled: 0,
  providers: Object.keys(answers)
    .filter((name) => answers[name]! > 0)
    .toSorted(),
  answers,
});

/** Phases after each block; `of` says how many answers each signature gave to the control. */
const phasesOf = (
  blocks: number,
  of: (no: number) => Readonly<Record<string, number>>,
): readonly number[] => {
  let providers: ProviderPhases = { signature: '', phase: 0 };
  return Array.from({ length: blocks }, (_, i) => {
    const arms = { control: answeredBy(of(i + 1)), concise: answeredBy({ [USUAL]: 50 }) };
    ({ providers } = lookAtProviders(providers, { fromMs: 0, toMs: 1, arms }, i + 1));
    return providers.phase;
  });
};

describe('answers of something else, counted', () => {
  it.each([0.001, 0.005, 0.02])('a share of %d of them closes no phase in a week of looks', (share) => {
    const random = randomFromSeed(7);
    const phases = phasesOf(672, () => {
      const odd = Array.from({ length: 50 }, () => random.next()).filter((u) => u < share).length;
      return { [USUAL]: 50 - odd, [ODD]: odd };
    });
    expect(phases.at(-1)).toBe(0);
  });

  it('an odd one in the very first block, and in the first one of a phase, is no part of what is usual', () => {
    const phases = phasesOf(30, (no) =>
      no === 1 ? { [USUAL]: 99, [ODD]: 1 } : { [no < 20 ? USUAL : ODD]: 100 },
    );
    expect(phases[18]).toBe(0);
    expect(phases.at(-1)).toBe(1);
  });

  it('what takes over closes a phase in its first block', () => {
    const phases = phasesOf(10, (no) => ({ [no < 5 ? USUAL : ODD]: 40 }));
    expect(phases).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  });

  it('what takes over where few answers come closes it with its sixth answer', () => {
    const phases = phasesOf(16, (no) => ({ [no < 5 ? USUAL : ODD]: 1 }));
    expect(phases.indexOf(1)).toBe(4 + 5);
    expect(phases.at(-1)).toBe(1);
  });

  it('what takes over little by little closes it, once, and is usual from then on', () => {
    const phases = phasesOf(60, (no) => {
      const odd = Math.min(100, Math.max(0, (no - 10) * 3));
      return { [USUAL]: 100 - odd, [ODD]: odd };
    });
    expect(phases[11]).toBe(0);
    expect(phases[16]).toBe(1);
    expect(phases.at(-1)).toBe(1);
  });

  it('several odd ones are counted together: a router that tries another model each time has changed too', () => {
    const phases = phasesOf(6, (no) => (no < 3 ? { [USUAL]: 12 } : { [ODD]: 3, [THIRD]: 3, [USUAL]: 6 }));
    expect(phases.at(-1)).toBe(1);
  });

  it('where nobody counted them, one answer of something else is a change', () => {
    const uncounted = (providers: readonly string[]): ExperimentArmWindow => {
      const { answers: _, ...arm } = answeredBy({});
      return { ...arm, providers };
    };
    const at = (providers: ProviderPhases, names: readonly string[], no: number) =>
      lookAtProviders(providers, { fromMs: 0, toMs: 1, arms: { control: uncounted(names) } }, no).providers;
    const first = at({ signature: '', phase: 0 }, [USUAL], 1);
    expect(at(first, [USUAL, ODD], 2).phase).toBe(1);
  });
});
