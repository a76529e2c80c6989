// A dead-letter topic that takes nothing must hold up no other, and get nothing twice that it has taken.
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DLQ_ID, DLQ_SENT, messageOf, startDeadLetters } from '../../../src/ingest/log/dead-letters.ts';
import type { DeadLetter, DeadLetterStore, LetterSent } from '../../../src/ports/event-batch.ts';
import type { OutgoingMessage, Sent } from '../../../src/ports/event-log.ts';

const letterOf = (topic: string, offset: number): DeadLetter & { readonly setAsideAtMs: number } => {
  const message = { key: null, value: Buffer.from('{'), headers: {}, timestampMs: null };
  return { ...message, topic, topicId: null, partition: 0, offset, reason: 'no JSON', setAsideAtMs: 0 };
};

/** A store of these letters that forgets what it is told to, and says when nothing more is handed out. */
function storeOf(given: readonly ReturnType<typeof letterOf>[]) {
  let left = [...given];
  const refused: string[] = [];
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const store: DeadLetterStore = {
    handOver: async ({ limit, notOf }, send) => {
      const handed = left.filter(({ topic }) => !notOf.includes(topic)).slice(0, limit);
      if (handed.length === 0) {
        finish();
        return 0;
      }
      const answers: readonly LetterSent[] = await send(handed);
      const kept = handed.filter((_, i) => answers[i]?.kind === 'later');
      for (const answer of answers) if (answer.kind === 'refused') refused.push(answer.reason);
      left = left.filter((letter) => !handed.includes(letter) || kept.includes(letter));
      return handed.length;
    },
  };
  return { store, refused, done, left: () => left };
}

it('sends what the other topics wait for, once, and keeps what its topic does not take now', async () => {
  const stuck = Array.from({ length: 600 }, (_, i) => letterOf('stuck', i));
  const others = Array.from({ length: 3 }, (_, i) => letterOf('fine', i));
  const { store, done, left, refused } = storeOf([...stuck, ...others]);
  const sends = new Map<string, number>();
  const send = async (topic: string, messages: readonly OutgoingMessage[]): Promise<Sent> => {
    sends.set(topic, (sends.get(topic) ?? 0) + messages.length);
    if (topic === 'stuck.dlq') throw new Error('not authorized');
    return { kind: 'sent' };
  };
  const sender = startDeadLetters(store, { send }, pino({ level: 'silent' }));
  await done;
  await sender.close();
  expect(left()).toEqual(stuck);
  expect(refused).toEqual([]);
  expect(Object.fromEntries(sends)).toEqual({ 'stuck.dlq': 500, 'fine.dlq': 3 });
});

it('waits longer after each pass that fails, and not after the next one that does when one has succeeded', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const failing = [true, true, false, true, false];
  const passes: number[] = [];
  const store: DeadLetterStore = {
    handOver: async () => {
      passes.push(Date.now());
      if (failing[passes.length - 1] === true) throw new Error('the database is away');
      // The one pass that is asked for from outside; the others come by themselves.
      if (passes.length === 3) setImmediate(() => sender.kick());
      return 0;
    },
  };
  const sender = startDeadLetters(store, { send: async () => ({ kind: 'sent' }) }, pino({ level: 'silent' }));
  while (passes.length < failing.length) await vi.advanceTimersByTimeAsync(1);
  await sender.close();
  const [first, second, , fourth] = passes.slice(1).map((atMs, i) => atMs - (passes[i] ?? 0));
  // The last would be 2 s, had the failures before been counted on.
  expect([first, second, fourth]).toEqual([500, 1_000, 500]);
});

it('says in its headers where a letter was and when it was sent, as far as that is known', () => {
  const letter = letterOf('t', 7);
  expect(messageOf({ ...letter, topicId: 'i', timestampMs: 5 }).headers).toMatchObject({
    [DLQ_ID]: 't/0/7/i',
    [DLQ_SENT]: '5',
  });
  const { headers } = messageOf(letter);
  expect([headers[DLQ_ID], DLQ_SENT in headers]).toEqual(['t/0/7', false]);
});

it('remembers what a topic took before it took no more, and what it never takes', async () => {
  const letters = [0, 1, 2].map((offset) => letterOf('t', offset));
  const { store, done, left, refused } = storeOf(letters);
  const answers: (Sent | Error)[] = [
    { kind: 'tooLarge', reason: 'all of them' },
    { kind: 'sent' },
    { kind: 'tooLarge', reason: 'this one' },
    new Error('gone'),
  ];
  const send = async (): Promise<Sent> => {
    const answer = answers.shift() ?? new Error('nothing more is expected');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const sender = startDeadLetters(store, { send }, pino({ level: 'silent' }));
  await done;
  await sender.close();
  expect(left()).toEqual(letters.slice(2));
  expect(refused).toEqual(['this one']);
});
