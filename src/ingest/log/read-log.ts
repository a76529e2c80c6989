/** Reads the topics of an event log into the store, for as long as ingest runs. Wiring of the reader; it judges nothing. */
import type { DeadLetterStore, LogPositions } from '../../ports/event-batch.ts';
import type { EventLog, LogReading } from '../../ports/event-log.ts';
import type { IngestContext } from '../context.ts';
import { startDeadLetters } from './dead-letters.ts';
import { takeBatch } from './take-batch.ts';

export interface LogOptions {
  readonly log: EventLog;
  readonly store: DeadLetterStore & LogPositions;
  /** Whose positions they are; ingest processes of one group share the partitions. */
  readonly group: string;
  readonly topics: readonly string[];
  /** That of them whose alerts are security alerts, whatever they are called. Left out: none is for those alone. */
  readonly securityTopic?: string | null;
}

export interface ReadingLog {
  reading(): LogReading;
  close(): Promise<void>;
}

export function startReading(context: IngestContext, options: LogOptions): ReadingLog {
  const { log, store, group, topics, securityTopic = null } = options;
  const deadLetters = startDeadLetters(store, log, context.logger);
  const consumer = log.read({
    topics,
    positions: (of) => store.positions(group, of),
    take: async (batch) => {
      const before = context.counters.log.deadLetters;
      const taken = await takeBatch(context, { group, securityTopic }, batch);
      if (context.counters.log.deadLetters > before) deadLetters.kick();
      return taken;
    },
  });
  return {
    reading: () => consumer.reading(),
    close: async () => {
      await consumer.close();
      await deadLetters.close();
      await log.close();
    },
  };
}
