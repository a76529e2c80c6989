/** What the `state` query of an experiment answers: input and starter first, because a second start is answered with the run that stands. */
import { experimentProgress, type ExperimentRunState } from '../src/state/experiment/index.ts';
import type { IgnoredMessage } from './messages.ts';

export function describeExperiment(of: {
  readonly input: unknown;
  readonly state: ExperimentRunState | null;
  readonly ignored: readonly IgnoredMessage[];
  readonly refusal: string | null;
  /** Who holds the service, while the experiment waits to supersede it. */
  readonly waitsFor: string | null;
}) {
  const { input, state, ignored, refusal, waitsFor } = of;
  if (!state) {
    const phase = refusal === null ? 'admitting' : 'refused';
    return { phase, input, refusal, ...(waitsFor !== null && { waitsFor }), ignored };
  }
  const { plan, evidence: _evidence, seen: _seen, ...shown } = state;
  return { input, startedBy: plan.requestedBy, ...shown, progress: experimentProgress(state), plan, ignored };
}
