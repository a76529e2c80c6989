/** Windows of a service over any stretch, merged to a length that people read: for screens and reports, not for verdicts. */
import type { WindowStats } from '../domain/window.ts';

/** One arm and metric in one window of the length that was asked for, all task types and generations together. */
export interface MergedWindow {
  readonly startMs: number;
  readonly arm: string;
  readonly metric: string;
  /** Every observation. */
  readonly all: WindowStats;
  /** The first observation of each unit. */
  readonly unitFirst: WindowStats;
}

export interface MergedWindows {
  /**
   * In order of time, arm and metric, all of one moment. A stored window belongs to where it starts. Those that are longer than `everyMs` cannot be cut: they are left out, and
   * `leftOut` says how many there are.
   */
  merged(request: {
    readonly serviceId: string;
    /** Length of the answered windows, ms; they start at its multiples. */
    readonly everyMs: number;
    /** `[fromMs, toMs)` */
    readonly fromMs: number;
    readonly toMs: number;
    /** Null: every one. */
    readonly arm: string | null;
    readonly metric: string | null;
  }): Promise<{ readonly windows: readonly MergedWindow[]; readonly leftOut: number }>;
}
