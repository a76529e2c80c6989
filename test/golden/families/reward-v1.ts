/** The plan's reward, as the plan states it. */
import { REWARD_V1_LIMITS, rewardV1 } from '../../../src/decision/index.ts';
import { goldenAdapter } from '../adapter.ts';

interface Input {
  readonly rating?: number;
  readonly task_completed?: boolean;
  readonly response_edited?: boolean;
  readonly response_regenerated?: boolean;
  readonly dwell_time_seconds?: number;
  readonly response_saved?: boolean;
  readonly response_shared?: boolean;
  readonly cost_usd?: number;
  readonly latency_ms?: number;
  readonly max_cost_usd?: number;
  readonly max_latency_ms?: number;
}

export const adapter = goldenAdapter<Input>({
  family: 'reward_v1',
  answer: (input) => {
    const { reward, parts } = rewardV1(
      {
        rating: input.rating ?? null,
        taskCompleted: input.task_completed ?? null,
        responseEdited: input.response_edited ?? null,
        responseRegenerated: input.response_regenerated ?? null,
        dwellTimeSeconds: input.dwell_time_seconds ?? null,
        responseSaved: input.response_saved ?? null,
        responseShared: input.response_shared ?? null,
        costUsd: input.cost_usd ?? null,
        latencyMs: input.latency_ms ?? null,
      },
      {
        maxCostUsd: input.max_cost_usd ?? REWARD_V1_LIMITS.maxCostUsd,
        maxLatencyMs: input.max_latency_ms ?? REWARD_V1_LIMITS.maxLatencyMs,
      },
    );
    return { reward, parts };
  },
});
