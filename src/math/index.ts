/** The public names of the numerical core: pure functions of their arguments. */
export {
  addToSketch,
  bucketBoundaryAtOrAbove,
  countAbove,
  emptySketch,
  LARGEST_TRACKABLE,
  mergeSketches,
  quantile,
  SKETCH_ALPHA,
  sketchCount,
  SMALLEST_TRACKABLE,
} from './ddsketch.ts';
export { emptyStats, meanOf, mergeStats, observe } from './window-stats.ts';
