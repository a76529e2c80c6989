/**
 * When the next recorded request is due, sped up and repeated for ever. Pure but for the place it has reached: time is
 * an argument.
 */
import type { RecordedArrival } from './recordings.ts';

export type Arrival = RecordedArrival;

export interface Schedule {
  /** Arrivals due by `nowMs` that were not given out before, oldest first. */
  due(nowMs: number): Arrival[];
}

/**
 * The recording plays in a loop. The seam: the first arrival of a round comes one mean gap after the last one of the
 * round before, so the rate does not change there; the pattern simply starts again.
 * @param speed how many times faster than recorded, above 0
 * @param maxLagMs when `due` was not asked for longer than this, the schedule moves to later by the rest, so a stall is
 *   followed by at most this much traffic at once
 * @throws RangeError for a `speed` that is not above 0 or fewer than two arrivals
 */
export function createSchedule(
  arrivals: readonly Arrival[],
  {
    speed,
    startMs,
    maxLagMs,
  }: { readonly speed: number; readonly startMs: number; readonly maxLagMs: number },
): Schedule {
  checkSpeed(speed);
  const roundMs = roundLengthMs(arrivals);
  let originMs = startMs;
  let next = 0;
  const dueMs = (no: number): number => {
    const round = Math.floor(no / arrivals.length);
    return originMs + (round * roundMs + (arrivals[no % arrivals.length]?.offsetMs ?? 0)) / speed;
  };
  return {
    due: (nowMs) => {
      const lagMs = nowMs - dueMs(next) - maxLagMs;
      if (lagMs > 0) originMs += lagMs;
      const due: Arrival[] = [];
      while (dueMs(next) <= nowMs) {
        const arrival = arrivals[next % arrivals.length];
        if (arrival !== undefined) due.push(arrival);
        next += 1;
      }
      return due;
    },
  };
}

/** Mean requests per second of the recording at `speed`, the seam included. */
export function trafficRatePerSecond(arrivals: readonly Arrival[], speed: number): number {
  checkSpeed(speed);
  return (arrivals.length / roundLengthMs(arrivals)) * 1000 * speed;
}

/** From the first arrival to the first one of the next round: the recorded span and one mean gap. */
function roundLengthMs(arrivals: readonly Arrival[]): number {
  const spanMs = (arrivals.at(-1)?.offsetMs ?? 0) - (arrivals[0]?.offsetMs ?? 0);
  if (arrivals.length < 2 || spanMs <= 0) throw new RangeError('arrivals: at least two at different times');
  return spanMs + spanMs / (arrivals.length - 1);
}

function checkSpeed(speed: number): void {
  if (!(speed > 0 && Number.isFinite(speed)))
    throw new RangeError(`speed: ${speed} is given, expected above 0`);
}
