/** How a change reaches the traffic. Names and types; what each may do is said by `activities/strategy-rules.ts`. */

/**
 * `canary`: in steps, compared with the stable arm at each below 100 %. `blueGreen`: one switch of the whole traffic, the stable one kept
 * beside it. `immediate`: by a person, written and promoted at once, judged by nothing but the watch afterwards.
 */
export const ROLLOUT_STRATEGIES = ['canary', 'blueGreen', 'immediate'] as const;
export type RolloutStrategy = (typeof ROLLOUT_STRATEGIES)[number];

/** Whether the whole traffic is switched at once: such a strategy has one step of its own, and compares nothing on live traffic. */
export function isOneStep(strategy: RolloutStrategy): boolean {
  return strategy === 'blueGreen' || strategy === 'immediate';
}

/** The steps of the strategies that have one step only. */
export const WHOLE_TRAFFIC: readonly number[] = [100];

/** What may be asked for: `shadow` is a canary with a shadow before its first step. */
export const ASKED_STRATEGIES = [...ROLLOUT_STRATEGIES, 'shadow'] as const;
