/** What holds of a rollout with a shadow after any sequence of events and messages, in any order, sensible or not. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  nextRolloutAction,
  receiveMessage,
  reduceRollout,
  replacementInput,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { claim } from '../../support/claim.ts';
import { admitted, ADMITTED_AT_MS, testShadowLook } from '../../support/rollout.ts';
import {
  applyMove,
  move,
  planDifferences,
  spelledOut,
  type Single,
} from '../../support/rollout-sequences.ts';
import { shadowInvariants, shadows } from './shadow-invariants.ts';

/** A move of any rollout, or the gateway begins to copy. */
type ShadowMove = Single | { readonly kind: 'shadowSet'; readonly afterMs: number };

const shadowMoves = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: move.map((given): readonly ShadowMove[] => spelledOut([given])) },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: 0, max: 60_000 })
        .map((afterMs): readonly ShadowMove[] => [{ kind: 'shadowSet', afterMs }]),
    },
  ),
  { minLength: 1, maxLength: 40 },
);

const apply = (state: RolloutState, given: ShadowMove, atMs: number): RolloutState => {
  if (given.kind === 'shadowSet')
    return reduceRollout(state, { kind: 'shadowSet', atMs, leaseExpiresAtMs: atMs + 1 });
  if (given.kind !== 'look' || state.phase !== 'shadowing') return applyMove(state, given, atMs);
  const report = { outcome: given.gate, reason: 'as the test says', observed: null, limit: null };
  const look = testShadowLook(state, atMs, given.outcome, given.live, [{ id: 'standstill', ...report }]);
  return reduceRollout(state, { kind: 'shadowLooked', look });
};

/** A rollback is accepted in every open phase, is the very next action, and ends it; there is always a next action. */
const isTotal = (after: RolloutState, atMs: number): void => {
  const carried = JSON.parse(JSON.stringify(after)) as RolloutState;
  claim(carried).toEqual(after);
  claim(nextRolloutAction(carried, atMs)).toEqual(nextRolloutAction(after, atMs));
  const message = { name: 'rollback', by: 'oncall', reason: 'complaints' } as const;
  const { state, answer } = receiveMessage(after, message, atMs);
  // A rollback of one that has ended still calls off what was to come next.
  const wasToCome = (after.plan.table ?? 1) >= 4 && replacementInput(after, {}) !== null;
  claim(answer.accepted).toBe(after.phase !== 'ended' || wasToCome);
  if ((after.plan.table ?? 1) >= 4) claim(replacementInput(state, {})).toBe(null);
  const next = nextRolloutAction(state, atMs).kind;
  claim(next).toBeOneOf(after.phase === 'ended' ? ['finish'] : ['takeBack', 'closeUntouched']);
};

it('holds over 3,000 random sequences', { timeout: 900_000 }, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(planDifferences, shadows, shadowMoves, (plan, shadow, moves) => {
      let atMs = ADMITTED_AT_MS;
      let state = admitted({ ...plan, strategy: 'canary', ...shadow });
      for (const given of moves.flat()) {
        atMs += given.afterMs;
        const before = state;
        state = apply(before, given, atMs);
        seen.add(state.outcome ?? state.phase);
        for (const check of Object.values(shadowInvariants)) check({ before, after: state, move: given });
        isTotal(state, atMs);
      }
    }),
    { seed: 20_260_105, numRuns: 3_000 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'shadowing',
      'shadowed',
      'applying',
      'soaking',
      'notEnoughEvidence',
      'rolledBack',
    ]),
  );
});
