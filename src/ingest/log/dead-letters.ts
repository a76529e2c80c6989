/**
 * Sends messages that could not be read to `<topic>.dlq`, from the store, until the topic has them. At least once: a process that dies between the
 * sending and its remembering sends again, under the same id.
 */
import type { Logger } from 'pino';
import type { DeadLetter, DeadLetterStore, LetterSent } from '../../ports/event-batch.ts';
import type { EventLog, OutgoingMessage } from '../../ports/event-log.ts';

export const dlqOf = (topic: string): string => `${topic}.dlq`;

/** Headers that say why a message is here and where it was. Anything that begins so is ours, and is taken off by a replay. */
export const DLQ_HEADER = 'llm-optimizer-dlq-';
/** `topic/partition/offset`, and the topic's id where the log tells it: the same letter sent twice has the same id, and no other letter has it. */
export const DLQ_ID = `${DLQ_HEADER}id`;
export const DLQ_REASON = `${DLQ_HEADER}reason`;
export const DLQ_TOPIC = `${DLQ_HEADER}topic`;
/** When the message came into its topic, in milliseconds since the epoch; left out where nobody knows. */
export const DLQ_SENT = `${DLQ_HEADER}sent-ms`;

const AT_ONCE = 500;
/** Letters are held in memory while they are sent, and a batch that must go one by one takes longer the larger it is. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;
const LONGEST_REASON = 2_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Letters of other processes, and those that failed, are looked for so often. */
const LOOK_MS = 10_000;

type Letter = DeadLetter & { readonly setAsideAtMs: number };

export const messageOf = (letter: Letter): OutgoingMessage => ({
  key: letter.key,
  value: letter.value,
  headers: {
    ...letter.headers,
    [DLQ_ID]: [letter.topic, letter.partition, letter.offset, letter.topicId ?? []].flat().join('/'),
    [DLQ_REASON]: letter.reason.slice(0, LONGEST_REASON),
    [DLQ_TOPIC]: letter.topic,
    [`${DLQ_HEADER}partition`]: String(letter.partition),
    [`${DLQ_HEADER}offset`]: String(letter.offset),
    ...(letter.timestampMs !== null && { [DLQ_SENT]: String(letter.timestampMs) }),
    [`${DLQ_HEADER}time`]: new Date(letter.setAsideAtMs).toISOString(),
  },
});

export interface DeadLetterSender {
  /** There is something to send. */
  kick(): void;
  close(): Promise<void>;
}

/** Starts with what an earlier process left. */
export function startDeadLetters(
  store: DeadLetterStore,
  log: Pick<EventLog, 'send'>,
  logger: Logger,
): DeadLetterSender {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let again = false;
  let closed = false;
  let failures = 0;

  /** A topic that takes nothing now is left out of the rest of the pass, so that it holds up no other. */
  const pass = async (): Promise<void> => {
    const failed = new Map<string, unknown>();
    for (;;) {
      const some = { limit: AT_ONCE, bytes: BYTES_AT_ONCE, notOf: [...failed.keys()] };
      const handed = await store.handOver(some, (letters) => sendAll(log, letters, failed));
      if (handed === 0 || closed) break;
    }
    if (failed.size > 0) {
      throw new AggregateError(
        failed.values(),
        `not written now: ${[...failed.keys()].map(dlqOf).join(', ')}`,
      );
    }
  };
  const onePass = async (): Promise<void> => {
    try {
      await pass();
      failures = 0;
    } catch (error) {
      failures += 1;
      logger.warn({ err: error }, 'dead letters wait: they are sent again');
    }
  };
  const wake = (): void => {
    clearTimeout(timer);
    if (closed) return;
    if (running) {
      again = true;
      return;
    }
    again = false;
    running = onePass().finally(() => {
      running = null;
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      timer = setTimeout(wake, failures > 0 ? pauseMs : again ? 0 : LOOK_MS);
      timer.unref();
    });
  };
  wake();
  return {
    kick: wake,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** By topic, in one go where the topic takes it, else one by one. Topics that take nothing now are added to `failed`, each with why. */
async function sendAll(
  log: Pick<EventLog, 'send'>,
  letters: readonly Letter[],
  failed: Map<string, unknown>,
): Promise<readonly LetterSent[]> {
  const answers = new Map<Letter, LetterSent>();
  for (const topic of new Set(letters.map((letter) => letter.topic))) {
    const of = letters.filter((letter) => letter.topic === topic);
    try {
      const sent = await log.send(dlqOf(topic), of.map(messageOf));
      for (const letter of of) {
        const alone = sent.kind === 'sent' ? sent : await log.send(dlqOf(topic), [messageOf(letter)]);
        answers.set(letter, alone.kind === 'sent' ? alone : { kind: 'refused', reason: alone.reason });
      }
    } catch (error) {
      failed.set(topic, error);
    }
  }
  return letters.map((letter) => answers.get(letter) ?? { kind: 'later' });
}
