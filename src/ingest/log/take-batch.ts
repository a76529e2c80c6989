/** A batch of a log into the store, with the position that it moves: both change in one transaction, or neither. */
import { Failure } from '../../domain/failure.ts';
import type { LogBatch, LogMessage, Taken } from '../../ports/event-log.ts';
import type { IngestContext } from '../context.ts';
import type { PlainBatch } from '../../ports/plain-batch.ts';
import { PlainReader } from '../events/read-plain.ts';
import { receiveFromLog } from '../events/receive-events.ts';
import { readMessage } from './read-message.ts';
import { sentAtMs } from './sent-at.ts';

/** Who reads, and what is known of its topics. */
export interface TakenBy {
  readonly group: string;
  /** Every alert out of it is a security alert, whatever it is called. Null: no topic is for those alone. */
  readonly securityTopic: string | null;
}

/**
 * Alerts are kept before the position moves: kept is accepted, as for every other receiver, and from there they are sent until a workflow has taken
 * them. A message of which anything cannot be read goes to the dead-letter topic as a whole; what else it holds is stored.
 * @throws Failure('StoreUnavailable') when nothing was stored but alerts, which are duplicates the next time
 */
export async function takeBatch(context: IngestContext, by: TakenBy, batch: LogBatch): Promise<Taken> {
  try {
    return await takeWhole(context, by, batch);
  } catch (error) {
    if (error instanceof Failure) throw error;
    context.logger.error(
      { err: error, topic: batch.topic },
      'a batch could not be taken; its messages go alone',
    );
    return takeAlone(context, by, batch, error);
  }
}

const noValue = (): never => {
  throw new RangeError('it holds no value');
};

/**
 * A message by itself after the other, each with its own move of the position: what we failed to foresee in one of them holds up no partition. One
 * that cannot be taken goes to the dead-letter topic with what was thrown.
 */
async function takeAlone(
  context: IngestContext,
  by: TakenBy,
  batch: LogBatch,
  error: unknown,
): Promise<Taken> {
  const { topic, partition, topicId, messages, position } = batch;
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) {
    const { offset, key, value, headers } = only;
    const reason = `it could not be processed: ${error instanceof Error ? error.message : String(error)}`;
    const next = offset + 1;
    const keep = (kept: LogMessage['headers']) =>
      receiveFromLog(context, [], `log/${topic}`, {
        plain: null,
        move: { group: by.group, topic, partition, topicId, from: position, to: next },
        letterOf: noValue,
        origin: { sentMsOf: noValue, textOf: noValue, security: false },
        unreadable: [
          {
            topic,
            partition,
            topicId,
            offset,
            key,
            value,
            headers: kept,
            timestampMs: sentAtMs(only),
            reason,
          },
        ],
      });
    const answer = await keep(headers).catch((refused: unknown) => {
      if (refused instanceof Failure) throw refused;
      context.logger.error(
        { err: refused, topic, partition, offset },
        'a dead letter is kept without headers',
      );
      return keep({});
    });
    if (typeof answer === 'string') return { kind: 'moved' };
    context.counters.log.messages += 1;
    context.counters.log.deadLetters += 1;
    return { kind: 'stored', next };
  }
  let next = position;
  for (const message of messages) {
    const taken = await takeBatch(context, by, { ...batch, messages: [message], position: next });
    if (taken.kind === 'moved') return taken;
    next = taken.next;
  }
  return { kind: 'stored', next: next ?? 0 };
}

/** What is usual is folded as it is read, so that little of it is kept while the batch waits for the store; where that cannot be stored, all is read anew. */
async function takeWhole(context: IngestContext, by: TakenBy, batch: LogBatch): Promise<Taken> {
  const taken = await takeRead(context, by, batch, context.store.plainBatch());
  if (taken !== 'again') return taken;
  const whole = await takeRead(context, by, batch, null);
  if (whole === 'again') throw new Error('a batch of which nothing was folded was to be read again');
  return whole;
}

async function takeRead(
  context: IngestContext,
  { group, securityTopic }: TakenBy,
  batch: LogBatch,
  plain: PlainBatch | null,
): Promise<Taken | 'again'> {
  const { topic, partition, topicId, messages, position } = batch;
  const letterOf = (message: LogMessage) => ({
    topic,
    partition,
    topicId,
    offset: message.offset,
    key: message.key,
    value: message.value,
    headers: message.headers,
    timestampMs: sentAtMs(message),
  });
  const reader = new PlainReader();
  const nowMs = context.clock();
  const values: unknown[] = [];
  const from: LogMessage[] = [];
  const texts: (Buffer | null)[] = [];
  const unreadable = [];
  for (const message of messages) {
    const read = readMessage(message);
    if (!read.ok) {
      unreadable.push({ ...letterOf(message), reason: read.reason });
      continue;
    }
    const usual = plain && read.isText ? reader.read(read.values[0], nowMs, message.value) : null;
    if (plain && usual) {
      plain.add(usual);
      continue;
    }
    for (const value of read.values) {
      values.push(value);
      from.push(message);
      texts.push(read.isText ? message.value : null);
    }
  }
  const next = (messages.at(-1)?.offset ?? 0) + 1;
  const messageAt = (index: number): LogMessage => {
    const message = from[index];
    if (!message) throw new RangeError(`index must be below ${from.length}, got ${index}`);
    return message;
  };
  const answer = await receiveFromLog(context, values, `log/${topic}`, {
    plain,
    move: { group, topic, partition, topicId, from: position, to: next },
    letterOf: (index) => letterOf(messageAt(index)),
    origin: {
      sentMsOf: (index) => sentAtMs(messageAt(index)),
      textOf: (index) => texts[index] ?? null,
      security: topic === securityTopic,
    },
    unreadable,
  });
  if (answer === 'again') return answer;
  const { log } = context.counters;
  if (answer === 'moved') {
    log.moved += 1;
    return { kind: 'moved' };
  }
  const bad = new Set(answer.setAside.map(({ index }) => messageAt(index).offset));
  log.batches += 1;
  log.messages += messages.length;
  log.deadLetters += unreadable.length + bad.size;
  return { kind: 'stored', next };
}
