/**
 * What experiments leave in the store: the configurations of their arms, what became of the units, how they ended. Methods throw
 * `Failure('StoreUnavailable')` when the database cannot be reached.
 */
import type { ExperimentWindow, PrePeriodSums } from '../domain/experiment-window.ts';
import type { Configuration } from '../domain/orchestrator-wire.ts';

export type { ExperimentArmWindow, ExperimentWindow, PrePeriodSums } from '../domain/experiment-window.ts';

/** One arm's configuration; only the hash travels through workflow history. */
export interface ExperimentArmBody {
  readonly armId: string;
  readonly body: Configuration;
  readonly hash: string;
}

/** An experiment's row: a projection for screens and reports, never read back by the workflow. */
export interface ExperimentRow {
  readonly workflowId: string;
  readonly runId: string;
  readonly serviceId: string;
  readonly generation: number;
  readonly name: string;
  readonly phase: string;
  /** Null while it runs. */
  readonly outcome: string | null;
  readonly winner: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly reason: string | null;
  /** Verdict, per-arm totals, conclusion. Plain JSON. */
  readonly state: unknown;
}

export interface ExperimentStore {
  /**
   * Key: (serviceId, generation, armId); another hash under the same key is an error. The control comes first: what it serves is stable, so
   * that its traffic is the stable configuration's to `WindowStore.summary`.
   */
  recordArms(serviceId: string, generation: number, arms: readonly ExperimentArmBody[]): Promise<void>;
  /** In the order in which they were recorded. */
  arms(serviceId: string, generation: number): Promise<readonly ExperimentArmBody[]>;
  /**
   * A run that was reset goes on under another generation: its units stay in their arms, and are not counted a second time. Before the first
   * event of the new generation. A second call changes nothing.
   */
  carryUnits(serviceId: string, fromGeneration: number, toGeneration: number): Promise<void>;
  /** Key: (serviceId, generation). */
  upsert(row: ExperimentRow): Promise<void>;
  /** Newest first. */
  list(serviceId: string, limit?: number): Promise<readonly ExperimentRow[]>;
}

/** A stretch of exposure time of an experiment, within one allocation period. */
export interface ExperimentStretch {
  readonly serviceId: string;
  readonly generation: number;
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * When the weights of the stretch came into force. Labels of units that were exposed first before that are left out: under the weights of
   * then, the arms would differ in how old their units are, and a difference of old and new units would pass for one of arms.
   */
  readonly periodFromMs: number;
  /** How long each piece of the answer is, taken up to whole blocks; the last one may be shorter. Null: one piece. */
  readonly pieceMs: number | null;
}

export interface ExperimentWindows {
  /**
   * The pieces of a stretch in order, at least one. Stretches need not be aligned to blocks; a block belongs to the stretch that contains all of it,
   * to none when it straddles two.
   */
  experimentWindows(stretch: ExperimentStretch): Promise<readonly ExperimentWindow[]>;
  /**
   * The labels behind `unitFirst.quality` of the same stretch, each by itself (0..1), per piece and arm, in the order of exposure: for graded scores,
   * whose test needs each one. Pieces after the last label are left out.
   */
  experimentScores(
    stretch: ExperimentStretch,
  ): Promise<readonly Readonly<Record<string, readonly number[]>>[]>;
  /**
   * First labels per arm and segment since the experiment began: exploration, never a verdict. The segment is that of a unit's first
   * exposure, `unknown` where no region was told. Segments in order of their names.
   */
  experimentSegments(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly by: 'taskType' | 'region';
  }): Promise<
    readonly {
      readonly segment: string;
      readonly arms: Readonly<
        Record<string, { readonly n: number; readonly sum: number; readonly sumOfSquares: number }>
      >;
    }[]
  >;
  /**
   * Per arm, over sessions and users with a label in the experiment: y is that label, x the mean quality of the same unit in the `beforeMs`
   * before `startMs`, whatever arm and generation answered. A unit that nobody had judged before is `missing`. Empty where units are requests.
   */
  prePeriod(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly startMs: number;
    readonly beforeMs: number;
  }): Promise<Readonly<Record<string, PrePeriodSums>>>;
}
