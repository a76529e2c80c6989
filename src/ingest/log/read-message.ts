/**
 * The values of one message of a log: a CloudEvent in structured or binary mode (Kafka protocol binding 1.0), a list of them, or a raw alert. Pure.
 */
import type { LogMessage } from '../../ports/event-log.ts';
import { EXPECTED_VALUES, MOST_VALUES } from '../events/read-batch.ts';

export type ReadMessage =
  | {
      readonly ok: true;
      readonly values: readonly unknown[];
      /** The message's value is the one event, in structured mode. */
      readonly isText: boolean;
    }
  | { readonly ok: false; readonly reason: string };

const BATCH = 'application/cloudevents-batch+json';
const PREFIX = 'ce_';
/** As of a body over HTTP. A packed batch may hold more, and what is read of JSON takes many times its length. */
const MOST_BYTES = 8 * 1024 * 1024;

const refused = (reason: string): ReadMessage => ({ ok: false, reason });

export function readMessage({
  value,
  headers,
  undecodable,
}: Pick<LogMessage, 'value' | 'headers' | 'undecodable'>): ReadMessage {
  if (undecodable !== undefined) return refused(undecodable);
  if (value === null) return refused('value: nothing is given, expected an event as JSON');
  if (value.length > MOST_BYTES)
    return refused(`value: ${value.length} bytes are given, expected at most ${MOST_BYTES}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch (error) {
    return refused(`value: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (headers[`${PREFIX}specversion`] !== undefined)
    return { ok: true, values: [fromBinary(headers, parsed)], isText: false };
  if (Array.isArray(parsed)) {
    if (parsed.length > MOST_VALUES)
      return refused(`value: ${parsed.length} events are given, expected ${EXPECTED_VALUES}`);
    return parsed.length > 0
      ? { ok: true, values: parsed, isText: false }
      : refused('value: an empty list is given, expected events');
  }
  if (headers['content-type']?.startsWith(BATCH) === true)
    return refused('value: a batch is a list of events');
  return { ok: true, values: [parsed], isText: true };
}

/** Attributes are headers, as UTF-8 text; the value is the data. */
function fromBinary(headers: LogMessage['headers'], data: unknown): Record<string, unknown> {
  const event: Record<string, unknown> = { data };
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(PREFIX)) event[name.slice(PREFIX.length)] = value;
  }
  return { ...event, datacontenttype: headers['content-type'] };
}
