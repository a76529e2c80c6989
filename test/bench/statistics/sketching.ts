/** Windows and sketches, which ingest and every poll go through, against DataDog's sketch in Python. */
import {
  addAllToSketch,
  addToSketch,
  emptySketch,
  emptyStats,
  exponentialIndex,
  mergeExponential,
  mergeSketches,
  mergeStats,
  observe,
  quantile,
  sketchOfExponential,
  type ExponentialHistogram,
} from '../../../src/math/index.ts';
import type { HotFunction } from './hot-function.ts';
import type { Inputs } from './inputs.ts';

const SCALE = 5;

const histogramOf = (values: readonly number[]): ExponentialHistogram => {
  const indices = values.map((value) => exponentialIndex(value, SCALE));
  const [first, last] = [Math.min(...indices), Math.max(...indices)];
  const counts = Array.from(
    { length: last - first + 1 },
    (_, k) => indices.filter((i) => i === first + k).length,
  );
  return {
    scale: SCALE,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: first, counts },
    negative: { offset: 0, counts: [] },
    count: values.length,
    sum: null,
    min: null,
    max: null,
  };
};

export const sketching = ({ latencies }: Inputs): readonly HotFunction[] => {
  const [values, others, few] = [latencies(2000), latencies(2000), latencies(50)];
  const [a, b] = [addAllToSketch(emptySketch(), values), addAllToSketch(emptySketch(), others)];
  const windows = [values, others].map((list) => list.reduce(observe, emptyStats({ withSketch: true })));
  const [left, right] = [histogramOf(values), histogramOf(others)];
  const q = [0.5, 0.95, 0.99];
  return [
    {
      name: 'sketchAdd',
      call: 'one value to a sketch of 2,000 (a copy)',
      run: () => few.reduce((sketch, value) => addToSketch(sketch, value), a),
      calls: few.length,
      reference: { name: 'ddsketch add (in place)', task: 'sketchAdd', input: { values, few } },
    },
    {
      name: 'sketchAddAll',
      call: 'per value, 2,000 at once',
      run: () => addAllToSketch(emptySketch(), values),
      calls: values.length,
      reference: { name: 'ddsketch add (in place)', task: 'sketchAdd', input: { values: [], few: values } },
    },
    {
      name: 'sketchMerge',
      call: 'two sketches of 2,000',
      run: () => mergeSketches(a, b),
      calls: 1,
      reference: { name: 'ddsketch merge (and copy)', task: 'sketchMerge', input: { values, others } },
    },
    {
      name: 'sketchQuantile',
      call: 'one quantile of 2,000',
      run: () => q.map((at) => quantile(a, at)),
      calls: q.length,
      reference: { name: 'ddsketch get_quantile_value', task: 'sketchQuantile', input: { values, q } },
    },
    {
      name: 'windowObserve',
      call: 'one value into a window with a sketch',
      run: () => few.reduce(observe, windows[0]!),
      calls: few.length,
    },
    {
      name: 'windowMerge',
      call: 'two windows of 2,000',
      run: () => mergeStats(windows[0]!, windows[1]!),
      calls: 1,
    },
    {
      name: 'exponentialIndex',
      call: 'one value, scale 20',
      run: () => values.reduce((sum, value) => sum + exponentialIndex(value, 20), 0),
      calls: values.length,
    },
    {
      name: 'exponentialMerge',
      call: 'two OTLP histograms of 2,000, scale 5',
      run: () => mergeExponential(left, right),
      calls: 1,
    },
    {
      name: 'histogramToSketch',
      call: 'an OTLP histogram of 2,000, scale 5',
      run: () => sketchOfExponential(left),
      calls: 1,
    },
  ];
};
