/** Dead letters back to the topic that they came from, as they came. What was counted since is a duplicate there and counts nothing. */
import type { EventLog, LogMessage, OutgoingMessage } from '../../ports/event-log.ts';
import { DLQ_HEADER, DLQ_ID, DLQ_REASON, DLQ_SENT, dlqOf } from './dead-letters.ts';
import { SENT_HEADER } from './sent-at.ts';

/** Which letter of the dead-letter topic a message in the topic once was. */
export const REPLAYED_HEADER = 'llm-optimizer-replayed';

/** One dead letter, as people are shown it. */
export interface ShownLetter {
  readonly id: string;
  readonly reason: string;
  readonly body: string;
}

const LONGEST_BODY = 200;

const originalOf = ({ key, value, headers }: LogMessage): OutgoingMessage => ({
  key,
  value,
  headers: {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(DLQ_HEADER))),
    [REPLAYED_HEADER]: headers[DLQ_ID] ?? '',
    ...(headers[DLQ_SENT] !== undefined && { [SENT_HEADER]: headers[DLQ_SENT] }),
  },
});

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

/**
 * Sends each letter that was not sent back before, and answers how many. `group` remembers how far that is; a replay that dies half way sends
 * some letters twice the next time, which changes nothing for events that can be read.
 * @throws Error when the topic does not take a message, which is then sent back by the next replay
 */
export async function replayDeadLetters(
  log: Pick<EventLog, 'drain' | 'send'>,
  topic: string,
  group: string,
): Promise<number> {
  return log.drain(dlqOf(topic), `${group}-dlq-replay`, async (messages) => {
    const sent = await log.send(topic, messages.map(originalOf));
    if (sent.kind !== 'sent') throw new Error(`${topic}: ${sent.reason}`);
  });
}
