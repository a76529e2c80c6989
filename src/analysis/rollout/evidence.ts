/**
 * The running evidence of a rollout: a few numbers per guardrail, plain JSON, that travel in the workflow's state as the
 * recorded result of a decide activity. It holds no observation and decides nothing; `fold-block.ts` advances it.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { SketchState } from '../../domain/window.ts';
import { coarseAlpha, emptySketch, SKETCH_ALPHA } from '../../math/ddsketch.ts';
import type { Moments } from '../moments.ts';
import { emptyMoments } from '../moments.ts';
import type { OneSampleState } from '../one-sample.ts';
import { emptyRestartingOneSample, emptyRestartingTlg, type Restarting } from '../restarts.ts';
import { emptyTlg, type TlgState } from '../tlg.ts';
import { requireSpec } from './hypotheses.ts';
import { BASELINE_ALPHA, HARM_ALPHA, ladderOf, LATE_HARM_ALPHA } from './ladder.ts';
import { emptyLongWatch, type LongWatch } from './long-watch.ts';

/** A number for each arm. */
export interface PerArm<T> {
  readonly stable: T;
  readonly candidate: T;
}

/** Labels and the sum of their values (for `tail`: how many were slower than the frozen quantile). */
export interface Totals {
  readonly n: number;
  readonly sum: number;
}

/** The non-inferiority process of one rung of the ladder, accumulated from the start of the rollout over all blocks. */
export interface Rung {
  readonly multiple: number;
  readonly process: TlgState;
}

interface GuardrailCounts {
  readonly id: GuardrailSpec['id'];
  /** Labels since the current step began. */
  readonly step: PerArm<number>;
  /** Everything folded since the rollout began. */
  readonly totals: PerArm<Totals>;
}

/** A rate or a tail share, judged by exact block e-processes. `baseline` watches the stable arm against its frozen rate. */
export interface ShareEvidence extends GuardrailCounts {
  readonly kind: 'rate' | 'tail';
  readonly rungs: readonly Rung[];
  readonly harm: Restarting<TlgState>;
  /** Left out in evidence that was begun before there was one. */
  readonly longHarm?: LongWatch;
  readonly lateHarm: Restarting<TlgState>;
  readonly baseline: Restarting<OneSampleState> | null;
}

/** An unbounded mean, judged by an asymptotic sequence that starts anew at every weight. `proven` is the strongest proof at it so far, a record: a verdict needs the present one. */
export interface MeanEvidence extends GuardrailCounts {
  readonly kind: 'mean';
  readonly moments: PerArm<Moments>;
  readonly proven: { readonly multiple: number; readonly logE: number } | null;
  readonly alarm: { readonly weightPct: number; readonly logE: number; readonly limit: number } | null;
}

export type GuardrailEvidence = ShareEvidence | MeanEvidence;

/** Rates of the stable configuration frozen before the start, 0..1; null where unknown. */
export interface FrozenBaseline {
  readonly quality: number | null;
  readonly errorRate: number | null;
}

/** Buckets of the carried latency sketch are this many times as wide as those stored: quantiles within 5 %, a few dozen numbers. */
export const COARSE_FACTOR = 5;

/** What one arm did since the current step began, whether or not the other arm was there. */
export interface ArmTotals {
  readonly quality: Totals;
  readonly error: Totals;
  readonly costUsd: Totals;
  /** The spread of what a program that keeps it folded; left out in a step that was begun before and has seen no cost since. */
  readonly costMoments?: Moments;
  readonly latencyMs: SketchState;
}

/**
 * Everything a verdict needs. `ladder` is the multiple of the margin per step below 100 %; the alphas are frozen at the start, each
 * for one guardrail. `lastBlockNo` and `lastLateNo` are the keys that keep a block from being folded twice.
 */
export interface RolloutEvidence {
  readonly version: 1;
  readonly ladder: readonly number[];
  readonly alpha: { readonly harm: number; readonly late: number; readonly baseline: number };
  readonly frozen: FrozenBaseline;
  readonly lastBlockNo: number | null;
  readonly lastLateNo: number | null;
  readonly blocks: number;
  readonly stepIndex: number | null;
  readonly weightPct: number | null;
  readonly arms: PerArm<ArmTotals>;
  readonly guardrails: readonly GuardrailEvidence[];
}

/** @throws RangeError naming `evidence.version` when the evidence is of another version than this program folds and judges. */
export const requireVersion = ({ version }: { readonly version: number }): void => {
  if (version !== 1) throw new RangeError(`evidence.version must be 1, got ${version}`);
};

/** The frozen rate of the stable arm that belongs to a guardrail, null where there is none. */
export const frozenRateOf = (spec: GuardrailSpec, frozen: FrozenBaseline): number | null => {
  if (spec.kind !== 'rate') return null;
  return spec.metric === 'quality' ? frozen.quality : frozen.errorRate;
};

const zeroes: PerArm<number> = { stable: 0, candidate: 0 };
const nothing: PerArm<Totals> = { stable: { n: 0, sum: 0 }, candidate: { n: 0, sum: 0 } };

/** An arm at the beginning of a step. */
export const emptyArm = (): ArmTotals => ({
  quality: { n: 0, sum: 0 },
  error: { n: 0, sum: 0 },
  costUsd: { n: 0, sum: 0 },
  costMoments: emptyMoments(),
  latencyMs: emptySketch(coarseAlpha(SKETCH_ALPHA, COARSE_FACTOR)),
});

const startGuardrail = (
  spec: GuardrailSpec,
  ladder: readonly number[],
  frozen: FrozenBaseline,
): GuardrailEvidence => {
  const counts = { id: spec.id, step: zeroes, totals: nothing };
  if (spec.kind === 'mean') {
    const moments = { stable: emptyMoments(), candidate: emptyMoments() };
    return { ...counts, kind: 'mean', moments, proven: null, alarm: null };
  }
  return {
    ...counts,
    kind: spec.kind,
    rungs: [...new Set(ladder)].map((multiple) => ({ multiple, process: emptyTlg() })),
    harm: emptyRestartingTlg(),
    longHarm: emptyLongWatch(),
    lateHarm: emptyRestartingTlg(),
    baseline: frozenRateOf(spec, frozen) === null ? null : emptyRestartingOneSample(),
  };
};

/** @throws TypeError naming `baseline`, or RangeError the rate, such as `baseline.quality`. Rates that are null or left out are unknown. */
export const requireBaseline = (baseline: Partial<FrozenBaseline>): void => {
  if (typeof baseline !== 'object' || baseline === null) {
    throw new TypeError(`baseline must be an object, got ${String(baseline)}`);
  }
  for (const name of ['quality', 'errorRate'] as const) {
    const rate = baseline[name] ?? null;
    if (rate !== null && !(rate >= 0 && rate <= 1)) {
      throw new RangeError(`baseline.${name} must be from 0 to 1, got ${rate}`);
    }
  }
};

/**
 * Evidence of a rollout that has seen nothing.
 * @param guardrails what must not get worse; the same list is passed to every later call.
 * @param steps weights in per cent, rising, above 0 and at most 100.
 * @param baseline frozen rates of the stable configuration (0..1), to tell a common fall of both arms from the candidate's fault.
 * @throws RangeError naming the guardrail's field, `steps` or `baseline`.
 */
export const startEvidence = (
  guardrails: readonly GuardrailSpec[],
  steps: readonly number[],
  baseline: Partial<FrozenBaseline> = {},
): RolloutEvidence => {
  guardrails.forEach(requireSpec);
  if (new Set(guardrails.map((g) => g.id)).size !== guardrails.length) {
    throw new RangeError('guardrails must not name the same id twice');
  }
  requireBaseline(baseline);
  const ladder = ladderOf(steps);
  const frozen = { quality: baseline.quality ?? null, errorRate: baseline.errorRate ?? null };
  const share = Math.max(1, guardrails.filter((g) => g.required).length);
  const watched = guardrails.filter((g) => frozenRateOf(g, frozen) !== null).length;
  return {
    version: 1,
    ladder,
    alpha: {
      harm: HARM_ALPHA / share,
      late: LATE_HARM_ALPHA / share,
      baseline: BASELINE_ALPHA / Math.max(1, watched),
    },
    frozen,
    lastBlockNo: null,
    lastLateNo: null,
    blocks: 0,
    stepIndex: null,
    weightPct: null,
    arms: { stable: emptyArm(), candidate: emptyArm() },
    guardrails: guardrails.map((spec) => startGuardrail(spec, ladder, frozen)),
  };
};

/**
 * The evidence with nothing held against the stable arm itself: somebody has looked at a common fall of both arms and goes on, so what
 * was proven until then is not said again. Harm and non-inferiority stay as they are.
 */
export const proveFallAnew = (evidence: RolloutEvidence): RolloutEvidence => ({
  ...evidence,
  guardrails: evidence.guardrails.map((g) =>
    g.kind === 'mean' || g.baseline === null ? g : { ...g, baseline: emptyRestartingOneSample() },
  ),
});
