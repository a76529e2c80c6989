/** A guardrail in words: its margin, its unit, which direction is better. Shows; decides nothing. */
import type { GuardrailSpec } from '../domain/guardrail.ts';

export function marginOf({ margin, direction }: Pick<GuardrailSpec, 'margin' | 'direction'>): string {
  const way = direction === 'increase' ? 'drop' : 'rise';
  return margin.kind === 'relative' ? `${way} of ${margin.pct} %` : `${way} of ${margin.points} points`;
}

/** What its values are counted in; a tail's are milliseconds at the frozen p95. */
export function unitName({ metric }: Pick<GuardrailSpec, 'metric'>): string {
  return (
    {
      quality: 'share 0 to 1',
      error: 'share of requests',
      latencyMs: 'ms',
      costUsd: 'USD per request',
    } as const
  )[metric];
}

export function betterOf({ direction }: Pick<GuardrailSpec, 'direction'>): string {
  return direction === 'increase' ? 'higher' : 'lower';
}
