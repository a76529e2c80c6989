/**
 * How far predicted rates can be believed: Brier score (1950), log loss, and whether outcomes come as often as predicted. On outcomes that the
 * predictor has not seen, or it says nothing.
 */
import { defined, undefinedBecause, type Statistic } from '../../analysis/result.ts';
import { requireClosedUnit } from '../../math/require.ts';

/** One prediction with what came of it, both 0..1. */
export interface Prediction {
  readonly predicted: number;
  readonly outcome: number;
}

/** Lower is better for all but `skill`. */
export interface Calibration {
  readonly n: number;
  /** Mean of (predicted - outcome)^2. */
  readonly brier: number;
  /** Mean of -ln of the probability given to what came; a probability below 1e-15 counts as that. */
  readonly logLoss: number;
  /** Share of the Brier score of always predicting the mean outcome that is gained; 0 where all outcomes are alike. */
  readonly skill: number;
  /** Expected calibration error: mean distance of predicted and observed rate over ten equal classes of predictions (Naeini et al., AAAI 2015). */
  readonly calibrationError: number;
}

const SMALLEST = 1e-15;
const CLASSES = 10;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const surprise = ({ predicted, outcome }: Prediction): number => {
  const logOf = (p: number): number => Math.log(Math.max(SMALLEST, p));
  return -(outcome * logOf(predicted) + (1 - outcome) * logOf(1 - predicted));
};

const classError = (predictions: readonly Prediction[]): number => {
  const gaps = Array.from({ length: CLASSES }, () => 0);
  for (const { predicted, outcome } of predictions) {
    gaps[Math.min(CLASSES - 1, Math.floor(predicted * CLASSES))]! += predicted - outcome;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / predictions.length;
};

/**
 * Scores predictions. Undefined without any.
 * @throws RangeError naming `predictions` (`predictions[i].predicted` or `.outcome` outside 0..1).
 */
export const calibrationOf = (predictions: readonly Prediction[]): Statistic<Calibration> => {
  predictions.forEach(({ predicted, outcome }, i) => {
    requireClosedUnit(`predictions[${i}].predicted`, predicted);
    requireClosedUnit(`predictions[${i}].outcome`, outcome);
  });
  if (predictions.length === 0) return undefinedBecause('no predictions');
  const brier = mean(predictions.map(({ predicted, outcome }) => (predicted - outcome) ** 2));
  const rate = mean(predictions.map(({ outcome }) => outcome));
  const reference = mean(predictions.map(({ outcome }) => (rate - outcome) ** 2));
  return defined({
    n: predictions.length,
    brier,
    logLoss: mean(predictions.map(surprise)),
    skill: reference > 0 ? 1 - brier / reference : 0,
    calibrationError: classError(predictions),
  });
};
