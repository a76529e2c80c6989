/**
 * When a message came into its topic, also when it has been a dead letter since: a replay is a new message, with a time of its own, and an event without a time
 * would move to the window of the replay. Pure.
 */
import type { LogMessage } from '../../ports/event-log.ts';

/** Of a replayed message: what `sentAtMs` was of the one that could not be read, in milliseconds since the epoch. */
export const SENT_HEADER = 'llm-optimizer-sent-ms';

/** Milliseconds since the epoch, exactly; null where nobody knows. */
export function sentAtMs({
  headers,
  timestampMs,
}: Pick<LogMessage, 'headers' | 'timestampMs'>): number | null {
  const told = headers[SENT_HEADER];
  const ms = told !== undefined && /^\d{1,15}$/u.test(told) ? Number(told) : timestampMs;
  return Number.isSafeInteger(ms) ? ms : null;
}
