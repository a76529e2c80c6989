/** Upkeep of the database: partitions made and dropped, windows merged, what is old removed. */
import type { Partition, Retention } from '../domain/retention.ts';
import type { Place } from '../state/maintenance.ts';

/** What is removed row by row, in the order in which it has to go. */
export type OldRows =
  | 'windows'
  | 'shadowPairWindows'
  | 'rolloutBlocks'
  | 'exposureUnits'
  | 'unitEpochs'
  | 'experimentUnits'
  | 'experimentProviders'
  | 'shadowUnits'
  | 'alerts'
  | 'alertDeliveries'
  | 'setAside'
  | 'deadLetters'
  | 'otlpStreams';

/** How much of it at once, when to stop for now, and where the portion before has stopped. `enough` is asked between any two statements, and may throw to end it there. */
export interface Portion {
  readonly rowsAtOnce: number;
  readonly enough: () => boolean;
  readonly from?: Place;
}

/** `more`: it was enough before it was all. `next`: where the next portion goes on, of what has an order. */
export interface Done {
  readonly rows: number;
  readonly more: boolean;
  readonly next?: Place;
}

export interface MaintenanceStore {
  /** What the clock of the store says, ms. */
  nowMs(): Promise<number>;
  /** Partitions by time that there are, of every table that is cut so. Throws for one of which nobody can tell what it holds. */
  partitions(): Promise<readonly Partition[]>;
  /**
   * Makes the partitions that rows of these moments go to, those that are there left alone. Answers how many it made.
   * Throws `Failure('StoreUnavailable')` when the table is in use for longer than it may wait.
   */
  makePartitions(atMs: readonly number[]): Promise<number>;
  /**
   * Drops one partition. Waits for who uses it at most a tenth of a second for each of its locks (those of the table, of the partition, and of who reads identities),
   * during which new users wait too: false when that was too short, and nothing has changed. True also when it is gone already.
   */
  dropPartition(partition: Partition): Promise<boolean>;
  /**
   * Merges windows of a block's length that are older than `mergeAfter`, and than all that anything open may read, into windows of an hour. Each hour of a service is
   * one statement: a window is counted in the one or in the other. Goes by service and hour, from `portion.from` on.
   */
  mergeWindows(kept: Retention, nowMs: number, portion: Portion): Promise<Done>;
  /** Removes what is older than `kept` says and nothing open needs. A second call removes nothing more. */
  removeOld(what: OldRows, kept: Retention, nowMs: number, portion: Portion): Promise<Done>;
}
