/**
 * Which times of exposure are taken: as far back as ingest was told, and hardly into the future. A sender with a wrong clock would otherwise open windows and
 * partitions that nobody ever reads, and what comes later than raw events are kept would go to a partition that is about to be dropped, or was.
 *
 * One bound for the process, set when ingest starts: readers of events know nothing of settings.
 */
import { formatDuration } from '../domain/duration.ts';
import { AHEAD_MS } from '../domain/retention.ts';

const DAY_MS = 86_400_000;
export const USUAL_LATE_MS = 7 * DAY_MS;

let oldestMs = USUAL_LATE_MS;

/** What is expected of a time, in words. */
export let EXPECTED_TIME = inWords(USUAL_LATE_MS);

/** From now on what is late by more than `lateMs` is refused. */
export function takeTimesBack(lateMs: number): void {
  oldestMs = lateMs;
  EXPECTED_TIME = inWords(lateMs);
}

export const isTakenTime = (atMs: number, nowMs: number): boolean =>
  atMs >= nowMs - oldestMs && atMs <= nowMs + AHEAD_MS;

function inWords(lateMs: number): string {
  const days = lateMs / DAY_MS;
  const last = Number.isInteger(days) && days > 1 ? `${days} days` : formatDuration(lateMs);
  return `a time within the last ${last}, at most 1 hour ahead`;
}
