/** A service's settings as the guardrails that a rollout is judged by. Maps; decides nothing. */
import type { GuardrailSpec } from './guardrail.ts';
import type { ServiceSettings } from './service-settings.ts';

/**
 * The guardrails in the order in which they are shown. The tail is measured against `frozenP95Ms`, the stable arm's p95 in
 * ms frozen before the start; null while it is unknown, and then a required tail never passes.
 */
export function guardrailsOf(
  settings: ServiceSettings,
  frozenP95Ms: number | null,
): readonly GuardrailSpec[] {
  const { quality, errorRate, latencyP95, cost } = settings.guardrails;
  return [
    {
      id: 'quality',
      metric: 'quality',
      kind: 'rate',
      direction: 'increase',
      margin: { kind: 'relative', pct: quality.maxDropPct },
      required: quality.required,
      frozen: null,
    },
    {
      id: 'errorRate',
      metric: 'error',
      kind: 'rate',
      direction: 'decrease',
      margin: { kind: 'absolute', points: errorRate.maxRisePoints },
      required: errorRate.required,
      frozen: null,
    },
    {
      id: 'latencyP95',
      metric: 'latencyMs',
      kind: 'tail',
      direction: 'decrease',
      margin: { kind: 'relative', pct: latencyP95.maxRisePct },
      required: latencyP95.required,
      frozen: frozenP95Ms,
    },
    {
      id: 'cost',
      metric: 'costUsd',
      kind: 'mean',
      direction: 'decrease',
      margin: { kind: 'relative', pct: cost.maxRisePct },
      required: cost.required,
      frozen: null,
    },
  ];
}
