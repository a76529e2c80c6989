/** Durations as people write them: `500ms`, `30s`, `15m`, `24h`, `7d`. */
import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/u;

/** Milliseconds of a duration string, or null when it is not one. */
export function parseDurationMs(text: string): number | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  return Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]);
}

/** A duration in the largest unit that leaves it whole: 900000 -> "15m". */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return `${ms}ms`;
}

/** Schema of a duration string; the parsed value stays the string so that settings read back as they were written. */
export const durationSchema = z
  .string({ error: 'a duration such as "15m"' })
  .refine((text) => parseDurationMs(text) !== null, {
    error: 'a duration such as "15m" (units ms, s, m, h, d)',
  });

/** Milliseconds of a string that `durationSchema` has accepted. Throws RangeError otherwise. */
export function durationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null) throw new RangeError(`duration: "${text}" is given, expected something like "15m"`);
  return ms;
}
