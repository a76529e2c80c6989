/**
 * Which times of exposure are taken: as far back as raw events are kept, and hardly into the future. A sender with a
 * wrong clock would otherwise open windows and partitions that nobody ever reads.
 */
const OLDEST_MS = 7 * 86_400_000;
const FUTURE_MS = 3_600_000;

export const EXPECTED_TIME = 'a time within the last 7 days, at most 1 hour ahead';

export const isTakenTime = (atMs: number, nowMs: number): boolean =>
  atMs >= nowMs - OLDEST_MS && atMs <= nowMs + FUTURE_MS;
