/** When a new stage begins: outcomes before and after must then not be pooled into one mean. It keeps nothing itself. */
import { armsOf, type ExperimentDesign, type MetricSpec } from './design.ts';
import type { ExperimentState, StageState } from './state.ts';

const sameWeights = (design: ExperimentDesign, a: StageState['weights'], b: StageState['weights']): boolean =>
  armsOf(design).every((arm) => a[arm] === b[arm]);

/** The stage of a block that comes next: a new one when the weights or the stage asked for differ from those before. */
export const stageOf = (
  { design, stage }: ExperimentState,
  weights: StageState['weights'],
  asked: number = 0,
): StageState => {
  if (stage === null) return { no: 0, asked, weights };
  const goesOn = stage.asked === asked && sameWeights(design, stage.weights, weights);
  return { no: goesOn ? stage.no : stage.no + 1, asked, weights };
};

/**
 * The number that restarts a harm watch when it changes. A sequence over means must start anew when the weights change; the other tests compare
 * within blocks, so an allocation that changes at every block must not keep them from ever getting anywhere.
 */
export const harmStep = (stage: StageState, metric: MetricSpec): number =>
  metric.kind === 'mean' ? stage.no : stage.asked;

/** Whether a variant still gets units, by the weights of the last block. Every one does before the first. */
export const getsUnits = ({ stage }: Pick<ExperimentState, 'stage'>, variant: string): boolean =>
  stage === null || (stage.weights[variant] ?? 0) > 0;

/** Whether the primary metric is a mean for which no error probability is left. */
export const hasSpentStages = ({ design, stage }: Pick<ExperimentState, 'design' | 'stage'>): boolean =>
  design.primary.kind === 'mean' && stage !== null && stage.no >= design.stages;
