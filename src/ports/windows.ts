/**
 * Windows of metrics: written by ingest, read by observation and by verdicts.
 */
import type { Arm, ArmWindow, Block, WindowStats } from '../domain/window.ts';
import type { FeedbackEvent } from './feedback-event.ts';
import type { EventBatch, LogMove, Recorded, SetAside } from './event-batch.ts';
import type { PairEvent } from './pairs.ts';
import type { PlainBatch } from './plain-batch.ts';

export type { FeedbackEvent } from './feedback-event.ts';

/** The instrument that a point's stream is of, in one process: all that names the stream but its attributes. */
export interface StreamFamily {
  /** 64 hexadecimal digits, never those of a stream. */
  readonly key: string;
  /** The point's time, nanoseconds since the epoch, decimal digits: SDKs collect an instrument's streams at one time. */
  readonly timeNano: string;
}

/** A point of an OTLP metric stream and the window it belongs to. `metric` is the OTLP name, in its own unit. */
export interface StreamPoint {
  /**
   * What is remembered of what came: the stream (resource, scope, metric and attributes, of a cumulative one its start too, where that is known), or
   * with `once` the point itself. 64 hexadecimal digits.
   */
  readonly streamKey: string;
  /** The point stands for itself and counts once by `streamKey`: nothing is kept of its stream. */
  readonly once?: boolean;
  /** Under which its stream was remembered before `streamKey` held so much; looked up while nothing is known under that. */
  readonly formerKey?: string;
  /** Only of a cumulative stream whose start is known. */
  readonly family?: StreamFamily;
  readonly serviceId: string;
  readonly generation: number;
  /** `stable`, `candidate`, or an arm of an experiment. */
  readonly arm: string;
  readonly metric: string;
  /** Of its values, as far as it is stated. The first of a metric is its windows'. */
  readonly unit?: string;
  readonly taskType: string;
  readonly atMs: number;
}

/** What is known of a point's service and metric. */
export interface StreamContext {
  /** When the first OTLP metric of the service came, ms since the epoch; now, when this is the first. */
  readonly seenSinceMs: number;
  /**
   * The time that the first points of its family had, nanoseconds since the epoch; of a family that is new, the earliest of those that are recorded
   * with it. Left out without a family.
   */
  readonly familySinceNano?: string;
  /** In which the metric's windows are; empty while nobody has stated one. */
  readonly unit: string;
}

/**
 * Where a stream stands after a point, and what the point adds to its window; `added` is null when it was counted before, or with `refused`, which
 * says why, when it cannot be counted.
 * `state` is plain JSON and is handed back as `previous` with the stream's next point; null before the first one. Of a point
 * that counts once it is not kept, and `previous` is what was known under `formerKey`.
 */
export type AdvanceStream<P extends StreamPoint> = (
  previous: unknown,
  point: P,
  context: StreamContext,
) => { readonly state: unknown; readonly added: WindowStats | null; readonly refused?: string };

/** What became of points: each was counted, told nothing new, or was refused. */
export interface RecordedStreams<P extends StreamPoint> {
  readonly counted: number;
  readonly unchanged: number;
  readonly refused: readonly { readonly point: P; readonly reason: string }[];
}

/** What is recorded as serving a service now. `candidate` is null while no change is tried. */
export type Serving = Readonly<
  Record<Arm, { readonly generation: number; readonly model: string | null } | null>
>;

export interface IngestStore {
  /** Of each known service among these. */
  serving(serviceIds: readonly string[]): Promise<ReadonlyMap<string, Serving>>;
  /** To be filled, for one `recordEvents`. */
  plainBatch(): PlainBatch;
  /**
   * Stores all that a batch brought in one transaction: events that are new, their windows, what could not be read, and with `move` the position
   * in the log that it was read from. Where another reader has moved it meanwhile, nothing is stored.
   */
  recordEvents(batch: EventBatch, nowMs: number, move?: LogMove): Promise<Recorded>;
  /**
   * Stores events and folds the new ones into the windows of their service's `block` length in one transaction.
   * An event whose service is not known is kept as unknown and counted, not dropped.
   */
  recordFeedback(
    events: readonly FeedbackEvent[],
    nowMs: number,
  ): Promise<{ readonly stored: number; readonly duplicates: number; readonly unknownService: number }>;
  /** The same for pairs of shadows: each (source, id) once, folded into the pair windows of the moment at which they arrive. */
  recordPairs(
    pairs: readonly PairEvent[],
    nowMs: number,
  ): Promise<{ readonly stored: number; readonly duplicates: number; readonly unknownService: number }>;
  /**
   * Counts the points of OTLP streams: advances each stream by its points, in order, and folds what they add into the
   * windows, in one transaction. Two writers of a stream take turns, so a retried export adds nothing.
   * `advance` must be pure: it runs again when the transaction is tried again.
   */
  recordStreams<P extends StreamPoint>(
    points: readonly P[],
    advance: AdvanceStream<P>,
    nowMs: number,
  ): Promise<RecordedStreams<P>>;
  /** Keeps what could not be read, with the reason. */
  setAside(items: readonly SetAside[], nowMs: number): Promise<void>;
}

/** From `atMs` on the units of a service count anew, until the next epoch (`step`) or every hour (`hour`). */
export interface UnitEpoch {
  readonly serviceId: string;
  /** What began it; the same key again changes nothing. */
  readonly key: string;
  readonly atMs: number;
  readonly every: 'step' | 'hour';
}

/** One arm over a stretch of time, all task types together. */
export interface ArmSummary {
  /** First observation of each unit. */
  readonly unitFirst: ArmWindow;
  /** Every observation. */
  readonly all: ArmWindow;
}

export interface WindowStore {
  /**
   * Sessions and users count anew from the first window that begins at or after `atMs`: of each unit the first observation of an epoch
   * is its unit-first one. A weight that was set begins one, so both arms of a step are counted alike. Key: (serviceId, key).
   */
  countUnitsAnew(epoch: UnitEpoch): Promise<void>;
  /**
   * Unit-first statistics of both arms in blocks `fromNo..toNo` (both included) of `blockMs`, in order, blocks without
   * any observation left out. An event carries the generation of the configuration that answered it, so the candidate
   * arm is read at `generation` and the stable arm at whatever was stable in the same blocks.
   */
  blocks(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly blockMs: number;
    readonly fromNo: number;
    readonly toNo: number;
  }): Promise<readonly Block[]>;
  /**
   * Metrics of a service's own, by name, summed over blocks `fromNo..toNo` of `blockMs`: arms as in `blocks`. Of feedback the first
   * observation of each unit, of OTLP metrics every one.
   */
  named(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly blockMs: number;
    readonly fromNo: number;
    readonly toNo: number;
    readonly names: readonly string[];
  }): Promise<Readonly<Record<Arm, Readonly<Record<string, WindowStats>>>>>;
  /**
   * One arm summed over `[fromMs, toMs)`; `generation` null means any. Controls of experiments serve what is stable: they are summed with
   * the stable arm, of one generation where they were configured as it is, sessions and users of theirs anew every hour. No other arm of an experiment is ever in it.
   */
  summary(request: {
    readonly serviceId: string;
    readonly arm: Arm;
    readonly generation: number | null;
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<ArmSummary>;
  /**
   * Remembers the statistics of blocks as a rollout folds them, so that later labels can be told apart. Answers the blocks
   * as they were remembered first: asked again, with labels that came later, it answers what it did before.
   * Key: (serviceId, generation, no).
   */
  markFolded(serviceId: string, generation: number, blocks: readonly Block[]): Promise<readonly Block[]>;
  /**
   * What has arrived since for blocks that were folded: both arms, one difference per stretch of the rollout, null where nothing
   * came. Stretches begin at `stretchesFromMs`, rising; a block belongs to the one during which it began, blocks before the first
   * one to the first. Without any there is one stretch. Labels of several weights must not be summed: with a base rate that
   * drifts over a ramp, two equal arms differ in the sum.
   */
  lateSince(
    serviceId: string,
    generation: number,
    blockMs: number,
    stretchesFromMs: readonly number[],
  ): Promise<readonly (Block | null)[]>;
}
