/** How far a step is: labels, about how many it takes, and when, at the rate at which they come. */
import { describe, expect, it } from 'vitest';
import { progressOf, reduceRollout, type RolloutState } from '../../../src/state/rollout/index.ts';
import { admitted, ADMITTED_AT_MS, MINUTE_MS, testVerdict } from '../../support/rollout.ts';

const HOUR_MS = 60 * MINUTE_MS;

/** At 5 % since the admission, with labels counted for two hours. */
function soaking(
  different: Partial<RolloutState> = {},
  plan: Parameters<typeof admitted>[0] = {},
): RolloutState {
  const begun = admitted({ minSamples: 200, matureAfterMs: 30 * MINUTE_MS, ...plan });
  const set = { kind: 'weightSet', atMs: ADMITTED_AT_MS, weightPct: 5, leaseExpiresAtMs: null } as const;
  const state = reduceRollout(begun, set);
  return { ...state, foldedTo: begun.foldedTo + 119, ...different };
}

const verdict = (
  labels: number,
  labelsNeeded: number | null,
  outcome: 'inconclusive' | 'pass' = 'inconclusive',
) => {
  const all = testVerdict('inconclusive');
  const guardrails = all.guardrails.map((each) => ({
    ...each,
    outcome,
    labels: { stable: 19 * labels, candidate: labels },
    labelsNeeded,
  }));
  return { ...all, guardrails };
};

describe('the progress of a step', () => {
  it('is told for what is required and unproven, with the finish at the rate seen, once matured', () => {
    expect(progressOf(soaking({ verdict: verdict(143, 2_257) }))).toEqual([
      {
        guardrail: 'quality',
        labels: 143,
        of: 2_400,
        perHour: 72,
        expectedAtMs: Math.round(ADMITTED_AT_MS + 2 * HOUR_MS + (2_257 * HOUR_MS) / 71.5 + 30 * MINUTE_MS),
        isTooLate: false,
      },
    ]);
  });

  it('is told before the first look, as planned', () => {
    const labels = { needed: 9_000, perHour: 1_000, expectedMs: 9 * HOUR_MS, steps: [300, 900, 1_200, 200] };
    expect(progressOf(admitted({ labels }))).toMatchObject([{ labels: 0, of: 300, perHour: 50 }]);
  });

  it('says that it is too late when the rollout ends before', () => {
    const state = soaking({ verdict: verdict(143, 2_257) }, { maxRolloutMs: 6 * HOUR_MS });
    expect(progressOf(state)).toMatchObject([{ isTooLate: true }]);
  });

  it('has no finish where it cannot be told', () => {
    expect(progressOf(soaking({ verdict: verdict(143, null) }))).toMatchObject([
      { labels: 143, of: null, expectedAtMs: null, isTooLate: false },
    ]);
    const none = { needed: null, perHour: 0, expectedMs: null, steps: [300, 900, 1_200, 200] };
    expect(progressOf(soaking({}, { labels: none }))).toMatchObject([{ of: 300, expectedAtMs: null }]);
  });

  it('is empty once everything required is proven, and on the way back', () => {
    expect(progressOf(soaking({ verdict: verdict(2_400, 0, 'pass') }))).toEqual([]);
    expect(progressOf({ ...soaking({ verdict: verdict(143, 2_257) }), phase: 'rollingBack' })).toEqual([]);
  });
});
