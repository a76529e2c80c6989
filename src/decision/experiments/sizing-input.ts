/** What an experiment is sized from, and what of it is refused. It sizes nothing. */
import { requireClosedUnit, requireFinite, requireOpenUnit, requirePositive } from '../../math/require.ts';
import type { AnalysisKind, PrimaryKind } from '../../domain/experiment.ts';
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import type { Unit } from '../../domain/orchestrator-wire.ts';
import type { Weights } from '../../state/experiment/index.ts';
import type { Shares } from './labels-needed.ts';

/** A mean and its standard deviation over units. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

/** What the stable configuration has shown lately. Per-hour counts are of the whole service. */
export interface SizingBaseline {
  /** Mean quality, between 0 and 1; `sd` of marks, left out for good or bad answers. */
  readonly quality: { readonly mean: number; readonly sd?: number };
  /** Share of requests that fail, and US dollars per request; null while nothing is known. */
  readonly errorRate: number | null;
  readonly costUsd: Spread | null;
  readonly labelsPerHour: number;
  /** Units (requests, or first requests of a user) per hour, which is how fast costs come in. */
  readonly unitsPerHour: number;
}

export interface SizingInput {
  readonly primary: PrimaryKind;
  readonly analysis: AnalysisKind;
  /** Ids, the control first. */
  readonly arms: readonly string[];
  readonly weights: Weights;
  readonly baseline: SizingBaseline;
  /** Per cent of the baseline that quality is to gain, or that cost is to fall by. */
  readonly minImprovementPct: number;
  readonly minCostReductionPct: number;
  /** The service's (`guardrailsOf`); a required one must be shown to be kept before anything wins. */
  readonly guardrails: readonly GuardrailSpec[];
  readonly ramp: { readonly exposedPct: readonly number[]; readonly everyMs: number };
  readonly alpha?: number;
  readonly power?: number;
  /** The experiment goes on to at least this many labels per arm. */
  readonly minSamples?: number;
  readonly matureAfterMs: number;
  readonly maxDurationMs: number;
  /** Whose first outcome counts; what it says is that users who come back are counted once. */
  readonly unit?: Unit;
  /** The shortest block that evidence can be folded in by. */
  readonly blockMs?: number;
}

/** Shares that sum to 1. @throws RangeError naming arms or weights. */
export const sharesOf = ({ arms, weights }: Pick<SizingInput, 'arms' | 'weights'>): Shares => {
  const share = (arm: string): number => {
    const weight = weights[arm];
    if (!(weight !== undefined && weight > 0 && weight < Infinity)) {
      throw new RangeError(`weights must give every arm a share above 0, got ${String(weight)} for ${arm}`);
    }
    return weight;
  };
  if (arms.length < 2) {
    throw new RangeError(`arms must name the control and at least one variant, got ${arms.length}`);
  }
  const shares = arms.map(share);
  const total = shares.reduce((sum, one) => sum + one, 0);
  const [control, ...variants] = shares.map((one) => one / total);
  return { control: control!, variants };
};

/** @throws RangeError naming the field. */
export const requireSizingInput = ({
  baseline,
  ramp,
  maxDurationMs,
  matureAfterMs,
  ...input
}: SizingInput): void => {
  requireOpenUnit('baseline.quality.mean', baseline.quality.mean);
  if (baseline.quality.sd !== undefined) requirePositive('baseline.quality.sd', baseline.quality.sd);
  if (baseline.costUsd !== null) {
    requirePositive('baseline.costUsd.mean', baseline.costUsd.mean);
    requirePositive('baseline.costUsd.sd', baseline.costUsd.sd);
  }
  for (const field of ['labelsPerHour', 'unitsPerHour'] as const) {
    requireFinite(`baseline.${field}`, baseline[field]);
    if (baseline[field] < 0) throw new RangeError(`baseline.${field} must be from 0, got ${baseline[field]}`);
  }
  for (const field of ['minImprovementPct', 'minCostReductionPct'] as const) {
    requirePositive(field, input[field]);
  }
  if (input.minCostReductionPct >= 100) {
    throw new RangeError(`minCostReductionPct must be below 100, got ${input.minCostReductionPct}`);
  }
  if (baseline.errorRate !== null) requireClosedUnit('baseline.errorRate', baseline.errorRate);
  requirePositive('maxDurationMs', maxDurationMs);
  requireFinite('matureAfterMs', matureAfterMs);
  if (matureAfterMs < 0) throw new RangeError(`matureAfterMs must be from 0, got ${matureAfterMs}`);
  if (ramp.exposedPct.length === 0 || !ramp.exposedPct.every((pct) => pct >= 0 && pct <= 100)) {
    throw new RangeError(
      `ramp.exposedPct must be one or more per cents, got ${JSON.stringify(ramp.exposedPct)}`,
    );
  }
  if (ramp.exposedPct.length > 1) requirePositive('ramp.everyMs', ramp.everyMs);
};
