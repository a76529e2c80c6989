/**
 * The reward of the plan (LLM-Auto-Optimizer, Technical Research and Build Plan, "Reward Signal Design"), kept so that its figures can be
 * reproduced: .6 quality + .3 (1 - cost / maxCost) + .1 (1 - latency / maxLatency), quality = rating / 5, or inferred without a rating.
 * Golden family `reward_v1`. `rewardV2` is the default, because of what is wrong with this one:
 *
 * - Its cost term cannot move a decision. The plan's own code sets maxCost to 1 USD: a request of .004 USD scores .9988 of the term's .3
 *   against .9994 at .002 USD, so halving the price gains .0006, a 200th of the .12 that one star of rating gains.
 * - The worst rating is still worth .2, and a task that failed reads as one of which nothing is known (.5).
 * - It is not bounded: beyond either maximum the terms fall below 0 without end, and one slow answer outweighs any rating.
 * - A rating alone counts where there is one; every other signal is dropped.
 *
 * The plan names no rule for the inference and no maxima. Those here are of the same project's published code: neutral .5, clamped to 0..1.
 */
import { requirePositive } from '../../math/require.ts';
import { requireFromZero } from './require.ts';
import type { RewardSignals } from './signals.ts';

export interface RewardV1Limits {
  readonly maxCostUsd: number;
  readonly maxLatencyMs: number;
}

/** What the project's published code takes. */
export const REWARD_V1_LIMITS: RewardV1Limits = { maxCostUsd: 1, maxLatencyMs: 5000 };

/** `parts` are on 0..1 within the maxima; the weights are .6, .3 and .1. */
export interface RewardV1 {
  readonly version: 1;
  readonly reward: number;
  readonly parts: { readonly quality: number; readonly cost: number; readonly latency: number };
}

/** An absent dwell time says nothing; every other absent signal reads as false, as it does there. */
const inferQuality = (s: RewardSignals): number => {
  const dwell = s.dwellTimeSeconds ?? null;
  const looked = dwell !== null && dwell > 10 && dwell < 120 ? 0.2 : dwell !== null && dwell < 3 ? -0.2 : 0;
  const score =
    0.5 +
    (s.taskCompleted === true ? 0.3 : 0) -
    (s.responseRegenerated === true ? 0.4 : 0) -
    (s.responseEdited === true ? 0.1 : 0) +
    looked +
    (s.responseSaved === true || s.responseShared === true ? 0.2 : 0);
  return Math.min(1, Math.max(0, score));
};

/**
 * The plan's reward. At most 1; below 0 without bound past the maxima.
 * @param signals `costUsd` and `latencyMs` must be there
 * @throws RangeError naming `costUsd`, `latencyMs`, `rating`, `dwellTimeSeconds`, `maxCostUsd` or `maxLatencyMs`.
 */
export const rewardV1 = (
  signals: RewardSignals,
  { maxCostUsd, maxLatencyMs }: RewardV1Limits = REWARD_V1_LIMITS,
): RewardV1 => {
  requirePositive('maxCostUsd', maxCostUsd);
  requirePositive('maxLatencyMs', maxLatencyMs);
  const [costUsd, latencyMs] = [signals.costUsd ?? Number.NaN, signals.latencyMs ?? Number.NaN];
  requireFromZero('costUsd', costUsd);
  requireFromZero('latencyMs', latencyMs);
  const rating = signals.rating ?? null;
  if (rating !== null && !(rating >= 1 && rating <= 5)) {
    throw new RangeError(`rating must be from 1 to 5, got ${rating}`);
  }
  requireFromZero('dwellTimeSeconds', signals.dwellTimeSeconds ?? 0);
  const parts = {
    quality: rating === null ? inferQuality(signals) : rating / 5,
    cost: 1 - costUsd / maxCostUsd,
    latency: 1 - latencyMs / maxLatencyMs,
  };
  return { version: 1, reward: 0.6 * parts.quality + 0.3 * parts.cost + 0.1 * parts.latency, parts };
};
