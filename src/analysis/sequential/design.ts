/**
 * What an experiment asks, frozen at its start: arms, metrics, margins, error rates and the cap. Every guarantee of the analysis holds for
 * the design as it was when the first outcome came in, so nothing here may change later. It holds no evidence and decides nothing.
 */
import { LARGEST_TRACKABLE } from '../../math/ddsketch.ts';
import { requireOpenUnit, requirePositive, requireWhole } from '../../math/require.ts';
import { CAP_FACTOR } from '../sample-size/plan-experiment.ts';

/**
 * The scale on which an unbounded mean is compared. Heavy tails break a mean's large-sample theory, so a cost or a latency is taken as its
 * logarithm (compares ratios of typical values) or cut at `cap` (in the metric's unit); either is chosen before the start.
 */
export type MetricScale =
  { readonly kind: 'raw' } | { readonly kind: 'log' } | { readonly kind: 'winsorised'; readonly cap: number };

/**
 * One metric. `direction` is the good one.
 * - `proportion`: successes of trials; exact block e-process.
 * - `score`: graded marks in 0..1; exact betting e-process. It bets on the assignment weights of each block, so it breaks when units are not
 *   split as these say, and when one arm's outcomes are graded more often than the other's, however alike the grades: count `labelled` (`ExperimentBlock`) where
 *   not every outcome is graded.
 * - `mean`: unbounded; asymptotic confidence sequence, started anew whenever the weights change.
 * - `tail`: share of values above a quantile of the control that was frozen before the start; exact block e-process.
 */
export type MetricSpec = { readonly id: string; readonly direction: 'increase' | 'decrease' } & (
  | { readonly kind: 'proportion' }
  | { readonly kind: 'score' }
  | { readonly kind: 'mean'; readonly scale: MetricScale }
  | { readonly kind: 'tail'; readonly frozen: number }
);

/**
 * How much worse than control a variant may be: per cent of control's value, or an amount in the metric's own unit (0..1 for shares and
 * scores). For `tail`, per cent widens the variant's limit instead: its requests count as slow above (1 + pct/100) times the frozen quantile.
 */
export type MetricMargin =
  | { readonly kind: 'relative'; readonly pct: number }
  | { readonly kind: 'absolute'; readonly amount: number };

/** A metric that must not get worse by its margin. An advisory one (`required: false`) is shown and never decides. */
export interface ExperimentGuardrail {
  readonly metric: MetricSpec;
  readonly margin: MetricMargin;
  readonly required: boolean;
}

/**
 * The design of a running experiment.
 * - `alternative`: `twoSided` also finds variants that are worse; `better` spends all of `alpha` on finding better ones.
 * - `alpha`: error probability of any wrong verdict on the primary metric over all variants and looks, and of each non-inferiority.
 * - `harmAlpha`: of stopping for harm that is not there, over all required guardrails and variants.
 * - `nFixPerArm`, `capPerArm`, `nOpt`: outcomes that a fixed-size test would need per arm, outcomes per arm at which the experiment ends, and
 *   outcomes of a pair of arms in total at which the sequences are tightest (need not be precise).
 * - `stages`: how many times weights will be set, the first included. Means may be judged in that many stages, each with its share of alpha.
 */
export interface ExperimentDesign {
  readonly control: string;
  readonly variants: readonly string[];
  readonly primary: MetricSpec;
  readonly alternative: 'twoSided' | 'better';
  readonly guardrails: readonly ExperimentGuardrail[];
  readonly alpha: number;
  readonly harmAlpha: number;
  readonly nFixPerArm: number;
  readonly capPerArm: number;
  readonly nOpt: number;
  readonly stages: number;
}

/** A design as it is asked for; what is left out gets the default that `completeDesign` states. */
export type ExperimentDesignInput = Pick<
  ExperimentDesign,
  'control' | 'variants' | 'primary' | 'nFixPerArm'
> &
  Partial<ExperimentDesign>;

/** @throws TypeError unless `value` is an object that is no list. */
export const requireRecord = (name: string, value: unknown): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, got ${JSON.stringify(value)}`);
  }
};

const requireNames = (name: string, values: readonly string[]): void => {
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string' && value !== '')) {
    throw new TypeError(`${name} must be non-empty strings, got ${JSON.stringify(values)}`);
  }
  if (new Set(values).size !== values.length) {
    throw new RangeError(`${name} must not repeat a name, got ${JSON.stringify(values)}`);
  }
};

/** A tail's limit, widened by the margin, must be a value that sketches can hold. */
const LARGEST_LIMIT = LARGEST_TRACKABLE / 100;
const WIDEST_TAIL_PCT = 1000;

/** @throws RangeError or TypeError naming the field under `name`. */
export const requireMetric = (metric: MetricSpec, name: string): void => {
  requireRecord(name, metric);
  requireNames(`${name}.id`, [metric.id]);
  if (metric.direction !== 'increase' && metric.direction !== 'decrease') {
    throw new RangeError(`${name}.direction must be increase or decrease, got ${String(metric.direction)}`);
  }
  if (metric.kind === 'mean') {
    requireRecord(`${name}.scale`, metric.scale);
    if (!['raw', 'log', 'winsorised'].includes(metric.scale.kind)) {
      throw new RangeError(`${name}.scale must be raw, log or winsorised, got ${metric.scale.kind}`);
    }
    if (metric.scale.kind === 'winsorised') requirePositive(`${name}.scale.cap`, metric.scale.cap);
  } else if (metric.kind === 'tail') {
    requirePositive(`${name}.frozen`, metric.frozen);
    if (metric.frozen > LARGEST_LIMIT) {
      throw new RangeError(`${name}.frozen must be at most ${LARGEST_LIMIT}, got ${metric.frozen}`);
    }
    if (metric.direction !== 'decrease') {
      throw new RangeError(`${name}.direction of a tail must be decrease, got ${metric.direction}`);
    }
  } else if (metric.kind !== 'proportion' && metric.kind !== 'score') {
    throw new RangeError(
      `${name}.kind must be proportion, score, mean or tail, got ${String(metric['kind'])}`,
    );
  }
};

/** @throws RangeError or TypeError naming the field under `name`. */
export const requireMargin = (margin: MetricMargin, metric: MetricSpec, name: string): void => {
  requireRecord(name, margin);
  if (margin.kind !== 'relative' && margin.kind !== 'absolute') {
    throw new RangeError(`${name}.kind must be relative or absolute, got ${String(margin['kind'])}`);
  }
  if (margin.kind === 'relative') {
    requirePositive(`${name}.pct`, margin.pct);
    if (metric.direction === 'increase' && margin.pct >= 100) {
      throw new RangeError(`${name}.pct must be below 100, got ${margin.pct}`);
    }
    if (metric.kind === 'tail' && margin.pct > WIDEST_TAIL_PCT) {
      throw new RangeError(`${name}.pct of a tail must be at most ${WIDEST_TAIL_PCT}, got ${margin.pct}`);
    }
    return;
  }
  requirePositive(`${name}.amount`, margin.amount);
  if (metric.kind !== 'mean' && margin.amount >= 1) {
    throw new RangeError(`${name}.amount of a ${metric.kind} must be below 1, got ${margin.amount}`);
  }
  if (metric.kind === 'mean' && metric.scale.kind === 'log') {
    throw new RangeError(`${name} of a mean on the log scale must be relative`);
  }
};

const requireGuardrails = (guardrails: readonly ExperimentGuardrail[]): void => {
  if (!Array.isArray(guardrails)) throw new TypeError('guardrails must be a list');
  guardrails.forEach((guardrail, i) => {
    requireRecord(`guardrails[${i}]`, guardrail);
    requireMetric(guardrail.metric, `guardrails[${i}].metric`);
    requireMargin(guardrail.margin, guardrail.metric, `guardrails[${i}].margin`);
  });
};

/** Split over variants and stages it must still be a probability that numbers can hold. */
const LEAST_ALPHA = 1e-9;

/**
 * The design with its defaults filled in: two-sided, no guardrails, alpha .05, harmAlpha = alpha, cap 2.25 x nFixPerArm, nOpt
 * 2 x nFixPerArm, one stage.
 * @throws RangeError or TypeError that begins with the field's name.
 */
export const completeDesign = (input: ExperimentDesignInput): ExperimentDesign => {
  requireRecord('design', input);
  requirePositive('nFixPerArm', input.nFixPerArm);
  const design: ExperimentDesign = {
    alternative: 'twoSided',
    guardrails: [],
    alpha: 0.05,
    harmAlpha: input.alpha ?? 0.05,
    capPerArm: Math.ceil(CAP_FACTOR * input.nFixPerArm),
    nOpt: 2 * input.nFixPerArm,
    stages: 1,
    ...input,
  };
  requireNames('control', [design.control]);
  requireNames('variants', design.variants);
  if (design.variants.length === 0) throw new RangeError('variants must name at least one arm');
  requireNames('variants', [design.control, ...design.variants]);
  requireMetric(design.primary, 'primary');
  if (design.alternative !== 'twoSided' && design.alternative !== 'better') {
    throw new RangeError(`alternative must be twoSided or better, got ${String(design.alternative)}`);
  }
  requireGuardrails(design.guardrails);
  requireNames('guardrails', [design.primary.id, ...design.guardrails.map(({ metric }) => metric.id)]);
  if (!(design.alpha >= LEAST_ALPHA && design.alpha < 0.5)) {
    throw new RangeError(`alpha must be from ${LEAST_ALPHA} to below 0.5, got ${design.alpha}`);
  }
  requireOpenUnit('harmAlpha', design.harmAlpha);
  requirePositive('capPerArm', design.capPerArm);
  if (!(design.nOpt >= 1 && design.nOpt < Infinity)) {
    throw new RangeError(`nOpt must be a finite number from 1, got ${design.nOpt}`);
  }
  requireWhole('stages', design.stages, 1);
  return design;
};

/** All arms, control first. */
export const armsOf = ({ control, variants }: ExperimentDesign): readonly string[] => [control, ...variants];

/** All metrics, the primary first. */
export const metricsOf = ({ primary, guardrails }: ExperimentDesign): readonly MetricSpec[] => [
  primary,
  ...guardrails.map(({ metric }) => metric),
];

/**
 * Level of each displayed interval. Those of the primary metric cover at once, over variants and stages, with 1 - alpha (asymptotically); so do those of any
 * one guardrail, but not those of all metrics together.
 */
export const intervalAlpha = ({ alpha, variants, stages }: ExperimentDesign): number =>
  alpha / (variants.length * stages);

/** Share of harmAlpha that each guardrail of each variant may spend. */
export const harmShare = ({ harmAlpha, variants, guardrails }: ExperimentDesign): number =>
  harmAlpha / (variants.length * Math.max(1, guardrails.filter(({ required }) => required).length));
