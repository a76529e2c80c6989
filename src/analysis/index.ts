/** The public names of the statistics that judge: pure functions of counts, never of clocks or requests. */
export {
  ASYMPTOTIC_BURN_IN,
  compareMeans,
  mixturePrecision,
  oneSidedMeanEvidence,
  type MeanComparison,
} from './asymptotic.ts';
export { emptyBetting, foldBetting, type BettingState, type ScoredEvent } from './betting.ts';
export { newcombeInterval, wilsonInterval, type Interval, type RateCount } from './intervals.ts';
export { emptyMoments, mergeMoments, momentsOf, varianceOf, type Moments } from './moments.ts';
export { emptyOneSample, foldOneSample, type OneSampleNull, type OneSampleState } from './one-sample.ts';
export { dominates, hypervolume, paretoFront, paretoRanks, type ParetoPoint } from './pareto.ts';
export { evidenceBeyondLimit } from './rate-limit-mixture.ts';
export {
  emptyRestartingTlg,
  foldRestartingTlg,
  restartLimit,
  type RestartPlan,
  type Restarting,
} from './restarts.ts';
export type { Statistic } from './result.ts';
export {
  startEvidence,
  type ArmTotals,
  type FrozenBaseline,
  type GuardrailEvidence,
  type MeanEvidence,
  type PerArm,
  type RolloutEvidence,
  type ShareEvidence,
} from './rollout/evidence.ts';
export { foldBlock, type FoldContext } from './rollout/fold-block.ts';
export { foldLate } from './rollout/fold-late.ts';
export { tailLimits, type TailLimits } from './rollout/hypotheses.ts';
export { judgeAbsolute, type AbsoluteContext, type AbsoluteLimits } from './rollout/judge-absolute.ts';
export { judgeStep, type StepContext } from './rollout/judge-step.ts';
export {
  planLabels,
  planSteps,
  type PlanBaseline,
  type PlanInput,
  type StepPlan,
} from './rollout/plan-labels.ts';
export {
  emptySampleRatio,
  lookAtSampleRatio,
  sampleRatioLogBayesFactor,
  SAMPLE_RATIO_LIMIT,
  type SampleRatioState,
} from './sample-ratio.ts';
export {
  alwaysValidP,
  emptyTlg,
  foldTlg,
  tlgGrowth,
  type RatePair,
  type TlgNull,
  type TlgSide,
  type TlgState,
} from './tlg.ts';
