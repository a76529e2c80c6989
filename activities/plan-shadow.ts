/** The shadow of a rollout's plan: whether there is one, what it needs, and whether the gateway can copy at all. */
import { planPairs } from '../src/analysis/index.ts';
import { formatDuration } from '../src/domain/duration.ts';
import type { Problem } from '../src/domain/failure.ts';
import type { GuardrailSpec } from '../src/domain/guardrail.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import type { RolloutInput } from '../src/domain/workflow-input.ts';
import type { RolloutPlan } from '../src/state/rollout/index.ts';
import type { Baseline } from './baseline.ts';
import type { ActivityPorts } from './ports.ts';

function hasShadow({ rollout }: ServiceSettings, { strategy, shadowOnly }: RolloutInput): boolean {
  return shadowOnly === true || (strategy ?? rollout.strategy) === 'shadow';
}

/** A driver whose product cannot copy is refused by name. */
export function problemsOfShadow(
  ports: Pick<ActivityPorts, 'orchestratorFor'>,
  settings: ServiceSettings,
  input: RolloutInput,
): readonly Problem[] {
  if (!hasShadow(settings, input)) return [];
  const gateway = ports.orchestratorFor(gatewayTargetOf(settings));
  if (gateway.capabilities.shadow === true) return [];
  const what = gateway.parts ? 'several targets' : `the ${settings.orchestrator.driver} driver`;
  const expected = `a gateway that can copy requests; ${what} cannot`;
  return [{ field: 'strategy', value: 'shadow', expected }];
}

/** The plan's part about the shadow; nothing without one. Requests that are labelled stand for requests: the others come on top. */
export function shadowPlanOf(
  settings: ServiceSettings,
  input: RolloutInput,
  guardrails: readonly GuardrailSpec[],
  baseline: Baseline,
): Pick<RolloutPlan, 'shadow'> {
  if (!hasShadow(settings, input)) return {};
  const { copyPct, minPairs, maxCopies, quality } = settings.rollout.shadow;
  const judged = quality === 'judged';
  const needed = planPairs({ guardrails, baseline, minPairs, judged })?.pairs ?? null;
  const perHour = (baseline.labelsPerHour * copyPct) / 100;
  return {
    shadow: {
      copyPct,
      minPairs,
      maxCopies: maxCopies ?? null,
      only: input.shadowOnly === true,
      judged,
      pairs: {
        needed,
        perHour: Math.round(perHour),
        expectedMs: needed === null ? null : Math.round((needed * 3_600_000) / Math.max(1, perHour)),
      },
    },
  };
}

/** A shadow whose pairs cannot come within the longest time of a rollout. */
export function pairsInTime({ shadow, maxRolloutMs }: RolloutPlan): readonly Problem[] {
  if (!shadow || shadow.pairs.expectedMs === null || shadow.pairs.expectedMs <= maxRolloutMs) return [];
  const { needed, perHour } = shadow.pairs;
  const expected = `pairs within ${formatDuration(maxRolloutMs)}: about ${needed ?? 0} are needed and ${perHour} an hour come; "force": true starts all the same`;
  return [{ field: 'strategy', value: 'shadow', expected }];
}
