/**
 * The shape of an OTLP metrics export as far as it is read, the same for decoded protobuf and for OTLP/JSON. Unknown
 * fields are ignored, as the specification asks. A number that is none becomes NaN, and a time null, so that one bad point does not
 * refuse the export it came in.
 */
import { z } from 'zod';
import { attributes, listOf, nanos, resource, scope, toNumber } from './fields.ts';

const double = z.unknown().transform(toNumber);
const optionalDouble = z
  .unknown()
  .optional()
  .transform((value) => (value === undefined || value === null ? null : toNumber(value)));
const count = z
  .unknown()
  .optional()
  .transform((value) => (value === undefined ? 0 : toNumber(value)));

const point = { attributes, startTimeUnixNano: nanos, timeUnixNano: nanos, flags: count };

const numberPoint = z.object({ ...point, asDouble: optionalDouble, asInt: optionalDouble });

const histogramPoint = z.object({
  ...point,
  count,
  sum: optionalDouble,
  min: optionalDouble,
  max: optionalDouble,
  bucketCounts: listOf(double),
  explicitBounds: listOf(double),
});

const buckets = z
  .object({ offset: count, bucketCounts: listOf(double) })
  .nullish()
  .transform((value) => value ?? { offset: 0, bucketCounts: [] });

const exponentialPoint = z.object({
  ...point,
  count,
  sum: optionalDouble,
  min: optionalDouble,
  max: optionalDouble,
  scale: count,
  zeroCount: count,
  positive: buckets,
  negative: buckets,
});

const summaryPoint = z.object({
  ...point,
  count,
  sum: count,
  quantileValues: listOf(z.object({ quantile: count, value: count })),
});

/** 1 delta, 2 cumulative; OTLP/JSON has numbers, some senders write the names. */
const temporality = z
  .unknown()
  .optional()
  .transform((value) => {
    if (value === 1 || value === 'AGGREGATION_TEMPORALITY_DELTA') return 'delta' as const;
    if (value === 2 || value === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return 'cumulative' as const;
    return null;
  });

const metric = z.object({
  name: z.string().default(''),
  unit: z.string().default(''),
  gauge: z.object({ dataPoints: listOf(numberPoint) }).nullish(),
  sum: z
    .object({
      dataPoints: listOf(numberPoint),
      aggregationTemporality: temporality,
      isMonotonic: z.boolean().default(false),
    })
    .nullish(),
  histogram: z.object({ dataPoints: listOf(histogramPoint), aggregationTemporality: temporality }).nullish(),
  exponentialHistogram: z
    .object({ dataPoints: listOf(exponentialPoint), aggregationTemporality: temporality })
    .nullish(),
  summary: z.object({ dataPoints: listOf(summaryPoint) }).nullish(),
});
export type Metric = z.output<typeof metric>;
export type NumberPoint = z.output<typeof numberPoint>;
export type HistogramPoint = z.output<typeof histogramPoint>;
export type ExponentialPoint = z.output<typeof exponentialPoint>;
export type SummaryPoint = z.output<typeof summaryPoint>;

/** `ExportMetricsServiceRequest`. */
export const exportSchema = z.object({
  resourceMetrics: listOf(
    z.object({
      resource,
      scopeMetrics: listOf(z.object({ scope, metrics: listOf(metric) })),
    }),
  ),
});
export type MetricsExport = z.output<typeof exportSchema>;
