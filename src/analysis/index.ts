/** The public names of the statistics that judge: pure functions of counts, never of clocks or requests. */
export {
  ASYMPTOTIC_BURN_IN,
  compareMeans,
  mixturePrecision,
  oneSidedMeanEvidence,
  type MeanComparison,
} from './asymptotic.ts';
export type { Better } from './bayes/compare-arms.ts';
export { chanceMeanAbove, chanceMeanBest, expectedMeanLoss } from './bayes/compare-means.ts';
export {
  knownVariancePosterior,
  meanEstimate,
  normalInverseGammaPosterior,
  type MeanPosterior,
  type NormalInverseGamma,
  type NormalPosterior,
} from './bayes/mean-posterior.ts';
export {
  chanceRateAbove,
  chanceRateBest,
  expectedRateLoss,
  rateEstimate,
  ratePosterior,
  type Estimate,
  type RatePosterior,
} from './bayes/rate-posterior.ts';
export { rateConfidenceSequence, type RateSequenceOptions } from './bayes/rate-sequence.ts';
export {
  emptyBetting,
  EQUAL_MEANS,
  foldBetting,
  foldBettingSums,
  nextBet,
  type Bet,
  type BettingNull,
  type BettingState,
  type ScoredEvent,
  type ScoreSums,
} from './betting.ts';
export { adwin, adwinEstimate, type AdwinOptions, type AdwinState } from './detectors/adwin.ts';
export {
  iqrAnomaly,
  madAnomaly,
  zScoreAnomaly,
  type AnomalyOptions,
  type AnomalyState,
} from './detectors/anomaly.ts';
export { blockMeans, type BlockMeansOptions, type BlockMeansState } from './detectors/block-means.ts';
export {
  cusum,
  learnedCusum,
  type CusumOptions,
  type CusumState,
  type LearnedCusumOptions,
  type LearnedCusumState,
} from './detectors/cusum.ts';
export type { Alarm, Detected, Detector } from './detectors/detector.ts';
export { ksDetector } from './detectors/ks-detector.ts';
export { kswin, type KswinOptions, type KswinState } from './detectors/kswin.ts';
export { logScaled, type LogScaledOptions } from './detectors/log-scaled.ts';
export {
  iqrOutliers,
  madOutliers,
  zScoreOutliers,
  type IqrFences,
  type MadCentre,
  type ZCentre,
} from './detectors/outliers.ts';
export {
  pageHinkley,
  RIVER_PAGE_HINKLEY,
  type PageHinkleyOptions,
  type PageHinkleyState,
} from './detectors/page-hinkley.ts';
export { psiDetector, type PsiDetectorOptions } from './detectors/psi-detector.ts';
export type { ReferenceOptions, ReferenceState } from './detectors/reference-detector.ts';
export { seasonal, type SeasonalOptions, type SeasonalState } from './detectors/seasonal.ts';
export { standardised, type StandardisedOptions, type StandardisedState } from './detectors/standardised.ts';
export { ksOneSampleSf } from './drift/ks-one-sample.ts';
export { KS_EXACT_PAIRS, ksCriticalSteps, ksTwoSample, type KsTest } from './drift/ks-two-sample.ts';
export {
  flooredPsi,
  mergePsiCounts,
  psiBins,
  psiCounts,
  psiOfCounts,
  type Psi,
  type PsiBins,
  type PsiOptions,
} from './drift/psi.ts';
export {
  covariateMomentsOfSums,
  covariateMomentsOfValues,
  emptyCovariateMoments,
  mergeCovariateMoments,
  type CovariateMoments,
  type CovariateSums,
} from './experiments/covariate-moments.ts';
export {
  cuped,
  cupedArm,
  cupedOfMoments,
  type Cuped,
  type CupedArm,
  type CupedValues,
} from './experiments/cuped.ts';
export { hedgesFactor } from './experiments/effect-size.ts';
export { fisherExact } from './experiments/fisher-exact.ts';
export { meanNonInferiority, type MeanNonInferiority } from './experiments/non-inferiority-means.ts';
export {
  rateNonInferiority,
  type RateNonInferiority,
  type RateNonInferiorityOptions,
} from './experiments/non-inferiority-rates.ts';
export type { MarginTest, NonInferiorityOptions } from './experiments/non-inferiority.ts';
export type { PValues } from './experiments/p-values.ts';
export { sampleMoments } from './experiments/sample-moments.ts';
export {
  SAMPLE_RATIO_P,
  sampleRatioChiSquare,
  type SampleRatioTest,
} from './experiments/sample-ratio-chi-square.ts';
export {
  benjaminiHochbergOfEvidence,
  holmOfEvidence,
  type EvidenceDiscoveries,
} from './experiments/several-variants.ts';
export {
  cohenH,
  SMALLEST_EXPECTED,
  twoProportions,
  type TwoProportions,
} from './experiments/two-proportions.ts';
export {
  welch,
  welchOfMoments,
  welchOfSummary,
  type Summary,
  type TTest,
  type WelchOptions,
  type WelchTest,
} from './experiments/welch.ts';
export { backtest, type Backtest, type Forecaster, type PointForecast } from './forecast/backtest.ts';
export { judgeGates } from './gates/judge-gates.ts';
export {
  foldLabelCounts,
  LABEL_PARITY_LIMIT,
  labelsDiffer,
  startLabelParity,
  type LabelCounts,
} from './gates/label-parity.ts';
export {
  foldExposures,
  startShareGate,
  type Exposures,
  type ShareGate,
  type ShareGateStart,
} from './gates/share-gate.ts';
export {
  paceBudget,
  type BudgetInput,
  type BudgetPace,
  type PaceVerdict,
  type Projection,
} from './forecast/budget-pacing.ts';
export { crossingTime, nextCrossing, type Crossing } from './forecast/crossing.ts';
export {
  fitHolt,
  forecastHolt,
  type HoltState,
  type HoltWeights,
  type StepForecast,
} from './forecast/holt.ts';
export { fitLine, forecastLine, type Forecast, type LineFit } from './forecast/linear.ts';
export { fitTheilSen, type RobustLine } from './forecast/theil-sen.ts';
export {
  newcombeInterval,
  waldInterval,
  wilsonInterval,
  type DifferenceInterval,
  type Interval,
  type RateCount,
} from './intervals.ts';
export {
  MANN_WHITNEY_LARGEST,
  mannWhitney,
  type MannWhitney,
  type MannWhitneyOptions,
} from './mann-whitney.ts';
export { emptyMoments, mergeMoments, momentsOf, varianceOf, type Moments } from './moments.ts';
export { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from './multiple-testing.ts';
export { emptyOneSample, foldOneSample, type OneSampleNull, type OneSampleState } from './one-sample.ts';
export { dominates, hypervolume, OBJECTIVES, paretoFront, paretoRanks, type ParetoPoint } from './pareto.ts';
export { dominatesIn, epsilonFrontIn, frontIn, ranksIn } from './pareto/front.ts';
export { hypervolumeIn } from './pareto/hypervolume.ts';
export { kneeOf, type Knee } from './pareto/knee.ts';
export { noiseAwareFront, surelyDominates, type Range, type RangedPoint } from './pareto/noise-aware.ts';
export type { Objective, Point } from './pareto/objectives.ts';
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
  proveFallAnew,
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
export { judgeBlocks, type BlocksQuestion } from './rollout/judge-blocks.ts';
export { judgeStep, type StepContext } from './rollout/judge-step.ts';
export type { FullVerdict } from './rollout/overall.ts';
export {
  planLabels,
  planSteps,
  type PlanBaseline,
  type PlanInput,
  type StepPlan,
} from './rollout/plan-labels.ts';
export { readEvidence } from './rollout/read-evidence.ts';
export type { JudgedBlock } from './rollout/sound-blocks.ts';
export { sampleQuantiles, type QuantileMethod } from './sample-quantiles.ts';
export {
  emptySampleRatio,
  emptyStagedSampleRatio,
  foldSampleRatio,
  lookAtSampleRatio,
  sampleRatioLogBayesFactor,
  SAMPLE_RATIO_LIMIT,
  type SampleRatioState,
  type StagedSampleRatio,
} from './sample-ratio.ts';
export type { SizingDesign, TestDesign } from './sample-size/design.ts';
export { detectableDifference, meanPower, meanSampleSize, type MeanSize } from './sample-size/means.ts';
export {
  CAP_FACTOR,
  planExperiment,
  type ArmSizes,
  type ExpectedCourse,
  type ExperimentPlan,
  type PlannedMetric,
  type PlanOptions,
} from './sample-size/plan-experiment.ts';
export { detectableRate, ratePower, rateSampleSize, type RateSize } from './sample-size/rates.ts';
export { nextExperimentBets, type ExperimentBet } from './sequential/bets.ts';
export type {
  ExperimentBlock,
  MeanBlock,
  MetricBlock,
  ProportionBlock,
  ScoresBlock,
  ScoreSumsBlock,
  TailBlock,
} from './sequential/block.ts';
export { metricBlockOfValues, metricBlockOfWindow } from './sequential/blocks-of.ts';
export type {
  ExperimentDesign,
  ExperimentDesignInput,
  ExperimentGuardrail,
  MetricMargin,
  MetricScale,
  MetricSpec,
} from './sequential/design.ts';
export { foldExperimentBlock } from './sequential/fold.ts';
export { judgeExperiment, type JudgeContext } from './sequential/judge.ts';
export { beginPhase } from './sequential/phase.ts';
export { emptyRunningInterval, lookAtMeans, type RunningInterval } from './sequential/running-interval.ts';
export { getsUnits } from './sequential/stage.ts';
export { startExperiment, type ExperimentState } from './sequential/state.ts';
export type {
  ExperimentOutcome,
  ExperimentVerdict,
  GuardrailLook,
  Observed,
  ShownInterval,
  VariantLook,
} from './sequential/verdict.ts';
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
export {
  clusterRobust,
  type ClusterRobustComparison,
  type ClusterRobustOptions,
} from './units/cluster-robust.ts';
export { designEffect, type DesignEffect, type UnitSquares } from './units/design-effect.ts';
export { firstPerUnit, type FirstPerUnit, type UnitObservation } from './units/first-per-unit.ts';
export { pairedUnits, type UnitPair } from './units/paired.ts';
export {
  compareRatios,
  ratioEstimate,
  type RatioComparison,
  type RatioEstimate,
} from './units/ratio-metric.ts';
export type { UnitTotal } from './units/unit-totals.ts';
export {
  foldPairBlock,
  startShadowEvidence,
  type PairedProcess,
  type ShadowEvidence,
  type ShadowGuardrail,
} from './shadow/evidence.ts';
export { judgeShadow, type ShadowQuestion } from './shadow/judge-shadow.ts';
export { pairedGrowth, pairedLogE, type PairedForm } from './shadow/paired-bets.ts';
export { pairedMeanEvidence } from './shadow/paired-mean.ts';
export { planPairs, type PairsPlan } from './shadow/plan-pairs.ts';
export { readShadowEvidence } from './shadow/read-shadow-evidence.ts';
