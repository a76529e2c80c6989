/**
 * Reads the usual feedback event without asking each schema: a gateway's, in structured mode, with nothing but what every event has. It takes only
 * what `readEvent` takes, and answers the same; whatever it does not know is null, and read there. Pure.
 */
import { isUtf8 } from 'node:buffer';
import { FEEDBACK_EVENT_TYPE, type FeedbackData } from '../../domain/feedback.ts';
import { LARGEST_TRACKABLE } from '../../math/index.ts';
import type { FeedbackEvent } from '../../ports/feedback-event.ts';
import { isTakenTime } from '../exposure-time.ts';
import { isStorableText } from '../storable-text.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that every event has, and their number: with one more it is not the usual one. */
const ENVELOPE_FIELDS = 5;
const ENVELOPE_FIELDS_WITH_TYPE = 6;
const DATA_FIELDS = 16;
const UNIT_FIELDS = 2;
/** `2026-03-01T12:00:00.000Z`, as `toISOString` writes it. */
const TIME_LENGTH = 24;
const LINE_FEED = 10;
/** Of a line that is kept as it was sent; a repeated key may hide anything in it. */
const MOST_LINE_BYTES = 16_384;
const ESCAPE = Buffer.from('\\u');

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= max;

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= LARGEST_TRACKABLE;

function sizeOf(fields: Fields): number {
  let size = 0;
  for (const name in fields) if (Object.hasOwn(fields, name)) size += 1;
  return size;
}

/** Whether a text may be kept as it is: one line that PostgreSQL reads whatever is in it. */
const isKeepable = (text: Buffer): boolean =>
  text.length <= MOST_LINE_BYTES && !text.includes(LINE_FEED) && !text.includes(ESCAPE) && isUtf8(text);

/** The last time that was read: those that follow each other share it as often as not. */
export class PlainReader {
  #timestamp = '';
  #atMs = Number.NaN;

  /**
   * @param value one CloudEvent in its structured form, as JSON.parse makes it
   * @param text what it was parsed from, where that is one event: kept as it is when it is one line of UTF-8
   */
  read(value: unknown, nowMs: number, text: Buffer | null): FeedbackEvent | null {
    if (!isFields(value) || value['specversion'] !== '1.0' || value['type'] !== FEEDBACK_EVENT_TYPE)
      return null;
    const { source, id, datacontenttype, data } = value;
    const size = sizeOf(value);
    if (
      datacontenttype === 'application/json' ? size !== ENVELOPE_FIELDS_WITH_TYPE : size !== ENVELOPE_FIELDS
    )
      return null;
    if (!isText(source, 500) || !isText(id, 200) || !isFields(data) || sizeOf(data) !== DATA_FIELDS)
      return null;
    if (!this.#isPlain(data, nowMs) || !isStorableText(`${source} ${id}`)) return null;
    const event = { source, id, data };
    return text !== null && isKeepable(text) ? { ...event, line: text } : event;
  }

  #isPlain(data: Fields, nowMs: number): data is Fields & FeedbackData {
    const { id, request_id, service, model, task_type, unit, quality, arm, generation } = data;
    if (data['type'] !== 'model_response' || (arm !== 'stable' && arm !== 'candidate')) return false;
    if (!Number.isSafeInteger(generation) || (generation as number) < 0) return false;
    if (!isFields(unit) || unit['kind'] !== 'request' || sizeOf(unit) !== UNIT_FIELDS) return false;
    const unitId = unit['id'];
    if (!isText(id, 200) || !isText(request_id, 200) || !isText(service, 63) || !isText(unitId, 200))
      return false;
    if (!isText(model, Infinity) || !isText(task_type, 63)) return false;
    if (quality !== null && !(typeof quality === 'number' && quality >= 0 && quality <= 1)) return false;
    if (typeof data['error'] !== 'boolean') return false;
    if (!isCount(data['cost_usd']) || !isCount(data['latency_ms'])) return false;
    if (!isCount(data['input_tokens']) || !isCount(data['output_tokens'])) return false;
    return (
      isStorableText(`${id} ${request_id} ${service} ${model} ${task_type} ${unitId}`) &&
      this.#isTime(data['timestamp'], nowMs)
    );
  }

  #isTime(timestamp: unknown, nowMs: number): boolean {
    if (timestamp !== this.#timestamp) {
      if (typeof timestamp !== 'string' || timestamp.length !== TIME_LENGTH) return false;
      const atMs = Date.parse(timestamp);
      // Only what is written as we would write it: there is no 30th of February in it.
      if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== timestamp) return false;
      this.#timestamp = timestamp;
      this.#atMs = atMs;
    }
    return isTakenTime(this.#atMs, nowMs);
  }
}
