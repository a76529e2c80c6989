/** The public names of the numerical core: pure functions of their arguments. */
export {
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
} from './ddsketch.ts';
export { mulberry32At } from './mulberry32.ts';
export { randomFromSeed, randomFromState, type Random, type RandomState } from './random.ts';
export { lambertWMinus1, logAddExp, logGamma, normalQuantile } from './special.ts';
export { emptyStats, meanOf, mergeStats, observe } from './window-stats.ts';
