/**
 * What a point adds to what its stream has told before (OpenTelemetry metrics data model, "Temporality", "Resets and gaps").
 * Pure: the state comes from the database and goes back there with the windows.
 *
 * - Gauge: one observation. Delta: itself. Each is remembered by its identity, so it counts once in whatever order it comes.
 * - Cumulative: the difference to the point before. A point that is not newer than the last one of its stream was counted already.
 * - A stream is of one start: with another start another stream begins, whose first value is new as a whole. So it is when the value falls.
 * - A first point only gives a baseline when nobody knows since when its value counts (start 0), and when it counts since before the first contact with
 *   its service, and is of a time at which its instrument was not known yet. Where all streams of an instrument state one start (Go), one that appears later
 *   was not there before, however old the process. One that starts at its own time counts: clocks of milliseconds tell that of a process that flushes at once.
 */
import type { StreamContext } from '../../ports/windows.ts';
import type { WindowStats } from '../../domain/window.ts';
import { differenceOf } from './difference.ts';
import type { OtlpPoint, PointValue } from './point.ts';
import { observationOf, statsOf } from './to-stats.ts';
import { factorBetween } from './units.ts';

/** What is remembered of a stream between its points. `value` only where the next point needs it. */
export interface StreamState {
  readonly startNano: string;
  readonly timeNano: string;
  readonly value: PointValue | null;
}

export interface Advance {
  readonly state: StreamState | null;
  readonly added: WindowStats | null;
  readonly refused?: string;
}

/**
 * A process that began so shortly before the first contact is what made it: SDKs export every minute, and a first export may have been tried again. What it
 * has counted goes into one window.
 */
const NEW_PROCESS_MS = 300_000;
const NANOS_PER_MS = 1_000_000n;

/** @param previous the state that the stream's last point left, null before its first one; perhaps of before streams were told apart by their start */
export function advanceStream(previous: unknown, point: OtlpPoint, context: StreamContext): Advance {
  const told = previous as StreamState | null;
  const { startNano, timeNano, value } = point;
  const { unit } = context;
  const factor = factorBetween(point.unit, unit);
  if (factor === null) {
    const refused = `its unit is "${point.unit}", expected "${unit}" as in its windows, or one that can be turned into that`;
    return { state: told, added: null, refused };
  }
  if (point.temporality !== 'cumulative') {
    const state = { startNano, timeNano, value: null };
    // Its identity is new: only one of before identities were kept can have been counted.
    if (told !== null && isNotNewer(point, told)) return { state: told, added: null };
    return {
      state,
      added: point.temporality === 'gauge' ? observationOf(value, factor) : statsOf(value, factor),
    };
  }
  const before = told?.startNano === startNano ? told : null;
  if (before !== null && isNotNewer(point, before)) return { state: before, added: null };
  const state = { startNano, timeNano, value };
  if (before === null || before.value === null) {
    return { state, added: isBaseline(point, context) ? null : statsOf(value, factor) };
  }
  return { state, added: statsOf(differenceOf(value, before.value) ?? value, factor) };
}

const isNotNewer = ({ timeNano }: OtlpPoint, before: StreamState): boolean =>
  BigInt(timeNano) <= BigInt(before.timeNano);

function isBaseline(
  { startNano, timeNano }: OtlpPoint,
  { seenSinceMs, familySinceNano }: StreamContext,
): boolean {
  if (BigInt(startNano) === 0n) return true;
  if (Number(BigInt(startNano) / NANOS_PER_MS) >= seenSinceMs - NEW_PROCESS_MS) return false;
  // One collection may come in several requests, and an earlier one late.
  return familySinceNano === undefined || BigInt(timeNano) <= BigInt(familySinceNano);
}
