/** What holds of a rollout with a shadow after any sequence of events and messages, for `shadow-properties.test.ts`. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { RolloutPlan, RolloutState } from '../../../src/state/rollout/index.ts';
import { claim } from '../../support/claim.ts';
import { SHADOW_PLAN } from '../../support/rollout.ts';

/** What a step of a sequence was, as far as it is asked about here. */
interface Step {
  readonly before: RolloutState;
  readonly after: RolloutState;
  readonly move: { readonly kind: string; readonly name?: string; readonly gate?: string };
}

/** The kinds there are. */
export const shadows = fc.constantFrom<Partial<RolloutPlan>>(
  { shadow: SHADOW_PLAN },
  { shadow: { ...SHADOW_PLAN, only: true } },
  { shadow: { ...SHADOW_PLAN, maxCopies: 250 } },
);

export const shadowInvariants: Readonly<Record<string, (step: Step) => void>> = {
  'a shadow serves nobody, and is left for the first step by a proven look, by hand, or by approval of a proven one':
    ({ before, after, move: given }) => {
      if (after.phase === 'shadowing') claim([after.weightPct, after.stepIndex]).toEqual([0, 0]);
      if (after.plan.shadow?.only === true) {
        claim(['applying', 'soaking', 'promoting'].includes(after.phase)).toBe(false);
        claim([after.weightPct, after.outcome === 'promoted']).toEqual([0, false]);
      }
      if (before.phase !== 'shadowing' || after.phase !== 'applying') return;
      if (given.kind === 'message' && given.name === 'promote') return;
      expect([before.paused, before.held]).toEqual([null, null]);
      if (given.kind === 'message') {
        expect([given.name, (before.plan.table ?? 1) >= 3]).toEqual(['approve', false]);
        expect(before.awaiting).not.toBeNull();
        expect(before.verdict?.outcome).toBe('healthy');
        return;
      }
      expect(given).toMatchObject({ kind: 'look', outcome: 'healthy', live: 'ours' });
      if (given.kind === 'look') expect(given.gate).not.toBe('waiting');
      if (!before.awaiting?.approved) expect(before.plan.approval).not.toBe('perStep');
    },
  'no live weight comes before a shadow that is planned has been left': ({ after }) => {
    if (after.plan.shadow && after.weightPct > 0) claim(after.shadow?.leftAtMs === null).toBe(false);
  },
};
