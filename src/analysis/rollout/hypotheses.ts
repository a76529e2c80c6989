/**
 * Which null hypothesis a guardrail's question is: its kind, good direction and margin, turned into the terms of the tests.
 * Two questions per guardrail: harm ("the candidate is within the margin") and, per rung, non-inferiority ("the candidate is
 * worse by at least that many margins"). Nothing is tested here.
 */
import type { GuardrailSpec } from '../../domain/guardrail.ts';
import { bucketBoundaryAtOrAbove, LARGEST_TRACKABLE } from '../../math/ddsketch.ts';
import type { TlgNull } from '../tlg.ts';

export type Question = 'harm' | 'nonInferiority';

/** A margin times the ladder's multiple never asks more than this share, so that a wide margin still leaves a hypothesis. */
const WIDEST = 0.95;

/** Widest relative rise that can be asked for, in per cent: with more, limits would leave what a sketch can count. */
const WIDEST_RISE_PCT = 1e7;

/** What each kind can be measured on. */
const METRICS_OF: Readonly<Record<GuardrailSpec['kind'], readonly GuardrailSpec['metric'][]>> = {
  rate: ['quality', 'error'],
  tail: ['latencyMs'],
  mean: ['costUsd', 'latencyMs'],
};

/** The largest multiple of the margin on any ladder. */
const STEEPEST = 4;

const requireOneOf = (value: string, allowed: readonly string[], name: string): void => {
  if (!allowed.includes(value))
    throw new RangeError(`${name} must be ${allowed.join(' or ')}, got ${JSON.stringify(value)}`);
};

const requireMargin = ({ kind, direction, margin }: GuardrailSpec, name: string): void => {
  requireOneOf(margin?.kind, ['relative', 'absolute'], `${name}.kind`);
  const [field, size] = margin.kind === 'relative' ? ['pct', margin.pct] : ['points', margin.points];
  const wide = margin.kind === 'absolute' || direction === 'increase' ? 100 : WIDEST_RISE_PCT;
  if (!(size > 0 && size < wide)) {
    throw new RangeError(`${name}.${field} must be above 0 and below ${wide}, got ${size}`);
  }
  if (kind === 'mean' && margin.kind === 'absolute') {
    throw new RangeError(`${name} of a mean must be relative`);
  }
};

/**
 * Checks a guardrail's shape: a margin above 0, points only for shares, and `tail` and `mean` falling.
 * @throws RangeError naming the guardrail and field.
 */
export const requireSpec = (spec: GuardrailSpec): void => {
  if (typeof spec !== 'object' || spec === null) {
    throw new TypeError(`guardrails must hold guardrails, got ${String(spec)}`);
  }
  const name = `guardrails.${spec.id}`;
  requireOneOf(spec.kind, Object.keys(METRICS_OF), `${name}.kind`);
  requireOneOf(spec.metric, METRICS_OF[spec.kind], `${name}.metric`);
  requireOneOf(spec.direction, ['increase', 'decrease'], `${name}.direction`);
  requireMargin(spec, `${name}.margin`);
  if (spec.kind !== 'rate' && spec.direction === 'increase') {
    throw new RangeError(`${name}.direction of a ${spec.kind} must be decrease`);
  }
  if (spec.frozen === null) return;
  const largest = LARGEST_TRACKABLE / (1.05 * (1 + marginShare(spec, STEEPEST)));
  if (!(spec.frozen > 0 && spec.frozen <= largest)) {
    throw new RangeError(
      `${name}.frozen must be a number above 0 and at most ${largest}, got ${spec.frozen}`,
    );
  }
};

/** Share of the stable arm's value (relative) or of the whole range (absolute) that `multiple` margins are. */
export const marginShare = (spec: GuardrailSpec, multiple: number): number => {
  const size = spec.margin.kind === 'relative' ? spec.margin.pct : spec.margin.points;
  const share = (size * multiple) / 100;
  return spec.margin.kind === 'relative' && spec.direction === 'decrease' ? share : Math.min(WIDEST, share);
};

/** The null hypothesis about a `rate` or a `tail` share. For `tail` a relative margin widens the candidate's limit instead. */
export const shareNull = (spec: GuardrailSpec, multiple: number, question: Question): TlgNull => {
  const worse = spec.direction === 'increase' ? -1 : 1;
  const share = marginShare(spec, multiple);
  // Evidence of harm points to the bad side of the boundary, evidence of non-inferiority to the good one.
  const evidenceAbove = worse > 0 === (question === 'harm');
  const side = evidenceAbove ? 'greater' : 'less';
  if (spec.margin.kind === 'absolute') return { kind: 'absolute', margin: worse * share, side };
  return { kind: 'relative', margin: spec.kind === 'tail' ? 1 : 1 + worse * share, side };
};

/** Limits above which a request counts as slow, in ms, and the margin they really make after snapping to bucket boundaries. */
export interface TailLimits {
  readonly stableMs: number;
  readonly candidateMs: number;
  readonly effectiveRisePct: number;
}

/**
 * The frozen quantile for the stable arm, widened by `multiple` margins for the candidate, both moved up to the next bucket boundary of the
 * stored sketches so that the counts above them are exact. The margin in effect, `effectiveRisePct`, is never below the one asked and
 * at most 2.02 % of the limit above it: 20 % asked is 20 to 22.4 % in effect. Null without a frozen quantile.
 * @throws RangeError naming the guardrail's field or `multiple`.
 */
export const tailLimits = (spec: GuardrailSpec, multiple: number): TailLimits | null => {
  requireSpec(spec);
  if (!(multiple > 0 && multiple <= STEEPEST)) {
    throw new RangeError(`multiple must be above 0 and at most ${STEEPEST}, got ${multiple}`);
  }
  if (spec.frozen === null) return null;
  const widening = spec.margin.kind === 'relative' ? 1 + marginShare(spec, multiple) : 1;
  const stableMs = bucketBoundaryAtOrAbove(spec.frozen);
  const candidateMs = bucketBoundaryAtOrAbove(stableMs * widening);
  return { stableMs, candidateMs, effectiveRisePct: (candidateMs / stableMs - 1) * 100 };
};

/** H0: the stable arm is within one margin of its own frozen rate. */
export const baselineNull = (
  spec: GuardrailSpec,
  frozenRate: number,
): { readonly limit: number; readonly side: 'greater' | 'less' } => {
  const fall = marginShare(spec, 1) * (spec.margin.kind === 'relative' ? frozenRate : 1);
  const limit = spec.direction === 'increase' ? frozenRate - fall : frozenRate + fall;
  return {
    limit: Math.min(1, Math.max(0, limit)),
    side: spec.direction === 'increase' ? 'less' : 'greater',
  };
};
