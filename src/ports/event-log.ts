/**
 * A log of messages in topics and partitions, such as Kafka: read in batches, whose position is kept by the reader and not by the log.
 */

export interface Partition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition of one topic among those that have had its name. */
export interface TopicPartition extends Partition {
  /** No other topic has it, whatever its name. Null: the log does not tell. */
  readonly topicId: string | null;
}

/** Where reading stands in a partition that was read before: offset of the first message that nobody has stored. */
export interface Position extends TopicPartition {
  readonly next: number;
  /** The position was one in an earlier topic of the same name: `next` is 0. */
  readonly remade: boolean;
}

export interface LogMessage {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** As text; of a header that is given several times the last one. */
  readonly headers: Readonly<Record<string, string>>;
  /** When it was sent, or came into the log: milliseconds since the epoch. Null: the log does not know. */
  readonly timestampMs: number | null;
  /** Why the log could not decode the batch that it was in: the first message of the batch has the batch as it came for its value, the others have none; so do its dead letters, which `unpack` reads. */
  readonly undecodable?: string;
}

/** Consecutive messages of one partition, at least one. */
export interface LogBatch extends TopicPartition {
  readonly messages: readonly LogMessage[];
  /** Where reading stands: offset of the first message that nobody has stored. Null: the partition was never read. */
  readonly position: number | null;
  /** Messages that are there after this batch. */
  readonly behind: number;
}

/** `stored`: reading goes on at `next`. `moved`: another reader has stored meanwhile, nothing was stored; reading goes on where it stands. */
export type Taken = { readonly kind: 'stored'; readonly next: number } | { readonly kind: 'moved' };

export interface LogReader {
  readonly topics: readonly string[];
  /**
   * Where reading stands, of each partition that was read before; in a topic that was made anew it begins again. Asked when partitions are
   * assigned, after `moved`, and when a topic has another id than before.
   */
  positions(of: readonly TopicPartition[]): Promise<readonly Position[]>;
  /** Stores a batch. One at a time for each partition. When it throws, the same batch is given again after a pause. */
  take(batch: LogBatch): Promise<Taken>;
}

/** What is known of a reading, for `/health`. */
export interface LogReading {
  readonly state: 'starting' | 'reading' | 'waiting' | 'closed';
  /** Why it waits; null while it reads. */
  readonly problem: string | null;
  readonly assigned: readonly (Partition & {
    /** Messages that are there and not stored, as of the last batch or the last look, which come every few seconds. Null before the first. */
    readonly behind: number | null;
    /** How long the oldest of them has been in the log, ms; 0 when there are none. Null while `behind` is. */
    readonly lagMs: number | null;
  })[];
}

export interface LogConsumer {
  reading(): LogReading;
  /** Lets the batch under way finish. Nothing is taken after it. */
  close(): Promise<void>;
}

export interface OutgoingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** `tooLarge`: the log will never take a message of this size. */
export type Sent = { readonly kind: 'sent' } | { readonly kind: 'tooLarge'; readonly reason: string };

export interface EventLog {
  /** Starts reading, and goes on through outages of the log and of the reader's store until it is closed. */
  read(reader: LogReader): LogConsumer;
  /** Answers when the log has all of them, or says that one is too large. Throws when the log cannot be reached: some may be there then. */
  send(
    topic: string,
    messages: readonly OutgoingMessage[],
    how?: { readonly compressed: boolean },
  ): Promise<Sent>;
  /**
   * The messages of a batch that reading found undecodable, from the dead letter that has it as it came: none from the other letters of the batch, null when the
   * letter is of no batch. Its limit is 1 GB. Throws when the batch is broken or holds more.
   */
  unpack(letter: LogMessage): Promise<readonly LogMessage[] | null>;
  /**
   * Reads what a topic holds now to its end, and answers how many messages that were. With a group from where it stopped before, which the log
   * remembers after each `take`; with null all of it, and nothing is remembered. Throws what `take` throws, and when the topic is not there.
   */
  drain(
    topic: string,
    group: string | null,
    take: (messages: readonly LogMessage[]) => Promise<void>,
  ): Promise<number>;
  close(): Promise<void>;
}
