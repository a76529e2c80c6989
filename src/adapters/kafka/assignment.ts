/**
 * The partitions that one consumer has, and where reading stands in each. Batches go to the reader until it has stored them: meanwhile at most one
 * more of their partition is fetched, and that only while reading catches up, so that a slow store slows reading and fills no memory.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import type { LogReader, LogReading, Partition, Taken, TopicPartition } from '../../ports/event-log.ts';
import { toLogMessage } from './messages.ts';
import type { PartitionEnds, TopicEnds } from './topic-ends.ts';
import type { TopicIds } from './topic-ids.ts';

/** Messages of one transaction, and their bytes: a fetch that was packed well may hold many more. */
const MOST_AT_ONCE = 8_000;
const MOST_BYTES_AT_ONCE = 16 * 1024 * 1024;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const HEARTBEAT_MS = 2_000;
const COMMIT_EVERY_MS = 5_000;

const timeOf = (message: KafkaMessage | undefined): number | null =>
  message === undefined ? null : toLogMessage(message).timestampMs;

const keyOf = ({ topic, partition }: Partition): string => `${topic}/${partition}`;

const topicsOf = (of: readonly Partition[]): readonly string[] => [...new Set(of.map(({ topic }) => topic))];

/** What is asked of the cluster beside the messages. */
export interface Topics {
  readonly ids: TopicIds;
  readonly ends: TopicEnds;
}

interface Standing extends TopicPartition {
  /** Of the topic that the position is in. */
  topicId: string | null;
  /** Null: never read. */
  position: number | null;
  /** Everything before this offset was seen, also what is no message, such as the marker at the end of a transaction. */
  seen: number;
  behind: number | null;
  /** When the oldest message that is known not to be stored came into the topic, ms since the Unix epoch; null when all known ones are stored. */
  oldestMs: number | null;
  committedAtMs: number;
  /** Where reading stands was asked for and told. */
  loaded: boolean;
  /** Nothing was taken since the position was loaded. */
  fresh: boolean;
  /** Fetching was sent back to the position, and nothing was taken since. */
  sentBack: boolean;
  /** Ends when the batch that is being stored is stored, or given up; fails as that does, which the next batch's taking throws. Null: nothing is. */
  storing: Promise<void> | null;
  /** How often the position was asked for and told. */
  loads: number;
}

/** Behind the last of the messages from `first` on that go together; it is one at least. */
function endOfPart(messages: readonly KafkaMessage[], first: number): number {
  let bytes = 0;
  for (let at = first; at < messages.length && at < first + MOST_AT_ONCE; at += 1) {
    bytes += messages[at]?.value?.length ?? 0;
    if (bytes > MOST_BYTES_AT_ONCE && at > first) return at;
  }
  return Math.min(messages.length, first + MOST_AT_ONCE);
}

/**
 * Whether a batch was fetched from beyond what was seen: kafkajs asks a new leader from where reading stands while the answer of the old one is still on its
 * way, from where it once stood. Once only until something is taken: what retention has removed in between is beyond it, too, and stays so.
 */
function isBeyond({ position, seen, sentBack }: Standing, batch: EachBatchPayload['batch']): boolean {
  const { fetchedOffset } = batch as { readonly fetchedOffset?: unknown };
  return position !== null && !sentBack && Number(fetchedOffset) > Math.max(position, seen);
}

/** Behind by what is between the end of the partition and what was seen of it, or stored while a batch waits for that. */
function measure(standing: Standing, { low, high }: Pick<PartitionEnds, 'low' | 'high'>): void {
  const { position, seen, oldestMs, storing } = standing;
  standing.behind = Math.max(0, high - Math.max(low, position ?? 0, storing === null ? seen : 0));
  standing.oldestMs = standing.behind === 0 ? null : (oldestMs ?? Date.now());
}

export class Assignment {
  readonly #consumer: Consumer;
  readonly #reader: LogReader;
  readonly #topics: Topics;
  readonly #logger: Logger;
  readonly #closing: AbortSignal;
  #standings = new Map<string, Standing>();
  #loaded: Promise<void> = Promise.resolve();
  /** Why something waits, of each that does. */
  readonly #problems = new Map<symbol, string>();
  #ended = false;

  constructor(consumer: Consumer, reader: LogReader, topics: Topics, logger: Logger, closing: AbortSignal) {
    this.#consumer = consumer;
    this.#reader = reader;
    this.#topics = topics;
    this.#logger = logger;
    this.#closing = closing;
  }

  /** Called with every new assignment, before anything of it is fetched: nothing is taken until the positions are known. */
  joined(assigned: Readonly<Record<string, readonly number[]>>): void {
    const standings = Object.entries(assigned).flatMap(([topic, partitions]) =>
      partitions.map((partition): Standing => ({
        topic,
        partition,
        topicId: null,
        position: null,
        seen: 0,
        behind: null,
        oldestMs: null,
        committedAtMs: 0,
        loaded: false,
        fresh: true,
        sentBack: false,
        storing: null,
        loads: 0,
      })),
    );
    const left = this.settled();
    this.#standings = new Map(standings.map((standing) => [keyOf(standing), standing]));
    this.#begin(standings, left);
    this.#loaded.then(() => this.look()).catch(() => undefined);
  }

  /**
   * Measures how far behind reading is, which batches tell only where they come, and looks whether a topic was deleted and made anew while it is
   * read: Kafka says so only where the old position is beyond its end. What was read of it under the old position is read again. Of a topic whose
   * id was not told when the position was loaded, such as by a broker of an older release, the position takes the id that is told now.
   * @throws what asking the cluster throws
   */
  async look(): Promise<void> {
    const mine = this.#standings;
    const standings = [...mine.values()];
    if (standings.length === 0) return;
    const topics = topicsOf(standings);
    const [ids, ends] = await Promise.all([this.#topics.ids(topics), this.#topics.ends(topics)]);
    if (this.#standings !== mine) return;
    for (const end of ends) {
      const standing = mine.get(keyOf(end));
      if (!standing) continue;
      measure(standing, end);
    }
    const others = standings.filter(
      ({ topic, topicId, loaded }) => loaded && (ids.get(topic) ?? topicId) !== topicId,
    );
    if (others.length > 0) this.#begin(others);
  }

  /** What a batch without any message went past: an aborted transaction, or markers alone. */
  passed(of: Partition, lastOffset: number, high: number): void {
    const standing = this.#standings.get(keyOf(of));
    if (!standing) return;
    standing.seen = Math.max(standing.seen, lastOffset + 1);
    if (standing.storing === null) measure(standing, { low: 0, high });
  }

  /** Nothing more is taken until it is known where these stand, which is asked when `left` is settled. */
  #begin(standings: readonly Standing[], left: Promise<void> = Promise.resolve()): void {
    const mine = this.#standings;
    this.#loaded = left
      .then(() =>
        this.#insist(
          'where reading stands is not known',
          () => this.#standings === mine,
          () => this.#load(standings),
        ),
      )
      .then(() => undefined);
    this.#loaded.catch(() => undefined);
  }

  /** When nothing that was taken is being stored any more. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#standings.values()].map(async ({ storing }) => storing));
  }

  partitions(): LogReading['assigned'] {
    const nowMs = Date.now();
    return [...this.#standings.values()].map(({ topic, partition, behind, oldestMs }) => ({
      topic,
      partition,
      behind,
      lagMs: behind === null ? null : oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs),
    }));
  }

  problem(): string | null {
    return [...this.#problems.values()][0] ?? null;
  }

  end(): void {
    this.#ended = true;
    this.#standings = new Map();
  }

  /**
   * Returns early, with nothing resolved, when the partition is no longer ours or reading goes on elsewhere: kafkajs fetches anew then. While reading
   * catches up, the next batch is fetched while this one is stored: what is fetched stands behind what is stored then, and is fetched anew when it cannot be.
   */
  async take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    for (let loaded: Promise<void> | null = null; loaded !== this.#loaded;) {
      loaded = this.#loaded;
      await this.#beating(payload, loaded);
    }
    const standing = this.#standings.get(keyOf(batch));
    if (standing === undefined) return;
    if (standing.storing !== null) await this.#beating(payload, standing.storing);
    const { loads } = standing;
    // A seek that is not fetched from yet is stale; one that is, has another position told.
    const live = (): boolean =>
      payload.isRunning() &&
      !payload.isStale() &&
      standing.loads === loads &&
      this.#standings.get(keyOf(batch)) === standing &&
      !this.#ended;
    if (!live()) return;
    if (isBeyond(standing, batch)) {
      this.#sendBack(standing);
      return;
    }
    const { length } = batch.messages;
    const behind = Number(batch.highWatermark) - Number(batch.lastOffset()) - 1;
    // What is more than goes together is held alone.
    const ahead = behind >= length && endOfPart(batch.messages, 0) === length;
    const stored = this.#store(standing, batch, live, (offset) => {
      if (!ahead) payload.resolveOffset(offset);
    });
    standing.storing = stored;
    stored.then(
      () => (standing.storing = null),
      () => undefined,
    );
    if (ahead) payload.resolveOffset(batch.lastOffset());
    else await this.#beating(payload, stored);
    await payload.heartbeat();
  }

  /** @param resolved called behind every part of the batch that is stored, with the offset of its last message */
  async #store(
    standing: Standing,
    batch: EachBatchPayload['batch'],
    live: () => boolean,
    resolved: (offset: string) => void,
  ): Promise<void> {
    const { loads } = standing;
    for (let [first, end] = [0, 0]; first < batch.messages.length; first = end) {
      if (!live()) return;
      end = endOfPart(batch.messages, first);
      const messages = batch.messages.slice(first, end);
      const whole = end === batch.messages.length;
      const seen = Number(whole ? batch.lastOffset() : messages.at(-1)?.offset) + 1;
      const behind = Math.max(0, Number(batch.highWatermark) - seen);
      this.#warnOfGaps(standing, messages);
      // Told while the store does not take it, too: nothing more of the partition is fetched then, and nothing else would say so.
      standing.behind = behind + messages.length;
      standing.oldestMs = timeOf(messages[0]);
      const taken = await this.#insist('the store does not take a batch', live, () =>
        this.#reader.take({
          topic: batch.topic,
          partition: batch.partition,
          topicId: standing.topicId,
          messages: messages.map(toLogMessage),
          position: standing.position,
          behind,
        }),
      );
      if (taken === null || standing.loads !== loads) return;
      if (taken.kind === 'moved') {
        await this.#insist('where reading stands is not known', live, () => this.#load([standing]));
        return;
      }
      standing.position = taken.next;
      standing.sentBack = false;
      standing.seen = Math.max(standing.seen, seen);
      standing.behind = behind;
      standing.oldestMs = behind > 0 ? timeOf(messages.at(-1)) : null;
      resolved(messages.at(-1)?.offset ?? '');
      await this.#commit(standing);
    }
  }

  async #load(standings: readonly Standing[]): Promise<void> {
    const ids = await this.#topics.ids(topicsOf(standings));
    const of = standings.map(({ topic, partition }) => ({
      topic,
      partition,
      topicId: ids.get(topic) ?? null,
    }));
    const known = new Map((await this.#reader.positions(of)).map((each) => [keyOf(each), each]));
    for (const standing of standings) {
      const { topic, partition } = standing;
      const {
        next = null,
        topicId = ids.get(topic) ?? null,
        remade = false,
      } = known.get(keyOf(standing)) ?? {};
      if (remade)
        this.#logger.error(
          { topic, partition, topicId, position: standing.position },
          'a topic was deleted and made anew: it is read from where it begins now',
        );
      const loads = standing.loads + 1;
      Object.assign(standing, { position: next, seen: 0, topicId, loaded: true, loads, fresh: true });
      this.#seek(standing);
    }
  }

  /** -2: the oldest message that is there. */
  #seek({ topic, partition, position, seen }: Standing): void {
    this.#consumer.seek({ topic, partition, offset: String(Math.max(position ?? 0, seen) || -2) });
  }

  #sendBack(standing: Standing): void {
    const { topic, partition, position } = standing;
    this.#logger.warn(
      { topic, partition, position },
      'a fetch from beyond where reading stands is not taken',
    );
    standing.sentBack = true;
    this.#seek(standing);
  }

  /** Until `work` answers; null when it is not wanted any more. */
  async #insist<T extends Taken | void>(
    what: string,
    wanted: () => boolean,
    work: () => Promise<T>,
  ): Promise<T | null> {
    const mine = Symbol(what);
    try {
      for (let failures = 0; wanted() && !this.#closing.aborted; failures += 1) {
        try {
          return await work();
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#problems.set(mine, `${what}: ${reason}`);
          this.#logger.warn({ err: error, failures }, `${what}; it is tried again`);
          const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
          await delay(pauseMs, undefined, { signal: this.#closing }).catch(() => undefined);
        }
      }
      return null;
    } finally {
      this.#problems.delete(mine);
    }
  }

  /** Waits for `work` while telling the group that we are alive. Throws what ends our membership, after the work has ended. */
  async #beating<T>(payload: EachBatchPayload, work: Promise<T>): Promise<T> {
    const lost: unknown[] = [];
    const timer = setInterval(
      () => void payload.heartbeat().catch((error: unknown) => lost.push(error)),
      HEARTBEAT_MS,
    );
    try {
      const answer = await work;
      if (lost.length > 0) throw lost[0];
      return answer;
    } finally {
      clearInterval(timer);
    }
  }

  /** Later gaps are no loss: what a transaction or a compaction leaves out. */
  #warnOfGaps(standing: Standing, messages: readonly KafkaMessage[]): void {
    const { topic, partition, position, fresh } = standing;
    const first = Number(messages[0]?.offset ?? 0);
    standing.fresh = false;
    const where = { topic, partition, position, first };
    if (position === null) return;
    if (first < position)
      this.#logger.error(where, 'a topic was made anew or cut: it is read from where it begins now');
    else if (first > position && fresh)
      this.#logger.warn(where, 'messages are gone, such as those that retention removed unread');
  }

  /** For the tools that show how far a group is; a failure changes nothing. */
  async #commit(standing: Standing): Promise<void> {
    const { topic, partition, position, committedAtMs } = standing;
    if (position === null || performance.now() - committedAtMs < COMMIT_EVERY_MS) return;
    standing.committedAtMs = performance.now();
    await this.#consumer
      .commitOffsets([{ topic, partition, offset: String(position) }])
      .catch(() => undefined);
  }
}
