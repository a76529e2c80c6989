/** The public names of the statistics that judge: pure functions of counts, never of clocks or requests. */
export { newcombeInterval, wilsonInterval, type Interval, type RateCount } from './intervals.ts';
export { dominates, hypervolume, paretoFront, paretoRanks, type ParetoPoint } from './pareto.ts';
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
