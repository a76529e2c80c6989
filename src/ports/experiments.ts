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
  /** Key: (serviceId, generation, armId); another hash under the same key is an error. */
  recordArms(serviceId: string, generation: number, arms: readonly ExperimentArmBody[]): Promise<void>;
  arms(serviceId: string, generation: number): Promise<readonly ExperimentArmBody[]>;
  /** Key: (serviceId, generation). */
  upsert(row: ExperimentRow): Promise<void>;
  /** Newest first. */
  list(serviceId: string, limit?: number): Promise<readonly ExperimentRow[]>;
}

export interface ExperimentWindows {
  /** Stretches need not be aligned to blocks; a block belongs to the stretch that contains all of it, to none when it straddles two. */
  experimentWindow(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<ExperimentWindow>;
  /** Single quality labels (0..1), the first of each unit, per arm, in the order of exposure: for graded scores, whose test needs each one. */
  experimentScores(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<Readonly<Record<string, readonly number[]>>>;
  /** Quality per arm and segment since the experiment began: exploration, never a verdict. */
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
  /** Per arm, over units that are sessions or users and were seen in the `beforeMs` before `startMs`. Empty where units are requests. */
  prePeriod(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly startMs: number;
    readonly beforeMs: number;
  }): Promise<Readonly<Record<string, PrePeriodSums>>>;
}
