/** What will have been proven when a planned change is promoted, and what will not, in sentences for people. Tells; decides nothing. */
import { ladderOf } from '../src/analysis/rollout/ladder.ts';
import { lossOf } from '../src/analysis/rollout/wording.ts';
import type { GuardrailSpec } from '../src/domain/guardrail.ts';
import type { AbsoluteLimits, RolloutPlan } from '../src/state/rollout/index.ts';

export interface Proofs {
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

export function whatIsProven(plan: RolloutPlan): Proofs {
  if (plan.strategy === 'immediate') {
    return {
      proven: [],
      notProven: [
        'anything: the change is promoted once the gateway has read it back; only the watch afterwards judges, by absolute limits',
      ],
    };
  }
  const compared = comparedLive(plan);
  const atTheEnd = judgedAlone(plan);
  return {
    proven: [...compared.proven, ...atTheEnd.proven],
    notProven: [...compared.notProven, ...atTheEnd.notProven],
  };
}

/** By the last step below 100 %, where each required guardrail has to rule out its whole margin. */
function comparedLive({ guardrails, steps, restsOn }: RolloutPlan): Proofs {
  const ladder = ladderOf(steps);
  const lastBelow = steps[ladder.length - 1];
  if (lastBelow === undefined) {
    const live = 'that it is not worse than the stable configuration on live traffic: no step compares them';
    return restsOn
      ? {
          proven: [
            `in shadow, before the start: not worse than stable (decision ${restsOn.decisionId}, hash ${restsOn.hash})`,
          ],
          notProven: [live],
        }
      : { proven: [], notProven: [live] };
  }
  const required = guardrails.filter((spec) => spec.required);
  const advisory = guardrails.filter((spec) => !spec.required);
  const sharpest = ladder[ladder.length - 1] ?? 1;
  return {
    proven: required.map(
      (spec) => `${spec.id}: no ${lossOf(spec, sharpest)} against stable, by the end of ${lastBelow} %`,
    ),
    notProven: advisory.map((spec) => `${spec.id}: shown, and decides nothing below 100 %`),
  };
}

/** At 100 % there is no control arm: a limit that is set may be proven broken, and one that is not set does not speak. */
function judgedAlone({ guardrails, constraints }: RolloutPlan): Proofs {
  const limits = guardrails.map((spec) => ({ spec, limit: limitOf(spec.id, constraints) }));
  return {
    proven: limits.flatMap(({ spec, limit }) =>
      limit === null ? [] : [`${spec.id}: within its absolute limit at 100 % (${limit})`],
    ),
    notProven: limits.flatMap(({ spec, limit }) =>
      limit === null && spec.required
        ? [`${spec.id} at 100 %: no absolute limit is set, only labels are waited for`]
        : [],
    ),
  };
}

function limitOf(id: GuardrailSpec['id'], limits: AbsoluteLimits): string | null {
  const shown = {
    quality: ['minQuality', limits.minQuality],
    errorRate: ['maxErrorRate', limits.maxErrorRate],
    latencyP95: ['maxLatencyP95Ms', limits.maxLatencyP95Ms],
    cost: ['maxCostPerRequestUsd', limits.maxCostPerRequestUsd],
  } as const;
  const [name, value] = shown[id];
  return value === undefined ? null : `${name} ${value}`;
}
