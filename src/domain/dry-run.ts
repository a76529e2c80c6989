/**
 * Metrics of a service's own that are shown beside a rollout and never gate it: what they are called, and what a look says about them.
 * Types and names; the comparison is in `src/analysis/rollout/dry-run.ts`.
 */

/** Names under `metrics` of a feedback event. */
export const FEEDBACK_METRIC = /^[a-z][a-z0-9_]{0,62}$/u;

/** OTLP metrics that may be shown too. Their units are not known: every observation counts. */
export const OTLP_METRICS: readonly string[] = ['llm.response.quality', 'llm.response.relevance'];

/** `binary` 0 or 1, `bounded` 0 to 1, `positive` 0 or more. `direction` is the good one. */
export interface DryRunMetric {
  readonly name: string;
  readonly kind: 'binary' | 'bounded' | 'positive';
  readonly direction: 'increase' | 'decrease';
}

/** One metric at one look, over the present step. `difference` is candidate minus stable; null while it cannot be told. */
export interface DryRunReport extends DryRunMetric {
  readonly values: { readonly stable: number; readonly candidate: number };
  readonly observed: { readonly stable: number | null; readonly candidate: number | null };
  readonly difference: { readonly low: number; readonly estimate: number; readonly high: number } | null;
  readonly reason: string;
}
