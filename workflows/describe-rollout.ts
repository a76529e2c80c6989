/** What the `state` query of a rollout answers: input and starter first, because a second start is answered with the run that stands. */
import { progressOf, type RolloutState } from '../src/state/rollout/index.ts';
import type { IgnoredMessage } from './messages.ts';

export function describeRollout(of: {
  readonly input: unknown;
  readonly state: RolloutState | null;
  readonly ignored: readonly IgnoredMessage[];
  readonly refusal: string | null;
  /** Who holds the service, while the rollout waits to supersede it. */
  readonly waitsFor: string | null;
}) {
  const { input, state, ignored, refusal, waitsFor } = of;
  if (!state) {
    const phase = refusal === null ? 'admitting' : 'refused';
    return { phase, input, refusal, ...(waitsFor !== null && { waitsFor }), ignored };
  }
  const { plan, evidence: _evidence, seen: _seen, gates, ...shown } = state;
  const progress = progressOf(state);
  return {
    input,
    startedBy: plan.requestedBy,
    ...shown,
    progress,
    gates: gates?.reports ?? [],
    plan,
    ignored,
  };
}
