/** How a verdict is put into words: one sentence that quotes the comparison with numbers and units. Decides nothing. */
import type { GuardrailSpec, GuardrailUnit } from '../../domain/guardrail.ts';
import { marginShare } from './hypotheses.ts';

const trim = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));

/** A count with thousands separators, such as 2,400. */
export const inThousands = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** The guardrail as a person calls it. */
export const nameOf = (spec: Pick<GuardrailSpec, 'id'>): string =>
  ({ quality: 'quality', errorRate: 'error rate', latencyP95: 'p95 latency', cost: 'cost' })[spec.id];

/** What the guardrail's values are counted in. */
export const unitOf = ({ metric }: Pick<GuardrailSpec, 'metric'>): GuardrailUnit =>
  (({ quality: 'share', error: 'share', latencyMs: 'ms', costUsd: 'usd' }) as const)[metric];

/** A value in the guardrail's own unit. */
export const valueOf = (spec: Pick<GuardrailSpec, 'kind' | 'metric'>, value: number | null): string => {
  if (value === null) return 'unknown';
  if (spec.kind === 'tail') return `${inThousands(value)} ms`;
  if (spec.kind === 'mean') return `${trim(value, 4)} ${spec.metric === 'costUsd' ? 'USD' : 'ms'}`;
  return spec.kind === 'rate' && spec.metric === 'quality'
    ? value.toFixed(3)
    : `${(value * 100).toFixed(2)} %`;
};

/** "quality 0.812 vs 0.809", candidate first. */
export const comparisonOf = (
  spec: GuardrailSpec,
  { stable, candidate }: { readonly stable: number | null; readonly candidate: number | null },
): string => {
  const pair = `${nameOf(spec)} ${valueOf(spec, candidate)} vs ${valueOf(spec, stable)}`;
  return spec.kind === 'mean' ? `${pair} per request` : pair;
};

/** "drop of 20 %", "rise of 4 points": the loss that a rung rules out, after the limits of its kind. */
export const lossOf = (spec: GuardrailSpec, multiple: number): string => {
  const way = spec.direction === 'increase' ? 'drop' : 'rise';
  const size = trim(marginShare(spec, multiple) * 100, 4);
  const unit = spec.margin.kind === 'relative' ? '%' : size === '1' ? 'point' : 'points';
  return `${way} of ${size} ${unit}`;
};

/** "(log e 3.4 of 3.0)". */
export const evidenceOf = (logE: number, limit: number): string =>
  `(log e ${logE.toFixed(1)} of ${limit.toFixed(1)})`;

/** Any value in a message, shortened: data that is refused may be anything. */
export const shown = (value: unknown): string => {
  if (typeof value === 'number' || value === undefined) return String(value);
  try {
    const text = JSON.stringify(value) ?? typeof value;
    return text.length > 60 ? `${text.slice(0, 60)}...` : text;
  } catch {
    return `a ${typeof value}`;
  }
};
