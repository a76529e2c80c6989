/**
 * The one entry for events, whatever brought them. Stores feedback, pairs of shadows and alerts of a batch, and puts the others aside with their problems, each
 * named by its place in the batch. What it answers is kept: alerts are sent on from the store.
 */
import type { Alert } from '../../domain/alert.ts';
import { Failure, type Problem } from '../../domain/failure.ts';
import type { Serving } from '../../ports/windows.ts';
import { isUrgent } from '../../state/coalesce.ts';
import type { IngestContext } from '../context.ts';
import { bodyOf } from '../set-aside.ts';
import { unattributedService } from './attribute.ts';
import { describeProblems } from './envelope.ts';
import { isAlert, readAlert } from './read-alert.ts';
import { readEvent, type ReadEvent } from './read-event.ts';

/** Answer to the sender. `index` counts from 0 in the batch as it was sent. */
export interface EventsAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  /** Among the accepted: of a service that nobody registered. Kept, in windows of a minute. */
  readonly unknownService: number;
  readonly setAside: readonly { readonly index: number; readonly problems: readonly Problem[] }[];
}

interface Good {
  readonly index: number;
  readonly read: Extract<ReadEvent, { ok: true }>;
}

interface GoodAlert {
  readonly index: number;
  readonly alert: Alert;
}

interface Bad {
  readonly index: number;
  readonly problems: readonly Problem[];
}

interface Stored {
  readonly stored: number;
  readonly duplicates: number;
  readonly unknownService: number;
  readonly refused: readonly Bad[];
}

/** @throws Failure('StoreUnavailable') when nothing may be taken for stored; the same batch again does no harm */
export async function receiveEvents(
  context: IngestContext,
  values: readonly unknown[],
  source: string,
): Promise<EventsAnswer> {
  const nowMs = context.clock();
  const [good, alerts, bad]: [Good[], GoodAlert[], Bad[]] = [[], [], []];
  const serving = await servingOf(context, values);
  for (const [index, value] of values.entries()) {
    const read = isAlert(value) ? readAlert(value) : readEvent(value, nowMs, serving);
    if (!read.ok) bad.push({ index, problems: read.problems });
    else if ('alert' in read) alerts.push({ index, alert: read.alert });
    else good.push({ index, read });
  }
  const told = sumOf([
    await record(context, good.filter(isFeedback), nowMs),
    await record(
      context,
      good.filter((each) => !isFeedback(each)),
      nowMs,
    ),
  ]);
  const alarmed = await recordAlerts(context, alerts, nowMs);
  const setAside = [...bad, ...told.refused].sort((a, b) => a.index - b.index);
  if (setAside.length > 0) {
    await context.store.setAside(
      setAside.map(({ index, problems }) => ({
        source,
        reason: describeProblems(problems),
        body: bodyOf(values[index]),
      })),
      nowMs,
    );
  }
  const { events, alerts: ofAlerts } = context.counters;
  for (const [counted, result] of [
    [events, told],
    [ofAlerts, alarmed],
  ] as const) {
    counted.accepted += result.stored;
    counted.duplicates += result.duplicates;
    counted.unknownService += result.unknownService;
  }
  events.setAside += setAside.length;
  return {
    accepted: told.stored + alarmed.stored,
    duplicates: told.duplicates + alarmed.duplicates,
    unknownService: told.unknownService + alarmed.unknownService,
    setAside,
  };
}

/** Asks the store only when an event leaves its arm to be told. */
async function servingOf(
  { store }: IngestContext,
  values: readonly unknown[],
): Promise<ReadonlyMap<string, Serving>> {
  const services = values
    .map((value) =>
      unattributedService(typeof value === 'object' && value !== null && 'data' in value ? value.data : null),
    )
    .filter((service) => service !== null);
  return services.length === 0 ? new Map() : store.serving([...new Set(services)]);
}

/** In one transaction, then whoever delivers is told. */
async function recordAlerts(
  { alerts: store, deliverer }: IngestContext,
  alerts: readonly GoodAlert[],
  nowMs: number,
): Promise<Omit<Stored, 'refused'>> {
  if (alerts.length === 0) return NOTHING;
  const recorded = await store.record(
    alerts.map(({ alert }) => alert),
    nowMs,
  );
  if (recorded.stored > 0) deliverer.kick(alerts.some(({ alert }) => isUrgent(alert)));
  return recorded;
}

const isFeedback = ({ read }: Good): boolean => read.kind === 'feedback';

/** Events of one kind go to the store together. */
function store(context: IngestContext, good: readonly Good[], nowMs: number) {
  const [feedback, pairs] = [
    good.flatMap(({ read }) => (read.kind === 'feedback' ? [read.event] : [])),
    good.flatMap(({ read }) => (read.kind === 'pair' ? [read.event] : [])),
  ];
  return pairs.length > 0
    ? context.store.recordPairs(pairs, nowMs)
    : context.store.recordFeedback(feedback, nowMs);
}

/**
 * Events of one kind, in one transaction. When the database refuses the batch for what is in it, each event goes by itself, so that one event
 * that we failed to foresee does not hold up its sender for ever.
 */
async function record(context: IngestContext, good: readonly Good[], nowMs: number): Promise<Stored> {
  const { logger } = context;
  try {
    return { ...(await store(context, good, nowMs)), refused: [] };
  } catch (error) {
    if (error instanceof Failure) throw error;
    logger.error({ err: error, events: good.length }, 'a batch was refused by the store');
    if (good.length === 1) return { ...NOTHING, refused: good.map(refusedByStore) };
    const parts: Stored[] = [];
    for (const one of good) parts.push(await record(context, [one], nowMs));
    return sumOf(parts);
  }
}

function sumOf(parts: readonly Stored[]): Stored {
  return parts.reduce(
    (sum, part) => ({
      stored: sum.stored + part.stored,
      duplicates: sum.duplicates + part.duplicates,
      unknownService: sum.unknownService + part.unknownService,
      refused: [...sum.refused, ...part.refused],
    }),
    NOTHING,
  );
}

const NOTHING: Stored = { stored: 0, duplicates: 0, unknownService: 0, refused: [] };

const refusedByStore = ({ index, read }: Good): Bad => ({
  index,
  problems: [{ field: 'data', value: read.event.id, expected: 'an event that the store can hold' }],
});
