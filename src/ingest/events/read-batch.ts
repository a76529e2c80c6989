/** A batch of events told apart: those that can be stored, alerts, and those with problems, each with its place in the batch. */
import type { Alert } from '../../domain/alert.ts';
import type { Problem } from '../../domain/failure.ts';
import type { Serving } from '../../ports/windows.ts';
import type { IngestContext } from '../context.ts';
import { EXPECTED_NESTING, isTooDeep } from '../nesting.ts';
import { isStorableText } from '../storable-text.ts';
import { partlyToldService, unattributedService } from './attribute.ts';
import { isAlert, readAlert } from './read-alert.ts';
import { readEvent, type ReadEvent } from './read-event.ts';
import { PlainReader } from './read-plain.ts';

/** Values of one body or message: each that cannot be read is an answer and a row of its own, and all of them one transaction. */
export const MOST_VALUES = 10_000;
export const EXPECTED_VALUES = `at most ${MOST_VALUES} events at once`;

export interface Good {
  readonly index: number;
  readonly read: Extract<ReadEvent, { ok: true }>;
}

export interface GoodAlert {
  readonly index: number;
  readonly alert: Alert;
}

export interface Bad {
  readonly index: number;
  readonly problems: readonly Problem[];
}

export interface ReadBatch {
  readonly good: readonly Good[];
  readonly alerts: readonly GoodAlert[];
  readonly bad: readonly Bad[];
}

interface AsksWhatServes {
  readonly store: Pick<IngestContext['store'], 'serving'>;
}

/** What is known of a value beside it, by its place. */
export interface ValueOrigin {
  /** When it was sent, for events that leave their time out and for how old an alert is; null where nobody knows. */
  readonly sentMsOf: (index: number) => number | null;
  /** The text that holds this value and nothing else, or null. */
  readonly textOf: (index: number) => Buffer | null;
  /** All of them came by a topic of security alerts. */
  readonly security: boolean;
}

const NOTHING_KNOWN: ValueOrigin = { sentMsOf: () => null, textOf: () => null, security: false };

/** @throws Failure('StoreUnavailable') when the store is asked what serves a service, and cannot be reached */
export async function readBatch(
  context: AsksWhatServes,
  values: readonly unknown[],
  nowMs: number,
  { sentMsOf, textOf, security }: ValueOrigin = NOTHING_KNOWN,
): Promise<ReadBatch> {
  const [good, alerts, bad]: [Good[], GoodAlert[], Bad[]] = [[], [], []];
  const plain = new PlainReader();
  const unusual: [number, unknown][] = [];
  for (const [index, value] of values.entries()) {
    const event = plain.read(value, nowMs, textOf(index));
    if (event === null) unusual.push([index, value]);
    else good.push({ index, read: { ok: true, kind: 'feedback', event } });
  }
  const serving = await servingOf(
    context,
    unusual.map(([, value]) => value),
  );
  for (const [index, value] of unusual) {
    if (isTooDeep(value)) {
      bad.push({ index, problems: [{ field: '', value: '(nested)', expected: EXPECTED_NESTING }] });
      continue;
    }
    const read = isAlert(value)
      ? readAlert(value, nowMs, { sentMs: sentMsOf(index), security })
      : readEvent(value, nowMs, serving, sentMsOf(index) ?? nowMs);
    if (!read.ok) bad.push({ index, problems: read.problems });
    else if ('alert' in read) alerts.push({ index, alert: read.alert });
    else good.push({ index, read });
  }
  // In the order in which they were sent.
  if (unusual.length > 0) good.sort((a, b) => a.index - b.index);
  return { good, alerts, bad };
}

/** Asks the store only when an event leaves its arm to be told, or a metric its generation. */
async function servingOf(
  { store }: AsksWhatServes,
  values: readonly unknown[],
): Promise<ReadonlyMap<string, Serving>> {
  const services = new Set<string>();
  for (const value of values) {
    const data: unknown = typeof value === 'object' && value !== null && 'data' in value ? value.data : null;
    const service = unattributedService(data) ?? partlyToldService(attributesOf(data));
    if (service !== null && isStorableText(service)) services.add(service);
  }
  return services.size === 0 ? new Map() : store.serving([...services]);
}

/** Of a metric event, which says there whose it is. */
const attributesOf = (data: unknown): unknown =>
  typeof data === 'object' && data !== null && 'attributes' in data ? data.attributes : null;
