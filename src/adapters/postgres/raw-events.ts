/** The raw events of a batch (feedback, pairs of shadows, metrics), each with its identity and its time, and each once. */
import { hash } from 'node:crypto';
import type { EventBatch, MetricEvent } from '../../ports/event-batch.ts';
import type { FeedbackEvent } from '../../ports/feedback-event.ts';
import type { PairEvent } from '../../ports/pairs.ts';

/** `atMs`: exposure. `key`: `event_ids.key`, 32 hexadecimal digits. */
interface Identified<K extends string, E> {
  readonly kind: K;
  readonly event: E;
  readonly atMs: number;
  readonly key: string;
}

export type RawEvent =
  Identified<'feedback', FeedbackEvent> | Identified<'pair', PairEvent> | Identified<'metric', MetricEvent>;

/** Hexadecimal digits of 16 bytes: two events that are not the same share them once in 2^64 events. */
export const KEY_DIGITS = 32;

/** `event_ids.key` of an event. */
export const keyOf = (source: string, id: string): string =>
  hash('sha256', `${source}\0${id}`, 'hex').slice(0, KEY_DIGITS);

/** Of those that come more than once in the batch the first. */
export function rawEvents({
  feedback,
  pairs,
  metrics,
}: Pick<EventBatch, 'feedback' | 'pairs' | 'metrics'>): readonly RawEvent[] {
  const byKey = new Map<string, RawEvent>();
  const add = (of: Pick<RawEvent, 'kind' | 'event'>): void => {
    const { source, id, data } = of.event;
    const key = keyOf(source, id);
    if (!byKey.has(key)) byKey.set(key, { ...of, key, atMs: Date.parse(data.timestamp) } as RawEvent);
  };
  for (const event of feedback) add({ kind: 'feedback', event });
  for (const event of pairs) add({ kind: 'pair', event });
  for (const event of metrics) add({ kind: 'metric', event });
  return [...byKey.values()];
}
