/**
 * What a point adds to what its stream has told before (OpenTelemetry metrics data model, "Temporality", "Resets and gaps").
 * Pure: the state comes from the database and goes back there with the windows.
 *
 * - Gauge: one observation. Delta: itself. Cumulative: the difference to the point before.
 * - A point that is not newer than the last one of its stream was counted already: a retried export adds nothing.
 * - A cumulative stream starts again when its start time changes or its value falls; then the whole value is new.
 * - A cumulative stream whose start is not known (0) only gives a baseline with its first point.
 */
import type { WindowStats } from '../../domain/window.ts';
import { differenceOf } from './difference.ts';
import type { OtlpPoint, PointValue } from './point.ts';
import { observationOf, statsOf } from './to-stats.ts';

/** What is remembered of a stream between its points. `value` only where the next point needs it. */
export interface StreamState {
  readonly startNano: string;
  readonly timeNano: string;
  readonly value: PointValue | null;
}

export interface Advance {
  readonly state: StreamState;
  readonly added: WindowStats | null;
}

/** @param previous the state that the stream's last point left, null before its first one */
export function advanceStream(previous: unknown, point: OtlpPoint): Advance {
  const before = previous as StreamState | null;
  if (before !== null && BigInt(point.timeNano) <= BigInt(before.timeNano)) {
    return { state: before, added: null };
  }
  const { startNano, timeNano, value } = point;
  if (point.temporality !== 'cumulative') {
    const added = point.temporality === 'gauge' ? observationOf(value) : statsOf(value);
    return { state: { startNano, timeNano, value: null }, added };
  }
  const state = { startNano, timeNano, value };
  if (before === null || before.value === null) {
    return { state, added: startNano === '0' ? null : statsOf(value) };
  }
  if (before.startNano !== startNano) return { state, added: statsOf(value) };
  return { state, added: statsOf(differenceOf(value, before.value) ?? value) };
}
