/** The input of the rollout that replaces another one under the same id. Pure; the next run validates it like any other. */
import type { RolloutState } from './state.ts';

/** What a replacement keeps of the input before, unless its message says how it is to be done. Neither `force` nor what only a person may ask. */
const KEPT = ['strategy', 'steps', 'soak', 'minSamples'] as const;

/** Null when nothing replaces the rollout. @param typed the input of the rollout that was replaced */
export function replacementInput(
  { replacement, replacing, ending, outcome, plan }: RolloutState,
  typed: unknown,
): Readonly<Record<string, unknown>> | null {
  const isReplaced = ending?.outcome === 'replaced' && (outcome === null || outcome === 'replaced');
  if (replacement === null || !isReplaced) return null;
  const reason = replacing?.reason ?? (plan.strategy === 'immediate' ? undefined : ending.reason);
  return {
    ...(replacing?.input ?? kept(typed)),
    serviceId: plan.serviceId,
    change: replacement,
    by: ending.by,
    ...(reason !== undefined && { reason }),
  };
}

function kept(typed: unknown): Readonly<Record<string, unknown>> {
  if (typeof typed !== 'object' || typed === null) return {};
  const given = typed as Readonly<Record<string, unknown>>;
  if (given['strategy'] === 'immediate') return {};
  return Object.fromEntries(KEPT.filter((key) => key in given).map((key) => [key, given[key]]));
}
