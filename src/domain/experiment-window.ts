/** What the arms of an experiment did over a stretch of time, as the store gives it and the core judges it. Types only. */
import type { ArmWindow } from './window.ts';

/** One arm over a stretch of exposure time. */
export interface ExperimentArmWindow {
  /**
   * The first observation of each unit, counted in the arm that the unit was given first. `quality` is the first label of each unit, in the
   * block of the answer that was judged.
   */
  readonly unitFirst: ArmWindow;
  /** Every observation, in the arm that answered: what requests cost and took. */
  readonly all: ArmWindow;
  /** Units exposed for the first time, and how many of these have a quality label by now. */
  readonly exposures: number;
  readonly labelled: number;
  /** Signatures of what answered (`provider-signature.ts`), sorted, each once; none that only tells less than another. */
  readonly providers: readonly string[];
  /** How many answers came of each signature, those that tell less too. One that is left out, nobody counted. */
  readonly answers?: Readonly<Record<string, number>>;
}

/**
 * All arms of an experiment over the blocks of the service that lie wholly in what was asked for: `[fromMs, toMs)` of exposure time, in whole
 * blocks, and empty (`fromMs >= toMs`) where there is none. An arm of which nothing arrived is left out.
 */
export interface ExperimentWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly arms: Readonly<Record<string, ExperimentArmWindow>>;
}

/** Sums of an outcome y and of what was known of each unit before it was exposed x, for CUPED. `missing`: units without any pre-period. */
export interface PrePeriodSums {
  readonly n: number;
  readonly missing: number;
  readonly sumX: number;
  readonly sumY: number;
  readonly sumXX: number;
  readonly sumXY: number;
  readonly sumYY: number;
  /** Of the units without a pre-period. */
  readonly missingSumY: number;
  readonly missingSumYY: number;
}
