/** Dead letters back to the topic that they came from, as they came. What was counted since is a duplicate there and counts nothing. */
import type { EventLog, LogMessage, OutgoingMessage } from '../../ports/event-log.ts';
import { DLQ_HEADER, DLQ_ID, DLQ_REASON, DLQ_SENT, dlqOf } from './dead-letters.ts';
import { SENT_HEADER, sentAtMs } from './sent-at.ts';

/** Which letter of the dead-letter topic a message in the topic once was, or which one had its batch. */
export const REPLAYED_HEADER = 'llm-optimizer-replayed';

/** One dead letter, as people are shown it. */
export interface ShownLetter {
  readonly id: string;
  readonly reason: string;
  readonly body: string;
}

const LONGEST_BODY = 200;

const ownOf = (headers: LogMessage['headers']): LogMessage['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(DLQ_HEADER)));

const originalOf = ({ key, value, headers }: LogMessage): OutgoingMessage => ({
  key,
  value,
  headers: {
    ...ownOf(headers),
    [REPLAYED_HEADER]: headers[DLQ_ID] ?? '',
    ...(headers[DLQ_SENT] !== undefined && { [SENT_HEADER]: headers[DLQ_SENT] }),
  },
});

/** @param id of the letter that holds its batch */
const heldBy =
  (id: string) =>
  (message: LogMessage): OutgoingMessage => {
    const sentMs = sentAtMs(message);
    return {
      key: message.key,
      value: message.value,
      headers: {
        ...ownOf(message.headers),
        [REPLAYED_HEADER]: id,
        ...(sentMs !== null && { [SENT_HEADER]: String(sentMs) }),
      },
    };
  };

const shown = ({ value, headers }: LogMessage): ShownLetter => ({
  id: headers[DLQ_ID] ?? '',
  reason: headers[DLQ_REASON] ?? '',
  body: (value?.toString('utf8') ?? '').slice(0, LONGEST_BODY),
});

/** All that the dead-letter topic of `topic` holds, oldest first in each partition, `limit` at most. */
export async function showDeadLetters(
  log: Pick<EventLog, 'drain'>,
  topic: string,
  limit: number,
): Promise<{ readonly letters: readonly ShownLetter[]; readonly count: number }> {
  const letters: ShownLetter[] = [];
  const count = await log.drain(dlqOf(topic), null, async (messages) => {
    letters.push(...messages.slice(0, Math.max(0, limit - letters.length)).map(shown));
  });
  return { letters, count };
}

export interface Replayed {
  /** Messages that the topic has now. */
  readonly sent: number;
  /** Letters whose batch cannot be unpacked. They stay in the dead-letter topic, and no later replay tries them. */
  readonly left: readonly { readonly id: string; readonly reason: string }[];
}

/** Unpacked; what is sent back from a batch goes compressed, as it came. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;
const MESSAGES_AT_ONCE = 10_000;

/** Consecutive ones that go together; one that is larger goes alone. */
function* partsOf(messages: readonly LogMessage[]): Generator<readonly LogMessage[]> {
  let part: LogMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = (message.key?.length ?? 0) + (message.value?.length ?? 0);
    if (part.length > 0 && (bytes + size > BYTES_AT_ONCE || part.length >= MESSAGES_AT_ONCE)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/**
 * Sends each letter that was not sent back before; of a batch that was set aside whole, its messages. `group` remembers how far that is; a replay that dies half way sends
 * some letters twice the next time, which changes nothing for events that can be read.
 * @throws Error when the topic does not take a message, which is then sent back by the next replay
 */
export async function replayDeadLetters(
  log: Pick<EventLog, 'drain' | 'send' | 'unpack'>,
  topic: string,
  group: string,
): Promise<Replayed> {
  const left: { readonly id: string; readonly reason: string }[] = [];
  let sent = 0;
  const send = async (messages: readonly OutgoingMessage[], compressed: boolean): Promise<void> => {
    if (messages.length === 0) return;
    const answer = await log.send(topic, messages, { compressed });
    if (answer.kind === 'sent') sent += messages.length;
    else if (!compressed || messages.length === 1) throw new Error(`${topic}: ${answer.reason}`);
    else for (const message of messages) await send([message], compressed);
  };
  await log.drain(dlqOf(topic), `${group}-dlq-replay`, async (letters) => {
    const plain: LogMessage[] = [];
    for (const letter of letters) {
      const id = letter.headers[DLQ_ID] ?? '';
      const messages = await log.unpack(letter).catch((error: unknown) => {
        left.push({ id, reason: error instanceof Error ? error.message : String(error) });
        return [];
      });
      if (messages === null) plain.push(letter);
      else for (const part of partsOf(messages)) await send(part.map(heldBy(id)), true);
    }
    await send(plain.map(originalOf), false);
  });
  return { sent, left };
}
