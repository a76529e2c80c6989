/** What one batch of events brought, as it goes to the store: all of it in one transaction, with the place in the log that it was read from. */
import type { WindowStats } from '../domain/window.ts';
import type { FeedbackEvent } from './feedback-event.ts';
import type { OutgoingMessage, Position, TopicPartition } from './event-log.ts';
import type { PairEvent } from './pairs.ts';
import type { PlainBatch } from './plain-batch.ts';

/** A metric of the observatory, or a request to a model that a span tells of, with its identity and the window that it belongs to. */
export interface MetricEvent {
  readonly source: string;
  readonly id: string;
  /** `given`: the data as they came. */
  readonly data: {
    readonly service: string;
    readonly timestamp: string;
    readonly arm: string;
    readonly generation: number;
    readonly metric: string;
    readonly task_type: string;
    readonly given: unknown;
  };
  /** What it adds to the window. Its units are not known, so nothing of it counts as a unit's first. */
  readonly stats: WindowStats;
  /** What else the same event adds, to other metrics of the same place. */
  readonly further?: readonly { readonly metric: string; readonly stats: WindowStats }[];
}

/** What could not be read. `source`: what brought it. */
export interface SetAside {
  readonly source: string;
  readonly reason: string;
  readonly body: string;
}

/** A message of a log that could not be read. */
export interface DeadLetter extends OutgoingMessage, TopicPartition {
  readonly offset: number;
  /** As of a `LogMessage`. */
  readonly timestampMs: number | null;
  readonly reason: string;
}

export interface EventBatch {
  /** Made by the same store; stored once at most. */
  readonly plain?: PlainBatch;
  readonly feedback: readonly FeedbackEvent[];
  readonly pairs: readonly PairEvent[];
  readonly metrics: readonly MetricEvent[];
  readonly setAside: readonly SetAside[];
  readonly deadLetters: readonly DeadLetter[];
}

/** The position of one reader group in one partition, before and after a batch. `from` null: the partition was never read. */
export interface LogMove extends TopicPartition {
  readonly group: string;
  readonly from: number | null;
  readonly to: number;
}

/**
 * `duplicates`: (source, id) was stored before, or comes twice in the batch. `moved`: nothing is stored, another reader has moved on. `again`: nothing
 * is stored, since what was folded in `plain` cannot be stored as it is (an event of it came before, a service has other blocks): the same batch
 * without it can be.
 */
export type Recorded =
  | {
      readonly kind: 'recorded';
      readonly stored: number;
      readonly duplicates: number;
      readonly unknownService: number;
    }
  | { readonly kind: 'moved' | 'again' };

/** What became of a letter: its topic has it, its topic never will, or it is to be handed out again. */
export type LetterSent =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later' };

export interface DeadLetterStore {
  /**
   * Hands the oldest letters to `send`, those of the topics `notOf` left out, and answers how many that were: `limit` and `bytes` at most, and
   * one however large it is. What was sent or refused is not
   * handed out again. Two processes never hand out the same letter at once; one whose sending was not remembered is handed out again.
   */
  handOver(
    of: { readonly limit: number; readonly bytes: number; readonly notOf: readonly string[] },
    send: (
      letters: readonly (DeadLetter & { readonly setAsideAtMs: number })[],
    ) => Promise<readonly LetterSent[]>,
  ): Promise<number>;
}

export interface LogPositions {
  /** Where a group stands in each partition that it has read. What it has read of an earlier topic of the same name is forgotten. */
  positions(group: string, of: readonly TopicPartition[]): Promise<readonly Position[]>;
}
