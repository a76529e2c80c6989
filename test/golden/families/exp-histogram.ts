/** Index, quantiles and merges of OTLP exponential histograms. */
import {
  exponentialIndex,
  mergeExponential,
  quantileOfExponential,
  type ExponentialHistogram,
} from '../../../src/math/index.ts';
import { goldenAdapter, type Answer } from '../adapter.ts';

interface RawBuckets {
  readonly offset: number;
  readonly bucket_counts: readonly number[];
}

interface RawHistogram {
  readonly scale: number;
  readonly zero_count: number;
  readonly positive: RawBuckets;
  readonly negative: RawBuckets;
  readonly count: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
}

type Input =
  | { readonly kind: 'index'; readonly scale: number; readonly values: readonly number[] }
  | { readonly kind: 'quantile'; readonly histogram: RawHistogram; readonly q: readonly number[] }
  | { readonly kind: 'merge'; readonly a: RawHistogram; readonly b: RawHistogram };

const histogramOf = (raw: RawHistogram): ExponentialHistogram => ({
  scale: raw.scale,
  zeroCount: raw.zero_count,
  zeroThreshold: 0,
  positive: { offset: raw.positive.offset, counts: raw.positive.bucket_counts },
  negative: { offset: raw.negative.offset, counts: raw.negative.bucket_counts },
  count: raw.count,
  sum: raw.sum ?? null,
  min: raw.min ?? null,
  max: raw.max ?? null,
});

const quantiles = (raw: RawHistogram, q: readonly number[]): Answer => {
  const histogram = histogramOf(raw);
  const estimate = q.map((at) => quantileOfExponential(histogram, at));
  return estimate.includes(null) ? { undefined: 'a histogram of nothing' } : { estimate };
};

const merged = (a: RawHistogram, b: RawHistogram): Answer => {
  const { scale, zeroCount, positive, negative, count, sum, min, max } = mergeExponential(
    histogramOf(a),
    histogramOf(b),
  );
  return {
    scale,
    zero_count: zeroCount,
    positive: { offset: positive.offset, bucket_counts: positive.counts },
    negative: { offset: negative.offset, bucket_counts: negative.counts },
    count,
    sum,
    min,
    max,
  };
};

export const adapter = goldenAdapter<Input>({
  family: 'exp_histogram',
  answer: (input) => {
    switch (input.kind) {
      case 'index':
        return { index: input.values.map((value) => exponentialIndex(value, input.scale)) };
      case 'quantile':
        return quantiles(input.histogram, input.q);
      case 'merge':
        return merged(input.a, input.b);
    }
  },
  leftOut: {
    exact_inverted_cdf: 'the quantile of the raw values, given beside the answer: a histogram cannot know it',
  },
});
