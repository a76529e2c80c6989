/** The public names of the numerical core: pure functions of their arguments. */
export { logBeta, logBinomial } from './beta.ts';
export { choleskyFactor, choleskyInverse, choleskyLowerSolve, choleskySolve } from './cholesky.ts';
export {
  addAllToSketch,
  addToSketch,
  bucketBoundaryAtOrAbove,
  coarseAlpha,
  coarsenSketch,
  countAbove,
  emptySketch,
  LARGEST_TRACKABLE,
  mergeSketches,
  quantile,
  SKETCH_ALPHA,
  sketchCount,
  SMALLEST_TRACKABLE,
  valueAtRank,
} from './ddsketch.ts';
export { betaCdf, betaLogPdf, betaQuantile, betaSf } from './distributions/beta.ts';
export { chiSquareCdf, chiSquareLogSf, chiSquareQuantile, chiSquareSf } from './distributions/chi-square.ts';
export { gammaCdf, gammaLogSf, gammaQuantile, gammaSf } from './distributions/gamma.ts';
export { regularizedBeta } from './distributions/incomplete-beta.ts';
export { regularizedGammaP, regularizedGammaQ } from './distributions/incomplete-gamma.ts';
export { kolmogorovSf } from './distributions/kolmogorov.ts';
export { noncentralTCdf, noncentralTSf } from './distributions/noncentral-t.ts';
export { normalCdf, normalLogSf, normalPdf, normalSf } from './distributions/normal.ts';
export { studentTCdf, studentTLogSf, studentTQuantile, studentTSf } from './distributions/student-t.ts';
export { erf, erfc } from './erf.ts';
export { explicitGain, type ExplicitHistogram } from './explicit-histogram.ts';
export {
  downscaleExponential,
  emptyExponentialHistogram,
  exponentialOf,
  MOST_BUCKETS,
  type ExponentialBuckets,
  type ExponentialHistogram,
} from './exponential-histogram.ts';
export {
  exponentialBound,
  exponentialError,
  exponentialIndex,
  exponentialRepresentative,
} from './exponential-index.ts';
export { exponentialGain, mergeExponential } from './exponential-merge.ts';
export { quantileOfExponential } from './exponential-quantile.ts';
export {
  sketchOfExplicit,
  sketchOfExponential,
  sketchOfValues,
  type SketchOfHistogram,
} from './histogram-sketch.ts';
export { mulberry32At } from './mulberry32.ts';
export { gaussLegendre, integrate, type QuadratureRule } from './quadrature.ts';
export { randomFromSeed, randomFromState, type Random, type RandomState } from './random.ts';
export { sampleBeta, sampleBinomial, sampleGamma, sampleLogNormal, sampleNormal } from './samplers.ts';
export {
  addAllToSignedSketch,
  emptySignedSketch,
  mergeSignedSketches,
  signedQuantile,
  signedSketchCount,
  type SignedSketch,
} from './signed-sketch.ts';
export { lambertWMinus1, logAddExp, logGamma, normalQuantile } from './special.ts';
export { emptyStats, meanOf, mergeStats, observe } from './window-stats.ts';
