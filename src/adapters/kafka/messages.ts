/** Messages of kafkajs as those of the port, and back. */
import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { LogMessage, OutgoingMessage } from '../../ports/event-log.ts';
import { BATCH_HEADER, UNDECODABLE_HEADER, unpackBatch } from './compression/index.ts';

export function toLogMessage({ offset, key, value, headers, timestamp }: KafkaMessage): LogMessage {
  const texts = headers === undefined ? {} : textsOf(headers);
  const undecodable = texts[UNDECODABLE_HEADER];
  return {
    offset: Number(offset),
    key,
    value,
    headers: undecodable === undefined ? texts : { [BATCH_HEADER]: value === null ? 'part' : 'whole' },
    // -1: nobody gave one.
    timestampMs: Number(timestamp) > 0 ? Number(timestamp) : null,
    ...(undecodable !== undefined && { undecodable }),
  };
}

/** See `EventLog.unpack`. */
export async function unpack({ value, headers }: LogMessage): Promise<readonly LogMessage[] | null> {
  if (headers[BATCH_HEADER] === undefined) return null;
  return value === null ? [] : unpackBatch(value);
}

function textsOf(headers: IHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, given] of Object.entries(headers)) {
    const value = Array.isArray(given) ? given.at(-1) : given;
    if (value !== undefined && value !== null) texts[name] = value.toString();
  }
  return texts;
}

export const toKafkaMessage = ({ key, value, headers }: OutgoingMessage): Message => ({
  key,
  value,
  headers: { ...headers },
});
