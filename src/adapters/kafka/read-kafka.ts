/**
 * Reads topics as a member of a consumer group, and goes on through everything that ends a kafkajs consumer: a new one joins after a pause.
 * Which partitions are ours, Kafka says; where reading stands, the reader says. What Kafka has committed is never read: it is written
 * now and then, so that the usual tools show how far the group is.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { LogConsumer, LogReader } from '../../ports/event-log.ts';
import { Assignment, type Topics } from './assignment.ts';
import { stalledReason } from './compression/index.ts';
import { existingTopics } from './topics.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** How often topics that are missing are looked for. */
const LOOK_AGAIN_MS = 30_000;
/** How often those that are read are asked whether they are still the same, and where they end. */
const LOOK_MS = 10_000;
/** A member that is silent for so long has lost its partitions. */
const SESSION_MS = 30_000;
/** How long a broker may wait for something to send: the longest that closing waits, too. */
const MAX_WAIT_MS = 250;
/** Batches of so many partitions at once: those of one fetch are stored together. */
const AT_ONCE = 8;
/** Of one partition in a fetch: what is stored together, of usual events. */
const MOST_BYTES_OF_PARTITION = 2 * 1024 * 1024;

/** Pauses begin short again once a batch is stored, not with joining: what cannot be decoded ends each session after it has joined. */
interface Progress {
  readonly onJoined: () => void;
  readonly onStored: () => void;
}

export function readKafka(
  kafka: Kafka,
  group: string,
  reader: LogReader,
  logger: Logger,
  topics: Topics,
): LogConsumer {
  const closing = new AbortController();
  let assignment: Assignment | null = null;
  let problem: string | null = 'it has not joined yet';
  const supervise = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        await session({
          onJoined: () => (problem = null),
          onStored: () => (failures = 0),
        });
      } catch (error) {
        problem = rootOf(error);
        logger.error({ reason: problem }, 'reading Kafka ended; it starts again');
      }
      assignment = null;
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      failures += 1;
      await delay(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };

  /** One consumer from its joining to its end, which is a failure unless a missing topic has come, or we close. */
  const session = async ({ onJoined, onStored }: Progress): Promise<void> => {
    const present = await existingTopics(kafka, reader.topics, logger);
    // What is aborted already tells no listener any more: the session would go on without end.
    if (closing.signal.aborted) return;
    if (present.length === 0) throw new Error(`none of the topics ${reader.topics.join(', ')} is there`);
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MOST_BYTES_OF_PARTITION,
      // A consumer that fails is not started again by itself: this loop does, and knows why.
      retry: { restartOnFailure: async () => false },
    });
    const telling: LogReader = {
      ...reader,
      take: async (batch) => {
        const taken = await reader.take(batch);
        if (taken.kind === 'stored') onStored();
        return taken;
      },
    };
    const mine = new Assignment(consumer, telling, topics, logger, closing.signal);
    assignment = mine;
    const looks: NodeJS.Timeout[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      closing.signal.addEventListener('abort', () => resolve(), { once: true });
      looks.push(every(LOOK_MS, () => mine.look()));
      if (present.length < reader.topics.length)
        looks.push(every(LOOK_AGAIN_MS, () => lookFor(present, resolve)));
    });
    ended.catch(() => undefined);
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0)
        mine.passed(payload, Number(payload.lastOffset), Number(payload.highWatermark));
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      onJoined();
      mine.joined(payload.memberAssignment);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...present], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: AT_ONCE,
        eachBatch: (payload) => mine.take(payload),
      });
      await ended;
    } finally {
      for (const look of looks) clearInterval(look);
      const settled = mine.settled();
      mine.end();
      await Promise.all([settled, consumer.disconnect().catch(() => undefined)]);
    }
  };

  /** Ends the session when a topic that was missing is there: a group reads what its members have subscribed to. */
  const lookFor = async (present: readonly string[], found: () => void): Promise<void> => {
    const now = await existingTopics(kafka, reader.topics, logger);
    if (now.length > present.length) found();
  };

  const supervised = supervise();
  return {
    reading: () => {
      const waits = assignment?.problem() ?? problem ?? stalledReason();
      const closed = closing.signal.aborted;
      return {
        state: closed ? 'closed' : waits === null ? 'reading' : 'waiting',
        problem: waits,
        assigned: assignment?.partitions() ?? [],
      };
    },
    close: async () => {
      closing.abort();
      await supervised;
    },
  };
}

/** What is behind the wrappers of kafkajs, in one line. */
function rootOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? rootOf(error.cause) : error.message;
}

const every = (ms: number, look: () => Promise<void>): NodeJS.Timeout =>
  setInterval(() => void look().catch(() => undefined), ms).unref();
