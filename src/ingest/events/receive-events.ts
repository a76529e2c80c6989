/**
 * The one entry for events, whatever brought them. Stores feedback, pairs of shadows, metrics and alerts of a batch, and puts the others aside with their
 * problems, each named by its place in the batch. What it answers is kept: alerts are sent on from the store.
 */
import { Failure, type Problem } from '../../domain/failure.ts';
import type { DeadLetter, EventBatch, LogMove, MetricEvent } from '../../ports/event-batch.ts';
import type { FeedbackEvent } from '../../ports/feedback-event.ts';
import type { PairEvent } from '../../ports/pairs.ts';
import type { PlainBatch } from '../../ports/plain-batch.ts';
import { isUrgent } from '../../state/coalesce.ts';
import type { IngestContext } from '../context.ts';
import { bodyOf } from '../set-aside.ts';
import { describeProblems } from './envelope.ts';
import { readBatch, type Bad, type Good, type GoodAlert, type ValueOrigin } from './read-batch.ts';

/** Answer to the sender. `index` counts from 0 in the batch as it was sent. */
export interface EventsAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  /** Among the accepted: of a service that nobody registered. Kept, in windows of a minute. */
  readonly unknownService: number;
  readonly setAside: readonly { readonly index: number; readonly problems: readonly Problem[] }[];
}

/** Of a batch out of a log: the position that it moves, and what becomes of messages that cannot be read. */
export interface FromLog {
  /** What was read and folded already; null when there is none. */
  readonly plain: PlainBatch | null;
  readonly move: LogMove;
  /** The message that a value came in. */
  readonly letterOf: (index: number) => Omit<DeadLetter, 'reason'>;
  /** `sentMsOf`: when that message came into the log. */
  readonly origin: ValueOrigin;
  /** Messages that hold no value at all. */
  readonly unreadable: readonly DeadLetter[];
}

interface Stored {
  readonly stored: number;
  readonly duplicates: number;
  readonly unknownService: number;
}

const NOTHING: Stored = { stored: 0, duplicates: 0, unknownService: 0 };
const NO_EVENTS = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

/** @throws Failure('StoreUnavailable') when nothing may be taken for stored; the same batch again does no harm */
export async function receiveEvents(
  context: IngestContext,
  values: readonly unknown[],
  source: string,
): Promise<EventsAnswer> {
  const answer = await receive(context, values, source, null);
  if (typeof answer === 'string') throw new Error(`a batch without a position was answered ${answer}`);
  return answer;
}

/**
 * The same for a batch out of a log. `moved`: another reader had moved the position. `again`: what is folded cannot be stored as it is, read it without.
 * No event of it was stored then. Throws as above.
 */
export const receiveFromLog = (
  context: IngestContext,
  values: readonly unknown[],
  source: string,
  log: FromLog,
): Promise<EventsAnswer | 'moved' | 'again'> => receive(context, values, source, log);

async function receive(
  context: IngestContext,
  values: readonly unknown[],
  source: string,
  log: FromLog | null,
): Promise<EventsAnswer | 'moved' | 'again'> {
  const nowMs = context.clock();
  const { good, alerts, bad } = await readBatch(context, values, nowMs, log?.origin);
  // Kept before the position moves: an alert of a batch that comes again is a duplicate.
  const alarmed = await recordAlerts(context, alerts, nowMs);
  count(context.counters.alerts, alarmed);
  const aside = (refused: readonly Bad[]) => asideOf(values, source, log, refused);
  const told = await record(context, good, [...bad, ...alarmed.refused], aside, nowMs, log);
  if (typeof told === 'string') return told;
  const { counters } = context;
  count(counters.events, told);
  const setAside = [...told.refused].sort((a, b) => a.index - b.index);
  counters.events.setAside += setAside.length + (log?.unreadable.length ?? 0);
  return { ...sumOf([told, alarmed]), setAside };
}

/** Once for what was stored, whatever becomes of the rest of its batch. */
function count(
  counted: { accepted: number; duplicates: number; unknownService: number },
  result: Stored,
): void {
  counted.accepted += result.stored;
  counted.duplicates += result.duplicates;
  counted.unknownService += result.unknownService;
}

/** What could not be read as the store keeps it, and for the dead-letter topic where a log brought it: each message once. */
function asideOf(
  values: readonly unknown[],
  source: string,
  log: FromLog | null,
  refused: readonly Bad[],
): Pick<EventBatch, 'setAside' | 'deadLetters'> {
  const setAside = refused.map(({ index, problems }) => ({
    source: log === null ? source : placeOf(log.letterOf(index)),
    reason: describeProblems(problems),
    body: bodyOf(values[index]),
  }));
  if (log === null) return { setAside, deadLetters: [] };
  const letters = new Map<number, DeadLetter>();
  for (const { index, problems } of refused) {
    const letter = log.letterOf(index);
    const before = letters.get(letter.offset)?.reason;
    const reason = describeProblems(problems);
    letters.set(letter.offset, { ...letter, reason: before === undefined ? reason : `${before}; ${reason}` });
  }
  const unreadable = log.unreadable.map((letter) => ({
    source: placeOf(letter),
    reason: letter.reason,
    body: bodyOf(letter.value?.toString('utf8') ?? ''),
  }));
  return {
    setAside: [...setAside, ...unreadable],
    deadLetters: [...letters.values(), ...log.unreadable],
  };
}

const placeOf = ({ topic, partition, offset }: Omit<DeadLetter, 'reason'>): string =>
  `log/${topic}/${partition}/${offset}`;

/**
 * In one transaction, then whoever delivers is told. When the database refuses them for what is in them, each goes by itself; those that
 * it still refuses are answered with the others that could not be read.
 */
async function recordAlerts(
  { alerts: store, deliverer, logger }: IngestContext,
  alerts: readonly GoodAlert[],
  nowMs: number,
): Promise<Stored & { readonly refused: readonly Bad[] }> {
  if (alerts.length === 0) return { ...NOTHING, refused: [] };
  const keep = async (some: readonly GoodAlert[]): Promise<Stored> => {
    const recorded = await store.record(
      some.map(({ alert }) => alert),
      nowMs,
    );
    if (recorded.stored > 0) deliverer.kick(some.some(({ alert }) => isUrgent(alert)));
    return recorded;
  };
  try {
    return { ...(await keep(alerts)), refused: [] };
  } catch (error) {
    if (error instanceof Failure) throw error;
    logger.error({ err: error, alerts: alerts.length }, 'alerts were refused by the store');
  }
  const [parts, refused]: [Stored[], Bad[]] = [[], []];
  for (const one of alerts) {
    try {
      parts.push(await keep([one]));
    } catch (error) {
      if (error instanceof Failure) throw error;
      refused.push(refusedByStore(one.index, one.alert.id));
    }
  }
  const { accepted: stored, duplicates, unknownService } = sumOf(parts);
  return { stored, duplicates, unknownService, refused };
}

function eventsOf(good: readonly Good[]): EventBatch {
  const events = {
    ...NO_EVENTS,
    feedback: [] as FeedbackEvent[],
    pairs: [] as PairEvent[],
    metrics: [] as MetricEvent[],
  };
  for (const { read } of good) {
    if (read.kind === 'feedback') events.feedback.push(read.event);
    else if (read.kind === 'pair') events.pairs.push(read.event);
    else events.metrics.push(read.event);
  }
  return events;
}

type Aside = (refused: readonly Bad[]) => Pick<EventBatch, 'setAside' | 'deadLetters'>;

/**
 * All of a batch in one transaction. When the database refuses the batch for what is in it, each event goes by itself, so that one event
 * that we failed to foresee does not hold up its sender for ever; the position moves with the last part.
 */
async function record(
  { store, logger }: IngestContext,
  good: readonly Good[],
  bad: readonly Bad[],
  aside: Aside,
  nowMs: number,
  log: FromLog | null,
): Promise<(Stored & { readonly refused: readonly Bad[] }) | 'moved' | 'again'> {
  const plain = log?.plain ?? null;
  const keep = async (events: readonly Good[], refused: readonly Bad[]) => {
    const batch = { ...eventsOf(events), ...aside(refused), ...(plain !== null && { plain }) };
    const recorded = await store.recordEvents(batch, nowMs, log?.move);
    return recorded.kind === 'recorded' ? { ...recorded, refused } : recorded.kind;
  };
  if (good.length === 0 && bad.length === 0 && log === null) return { ...NOTHING, refused: [] };
  try {
    return await keep(good, bad);
  } catch (error) {
    if (error instanceof Failure || (good.length === 0 && plain === null)) throw error;
    logger.error({ err: error, events: good.length }, 'a batch was refused by the store');
    if (plain !== null) return 'again';
  }
  const [parts, refused]: [Stored[], Bad[]] = [[], [...bad]];
  for (const one of good) {
    try {
      const recorded = await store.recordEvents(eventsOf([one]), nowMs);
      if (recorded.kind === 'recorded') parts.push(recorded);
    } catch (error) {
      if (error instanceof Failure) throw error;
      refused.push(refusedByStore(one.index, one.read.event.id));
    }
  }
  const last = await keep([], refused);
  if (typeof last === 'string') return last;
  const { accepted: stored, duplicates, unknownService } = sumOf(parts);
  return { stored, duplicates, unknownService, refused };
}

function sumOf(parts: readonly Stored[]): Omit<EventsAnswer, 'setAside'> {
  const sum = (of: (part: Stored) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    accepted: sum(({ stored }) => stored),
    duplicates: sum(({ duplicates }) => duplicates),
    unknownService: sum(({ unknownService }) => unknownService),
  };
}

const refusedByStore = (index: number, id: string): Bad => ({
  index,
  problems: [{ field: 'data', value: id, expected: 'an event that the store can hold' }],
});
