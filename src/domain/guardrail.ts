/**
 * What must not get worse while a change is tried, and what a look at the evidence says about it.
 * Types only: the judging is in `src/analysis/rollout`.
 */

/** How far the candidate may be worse: per cent of the stable arm, or absolute points (0..100) of a rate. */
export type Margin =
  | { readonly kind: 'relative'; readonly pct: number }
  | { readonly kind: 'absolute'; readonly points: number };

/**
 * One guardrail.
 * - `rate`: `quality` or `error`, values in 0..1 (exact block e-process).
 * - `tail`: share of requests slower than a quantile frozen before the start (`frozen`, ms); the margin widens the candidate's limit.
 * - `mean`: unbounded mean such as cost (asymptotic sequence, restarted at every weight).
 * `direction` is the good one. An advisory guardrail (`required: false`) is shown and never decides.
 */
export interface GuardrailSpec {
  readonly id: 'quality' | 'errorRate' | 'latencyP95' | 'cost';
  readonly metric: 'quality' | 'error' | 'latencyMs' | 'costUsd';
  readonly kind: 'rate' | 'tail' | 'mean';
  readonly direction: 'increase' | 'decrease';
  readonly margin: Margin;
  readonly required: boolean;
  /** For `tail` only: the stable arm's quantile, in ms, frozen before the start. */
  readonly frozen: number | null;
}

/** What one look says. Only `pass` lets a step go on; only `harm` takes it back. */
export type GuardrailOutcome = 'pass' | 'harm' | 'inconclusive' | 'noData';

/** What `observed` and `limit` are counted in: a share of requests (0..1), milliseconds, or US dollars per request. */
export type GuardrailUnit = 'share' | 'ms' | 'usd';

/** Point estimates of both arms in the guardrail's unit, null where there is no observation. */
export interface Observed {
  readonly stable: number | null;
  readonly candidate: number | null;
}

/** A decision about one guardrail, with its reason in one sentence and the comparison in numbers. */
export interface GuardrailVerdict {
  readonly id: GuardrailSpec['id'];
  readonly required: boolean;
  readonly outcome: GuardrailOutcome;
  readonly reason: string;
  /**
   * Point estimates, null while an arm has no observation: a rate over everything folded so far, a mean since the current weight began,
   * a tail as the p95 in ms since the current step began, within 5 % (the verdict itself counts exactly).
   */
  readonly observed: Observed;
  /** The candidate's limit at this step in the metric's own unit, null while it cannot be told. */
  readonly limit: number | null;
  /** Evidence as a share of what is needed, 0..1: log e over its threshold, clamped. */
  readonly proof: number;
  readonly harm: number;
  /** Unit-first labels folded so far per arm at this step, and about how many candidate labels this step still needs (null: cannot be told). */
  readonly labels: { readonly stable: number; readonly candidate: number };
  readonly labelsNeeded: number | null;
  /** Left out in verdicts of before this was told. */
  readonly unit?: GuardrailUnit;
  /** Data that was refused and not counted, each with the field's name; left out where there was none. */
  readonly invalid?: readonly string[];
}

/**
 * All guardrails of one look. `healthy` needs every required one to pass with enough labels in both arms. `decidedBy` is the required
 * guardrail that stands worst (null when none is required or both arms fell), and `observed` and `limit` are its; `labelsNeeded` is the
 * largest of the required ones, null where one cannot be told. The four are left out in verdicts of before they were told.
 */
export interface StepVerdict {
  readonly outcome: 'healthy' | 'harm' | 'bothHurt' | 'inconclusive' | 'noData';
  readonly reason: string;
  readonly guardrails: readonly GuardrailVerdict[];
  readonly decidedBy?: GuardrailSpec['id'] | null;
  readonly observed?: Observed;
  readonly limit?: number | null;
  readonly labelsNeeded?: number | null;
}
