/**
 * The running evidence of an experiment: a few numbers per variant and metric, plain JSON with a version, that travel in a workflow's state as
 * the recorded result of an activity. It holds no observation and decides nothing; `fold.ts` advances it.
 */
import { startLongWatch, type LongWatch } from '../long-watch.ts';
import { emptyMoments, type Moments } from '../moments.ts';
import { emptyRestarting, type Restarting } from '../restarts.ts';
import type { StagedSampleRatio } from '../sample-ratio.ts';
import type { TlgState } from '../tlg.ts';
import {
  completeDesign,
  type ExperimentDesign,
  type ExperimentDesignInput,
  type MetricSpec,
} from './design.ts';
import { emptyProcess, type Process } from './process.ts';
import { emptyRunningInterval, type RunningInterval } from './running-interval.ts';

/** A number for control and one for the variant. */
export interface Pair<T> {
  readonly control: T;
  readonly variant: T;
}

/**
 * One metric of a variant beside control.
 * - `labels`: outcomes folded; for proportions and tails, of the blocks that had both arms.
 * - `effect`: sums over blocks of weight * value with weight nA nB / (nA + nB) (Cochran, Mantel, Haenszel): values compared within blocks only, so
 *   that a ramp under a drifting base rate does not show up as an effect. A block with one arm has no weight.
 * - `stage`, `interval`: the means since the weights last changed, and the sequence over their looks.
 */
export interface Comparison {
  readonly metric: string;
  readonly labels: Pair<number>;
  readonly effect: Pair<number> & { readonly weight: number };
  readonly stage: Pair<Moments>;
  readonly interval: RunningInterval;
}

/** `sign` is the side of the evidence when it was at its maximum: which a two-sided verdict is for. For scores it is the side whose bets won. */
export interface PrimaryEvidence extends Comparison {
  readonly superiority: Process;
  readonly sign: number;
}

/**
 * `harm` forgets everything at each stage and every 2,000 outcomes of the variant, so that harm which begins late is seen in time; `longHarm` does not
 * (for means: at stages only), so that harm which is there all along is. `harm-watch.ts` says what they may spend.
 */
export interface GuardrailEvidence extends Comparison {
  readonly nonInferiority: Process;
  readonly harm: Restarting<Process>;
  readonly longHarm: LongWatch<Process>;
}

/** Everything known of one variant. `labelParity` is null until a block told how many of both arms' units were labelled. */
export interface VariantEvidence {
  readonly variant: string;
  readonly labelParity: TlgState | null;
  readonly primary: PrimaryEvidence;
  readonly guardrails: readonly GuardrailEvidence[];
}

/** What was in force at the last block; `no` counts the stretches of equal weights and equal `asked` stage, from 0. */
export interface StageState {
  readonly no: number;
  readonly asked: number;
  readonly weights: Readonly<Record<string, number>>;
}

/** Everything a verdict needs. `lastBlockNo` is the key that keeps a block from being folded twice. */
export interface ExperimentState {
  readonly version: 2;
  readonly design: ExperimentDesign;
  readonly lastBlockNo: number | null;
  readonly blocks: number;
  readonly stage: StageState | null;
  /** Null until a block with exposures came. */
  readonly sampleRatio: StagedSampleRatio | null;
  /** Of the scores that were folded, against the weights; left out before the first, and where nothing is graded. */
  readonly scoreRatio?: StagedSampleRatio;
  readonly variants: readonly VariantEvidence[];
}

const emptyComparison = ({ id }: MetricSpec): Comparison => ({
  metric: id,
  labels: { control: 0, variant: 0 },
  effect: { weight: 0, control: 0, variant: 0 },
  stage: { control: emptyMoments(), variant: emptyMoments() },
  interval: emptyRunningInterval(),
});

/**
 * An experiment that has seen nothing.
 * @throws RangeError or TypeError that begins with the design's field, such as `alpha` or `guardrails[0].margin.pct`.
 */
export const startExperiment = (input: ExperimentDesignInput): ExperimentState => {
  const design = completeDesign(input);
  return {
    version: 2,
    design,
    lastBlockNo: null,
    blocks: 0,
    stage: null,
    sampleRatio: null,
    variants: design.variants.map((variant) => ({
      variant,
      labelParity: null,
      primary: { ...emptyComparison(design.primary), superiority: emptyProcess(design.primary), sign: 0 },
      guardrails: design.guardrails.map(({ metric }) => ({
        ...emptyComparison(metric),
        nonInferiority: emptyProcess(metric),
        harm: emptyRestarting(emptyProcess(metric)),
        longHarm: startLongWatch(emptyProcess(metric)),
      })),
    })),
  };
};

/** @throws RangeError when a state was written by another version of this code. */
export const requireVersion = (state: ExperimentState): void => {
  if (state.version !== 2) {
    throw new RangeError(`state.version must be 2, got ${String((state as { version: unknown }).version)}`);
  }
};
