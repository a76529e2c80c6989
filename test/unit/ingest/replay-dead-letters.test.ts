/** What a replay sends of a batch that was set aside whole, and what becomes of one that cannot be unpacked. */
import { expect, it } from 'vitest';
import { DLQ_ID, DLQ_REASON, DLQ_SENT } from '../../../src/ingest/log/dead-letters.ts';
import { REPLAYED_HEADER, replayDeadLetters } from '../../../src/ingest/log/replay-dead-letters.ts';
import { SENT_HEADER } from '../../../src/ingest/log/sent-at.ts';
import type { LogMessage, OutgoingMessage, Sent } from '../../../src/ports/event-log.ts';

const MB = 1024 * 1024;

const messageOf = (value: Buffer | null, headers: Readonly<Record<string, string>> = {}): LogMessage => ({
  offset: 0,
  key: null,
  value,
  headers,
  timestampMs: 5,
});
const letterOf = (id: string, value: Buffer | null = null): LogMessage =>
  messageOf(value, { [DLQ_ID]: id, [DLQ_REASON]: 'why', [DLQ_SENT]: '7', trace: id });

/** @param held what each letter unpacks to, by its id */
function logOf(
  letters: readonly LogMessage[],
  held: Readonly<Record<string, readonly LogMessage[] | Error>>,
  takes: (messages: readonly OutgoingMessage[]) => boolean = () => true,
) {
  const sends: { readonly compressed: boolean; readonly messages: readonly OutgoingMessage[] }[] = [];
  const log = {
    drain: async (_: string, __: string | null, take: (some: readonly LogMessage[]) => Promise<void>) => {
      await take(letters);
      return letters.length;
    },
    unpack: async ({ headers }: LogMessage) => {
      const found = held[headers[DLQ_ID] ?? ''];
      if (found instanceof Error) throw found;
      return found ?? null;
    },
    send: async (
      _: string,
      messages: readonly OutgoingMessage[],
      how?: { readonly compressed: boolean },
    ): Promise<Sent> => {
      if (!takes(messages)) return { kind: 'tooLarge', reason: 'too large' };
      sends.push({ compressed: how?.compressed ?? false, messages });
      return { kind: 'sent' };
    },
  };
  return { log, sends };
}

it('sends the messages of a batch back with their own headers and times, nothing for its other letters, and other letters as they are', async () => {
  const batch = [
    messageOf(Buffer.from('1'), { own: 'x' }),
    messageOf(Buffer.from('2'), { [SENT_HEADER]: '3' }),
  ];
  const letters = [letterOf('whole'), letterOf('part'), letterOf('plain', Buffer.from('{'))];
  const { log, sends } = logOf(letters, { whole: batch, part: [] });
  expect(await replayDeadLetters(log, 't', 'g')).toEqual({ sent: 3, left: [] });
  const replayed = (id: string, sentMs: string) => ({ [REPLAYED_HEADER]: id, [SENT_HEADER]: sentMs });
  expect(sends).toEqual([
    {
      compressed: true,
      messages: [
        { key: null, value: Buffer.from('1'), headers: { own: 'x', ...replayed('whole', '5') } },
        { key: null, value: Buffer.from('2'), headers: replayed('whole', '3') },
      ],
    },
    {
      compressed: false,
      messages: [
        { key: null, value: Buffer.from('{'), headers: { trace: 'plain', ...replayed('plain', '7') } },
      ],
    },
  ]);
});

it('sends a batch in parts, message by message where a part is too large, and fails where one message is', async () => {
  const batch = [3, 3, 3, 9, 1].map((mb) => messageOf(Buffer.alloc(mb * MB)));
  const bytes = (messages: readonly OutgoingMessage[]) =>
    messages.map(({ value }) => (value?.length ?? 0) / MB);
  const fits = logOf([letterOf('whole')], { whole: batch }, (messages) => messages.length < 2);
  expect(await replayDeadLetters(fits.log, 't', 'g')).toEqual({ sent: 5, left: [] });
  const parts = logOf([letterOf('whole')], { whole: batch });
  await replayDeadLetters(parts.log, 't', 'g');
  expect(parts.sends.map(({ messages }) => bytes(messages))).toEqual([[3, 3], [3], [9], [1]]);
  const never = logOf([letterOf('whole')], { whole: batch }, (messages) => !bytes(messages).includes(9));
  await expect(replayDeadLetters(never.log, 't', 'g')).rejects.toThrow('t: too large');
});

it('tells of a batch that cannot be unpacked, and goes on behind it', async () => {
  const letters = [letterOf('broken'), letterOf('plain', Buffer.from('{'))];
  const { log, sends } = logOf(letters, { broken: new Error('it holds more than 1 bytes') });
  expect(await replayDeadLetters(log, 't', 'g')).toEqual({
    sent: 1,
    left: [{ id: 'broken', reason: 'it holds more than 1 bytes' }],
  });
  expect(sends).toHaveLength(1);
});
