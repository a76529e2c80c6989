/** Upkeep of the database: partitions made and dropped, windows merged, what is old removed. */
import type { Partition, Retention } from '../domain/retention.ts';

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

/** How much of it at once, and when to stop for now. */
export interface Portion {
  readonly rowsAtOnce: number;
  readonly enough: () => boolean;
}

/** `more`: it was enough before it was all. */
export interface Done {
  readonly rows: number;
  readonly more: boolean;
}

export interface MaintenanceStore {
  /** Partitions by time that there are, of every table that is cut so. */
  partitions(): Promise<readonly Partition[]>;
  /**
   * Makes the partitions that rows of these moments go to, those that are there left alone. Answers how many it made.
   * Throws `Failure('StoreUnavailable')` when the table is in use for longer than it may wait.
   */
  makePartitions(atMs: readonly number[]): Promise<number>;
  /**
   * Drops one partition. Waits for who uses the table at most a tenth of a second, during which new users wait too: false when that was too
   * short, and nothing has changed. True also when it is gone already.
   */
  dropPartition(partition: Partition): Promise<boolean>;
  /**
   * Merges windows of a block's length that are older than `mergeAfter`, and than all that anything open may read, into windows of an hour. Each hour of a service is
   * one statement: a window is counted in the one or in the other.
   */
  mergeWindows(kept: Retention, nowMs: number, portion: Portion): Promise<Done>;
  /** Removes what is older than `kept` says and nothing open needs. A second call removes nothing more. */
  removeOld(what: OldRows, kept: Retention, nowMs: number, portion: Portion): Promise<Done>;
}
