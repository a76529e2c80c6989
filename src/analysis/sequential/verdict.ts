/** What a look at an experiment says. Types only: the judging is in `judge.ts`. */
import type { Pair } from './state.ts';

/**
 * | outcome | when |
 * |---|---|
 * | `harm` | a required guardrail's harm is proven in a variant; the one verdict that `frozen` does not hold back |
 * | `frozen` | traffic is not split as it should be, or a variant is not labelled as often as control, so nothing can be said (sticky) |
 * | `winner` | a variant is better after Holm's correction, and each required guardrail's loss is ruled out in it |
 * | `controlBetter` | every variant is proven worse |
 * | `noDifference` | the cap is reached, or time is up, without any of these |
 * | `unjudged` | no error probability is left for a verdict that could still come: a mean whose stages are spent, a fixed horizon that was judged before something else answered |
 * | `running` | none of these yet |
 */
export type ExperimentOutcome =
  'winner' | 'controlBetter' | 'noDifference' | 'harm' | 'frozen' | 'unjudged' | 'running';

/**
 * A metric as observed: means (rates, shares) of both arms compared within blocks, on the metric's scale; `relative` is the difference over control's
 * value (on the log scale the ratio minus 1). Null while an arm has nothing.
 */
export interface Observed {
  readonly control: number | null;
  readonly variant: number | null;
  readonly difference: number | null;
  readonly relative: number | null;
}

/** Confidence sequence of variant - control since stage `stage` began, on the metric's scale; it covers at every look at once. */
export interface ShownInterval {
  readonly low: number;
  readonly high: number;
  readonly alpha: number;
  readonly stage: number;
}

/** One guardrail of one variant. `p` is the always-valid p of "worse by the margin". Only `pass` lets a variant win. */
export interface GuardrailLook {
  readonly metric: string;
  readonly required: boolean;
  readonly outcome: 'pass' | 'harm' | 'inconclusive' | 'noData';
  readonly reason: string;
  readonly observed: Observed;
  readonly interval: ShownInterval | null;
  readonly p: number;
  /** Evidence of harm, and what it must reach. */
  readonly harm: { readonly logE: number; readonly limit: number };
  readonly labels: Pair<number>;
}

/**
 * One variant. `p` is the always-valid p-value of "no difference" (`better` designs: of "not better"), `pAdjusted` by Holm over the
 * variants; both only fall. `labelsNeeded` is about how many more outcomes per arm the verdict on it takes: its evidence so far
 * extrapolated, at most what the cap leaves.
 */
export interface VariantLook {
  readonly variant: string;
  readonly status: 'better' | 'worse' | 'undecided';
  readonly reason: string;
  readonly observed: Observed;
  readonly interval: ShownInterval | null;
  readonly logE: number;
  readonly p: number;
  readonly pAdjusted: number;
  readonly labels: Pair<number>;
  readonly labelsNeeded: number;
  /** Evidence that the variant is not labelled as often as control, at its maximum, and what it must reach; null when nobody counted. */
  readonly labelParity: { readonly logE: number; readonly limit: number; readonly mismatch: boolean } | null;
  readonly guardrails: readonly GuardrailLook[];
}

/** The verdict with its reason in one sentence; `variant` is the one it is about, null where it is about all. */
export interface ExperimentVerdict {
  readonly outcome: ExperimentOutcome;
  readonly variant: string | null;
  readonly reason: string;
  /** Of a fixed horizon that was judged: how often what answers had changed until then. It holds for that phase alone. */
  readonly phase?: number;
  readonly perVariant: readonly VariantLook[];
  /** Evidence that the split is broken, and what it must reach; null when nobody counted exposures. */
  readonly sampleRatio: {
    readonly logBayesFactor: number;
    readonly limit: number;
    readonly mismatch: boolean;
  } | null;
}
