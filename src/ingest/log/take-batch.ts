/** A batch of a log into the store, with the position that it moves: both change in one transaction, or neither. */
import type { LogBatch, LogMessage, Taken } from '../../ports/event-log.ts';
import type { IngestContext } from '../context.ts';
import { receiveFromLog } from '../events/receive-events.ts';
import { readMessage } from './read-message.ts';

/**
 * Alerts are kept before the position moves: kept is accepted, as for every other receiver, and from there they are sent until a workflow has taken
 * them. A message of which anything cannot be read goes to the dead-letter topic as a whole; what else it holds is stored.
 * @throws Failure('StoreUnavailable') when nothing was stored but alerts, which are duplicates the next time
 */
export async function takeBatch(context: IngestContext, group: string, batch: LogBatch): Promise<Taken> {
  const { topic, partition, messages, position } = batch;
  const letterOf = ({ offset, key, value, headers }: LogMessage) => ({
    topic,
    partition,
    offset,
    key,
    value,
    headers,
  });
  const values: unknown[] = [];
  const from: LogMessage[] = [];
  const unreadable = [];
  for (const message of messages) {
    const read = readMessage(message);
    if (!read.ok) {
      unreadable.push({ ...letterOf(message), reason: read.reason });
      continue;
    }
    for (const value of read.values) {
      values.push(value);
      from.push(message);
    }
  }
  const next = (messages.at(-1)?.offset ?? 0) + 1;
  const messageAt = (index: number): LogMessage => {
    const message = from[index];
    if (!message) throw new RangeError(`index must be below ${from.length}, got ${index}`);
    return message;
  };
  const answer = await receiveFromLog(context, values, `log/${topic}`, {
    move: { group, topic, partition, from: position, to: next },
    letterOf: (index) => letterOf(messageAt(index)),
    unreadable,
  });
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
