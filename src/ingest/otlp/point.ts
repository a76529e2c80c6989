/** One point of an OTLP stream, checked and told which window it belongs to. Types only. */
import type { StreamPoint } from '../../ports/windows.ts';

/** A gauge or a sum. */
export interface NumberValue {
  readonly kind: 'number';
  readonly value: number;
}

/** `counts[i]` lies in (bounds[i-1], bounds[i]]; there is one more count than bounds. No value is below zero. */
export interface HistogramValue {
  readonly kind: 'histogram';
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** `counts[i]` lies in (base^(offset+i), base^(offset+i+1)], base = 2^(2^-scale); `zeroCount` at zero. */
export interface ExponentialValue {
  readonly kind: 'exponential';
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly scale: number;
  readonly zeroCount: number;
  readonly offset: number;
  readonly counts: readonly number[];
}

export type PointValue = NumberValue | HistogramValue | ExponentialValue;

export interface OtlpPoint extends StreamPoint {
  /** Canonical; empty when none is stated. */
  readonly unit: string;
  /** A sum that may fall is read as a gauge when it is cumulative. */
  readonly temporality: 'gauge' | 'delta' | 'cumulative';
  /** Nanoseconds since the epoch, decimal digits; "0" when the sender does not know the start. */
  readonly startNano: string;
  readonly timeNano: string;
  readonly value: PointValue;
}
