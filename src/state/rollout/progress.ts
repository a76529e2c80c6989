/**
 * How far the present step is: for each required guardrail that is not proven, the labels it has, about how many it takes, and when they
 * will be there at the rate at which they come. Pure. Shown to people; decides nothing.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { RolloutState } from './state.ts';

/** Labels are the candidate's at this step. `of` and `expectedAtMs` are null while they cannot be told. */
export interface StepProgress {
  readonly guardrail: GuardrailSpec['id'];
  readonly labels: number;
  readonly of: number | null;
  /** As they came at this step; before the first ones as planned. */
  readonly perHour: number;
  readonly expectedAtMs: number | null;
  /** The longest duration of the rollout ends before. */
  readonly isTooLate: boolean;
}

const HOUR_MS = 3_600_000;

/** Empty once everything required is proven, and in a rollout that is over or on its way back. */
export function progressOf(state: RolloutState): readonly StepProgress[] {
  const { plan, phase, verdict } = state;
  if (phase === 'ended' || phase === 'rollingBack' || phase === 'promoting') return [];
  if (plan.strategy === 'immediate') return [];
  return plan.guardrails
    .filter(({ required }) => required)
    .flatMap(({ id }) => {
      const judged = verdict?.guardrails.find((each) => each.id === id);
      return judged?.outcome === 'pass' ? [] : [ofGuardrail(state, id)];
    });
}

function ofGuardrail(state: RolloutState, guardrail: GuardrailSpec['id']): StepProgress {
  const { plan, stepIndex, verdict, steps } = state;
  const judged = verdict?.guardrails.find((each) => each.id === guardrail);
  const labels = judged?.labels.candidate ?? 0;
  const planned = plan.labels.steps?.[stepIndex] ?? null;
  const left = judged?.labelsNeeded ?? (planned === null ? null : Math.max(0, planned - labels));
  const startedAtMs = steps.findLast(({ index }) => index === stepIndex)?.startedAtMs ?? null;
  // Labels are counted up to here; what is exposed later has to mature first.
  const countedToMs = (state.foldedTo + 1) * plan.blockMs;
  const countedMs = startedAtMs === null ? 0 : countedToMs - startedAtMs;
  const weightPct = plan.steps[stepIndex] ?? state.weightPct;
  const perHour =
    labels > 0 && countedMs > 0 ? (labels * HOUR_MS) / countedMs : (plan.labels.perHour * weightPct) / 100;
  const fromMs = Math.max(countedToMs, startedAtMs ?? 0);
  const expectedAtMs =
    left === null || perHour <= 0
      ? null
      : Math.round(fromMs + (left * HOUR_MS) / perHour + plan.matureAfterMs);
  return {
    guardrail,
    labels,
    of: left === null ? null : labels + left,
    perHour: Math.round(perHour),
    expectedAtMs,
    isTooLate: expectedAtMs !== null && expectedAtMs > plan.admittedAtMs + plan.maxRolloutMs,
  };
}
