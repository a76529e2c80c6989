/** What a metric event of an observatory adds to which window. Pure. */
import type { Problem } from '../../domain/failure.ts';
import { metricDataSchema, type MetricData } from '../../domain/observatory-metric.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { ARMS, type WindowStats } from '../../domain/window.ts';
import { LARGEST_TRACKABLE } from '../../math/index.ts';
import type { MetricEvent } from '../../ports/event-batch.ts';
import type { Serving } from '../../ports/windows.ts';
import { EXPECTED_TIME, isTakenTime } from '../exposure-time.ts';
import { statsOf } from '../otlp/to-stats.ts';
import { isStorableText } from '../storable-text.ts';
import { problemsOf, type Envelope } from './envelope.ts';

export type ReadMetric =
  | { readonly ok: true; readonly event: MetricEvent }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Of points that name no task type, as for OTLP. */
const ANY_TASK = 'all';

/**
 * Its time is the envelope's, else the moment at which it was sent, as far as that is known, or arrives. An event without an arm belongs to the arm that alone serves its model, else to the
 * stable one; without a generation to what that arm is served by, or 0 where nobody knows.
 */
export function readMetric(
  { source, id, time, data: given }: Envelope,
  nowMs: number,
  serving: ReadonlyMap<string, Serving>,
  sentMs = nowMs,
): ReadMetric {
  const parsed = problemsOf(() => parseOrFail(metricDataSchema, given, 'metric'));
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map(inData) };
  const data = parsed.value;
  const atMs = time === undefined ? sentMs : timeOf(time);
  const problems = [
    ...(isTakenTime(atMs, nowMs)
      ? []
      : [{ field: 'time', value: time ?? sentMs, expected: `${EXPECTED_TIME}, with its zone` }]),
    ...unstorable(data),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const { service, task_type = ANY_TASK } = data.attributes;
  const timestamp = new Date(atMs).toISOString();
  const whose = attributed(data, serving.get(service));
  const kept = { service, timestamp, ...whose, metric: data.metric_name, task_type, given };
  return { ok: true, event: { source, id, data: kept, stats: statsOfMetric(data) } };
}

/** Not a number where it is no RFC 3339 time, which has a zone: outside every range. */
const timeOf = (time: unknown): number =>
  typeof time === 'string' &&
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/u.test(time)
    ? Date.parse(time)
    : Number.NaN;

/** Arm and generation of what names one of them, both, or its model alone. */
export function attributed(
  { attributes: { arm: named, variant, generation, model } }: Pick<MetricData, 'attributes'>,
  serving: Serving | undefined,
): { readonly arm: string; readonly generation: number } {
  const fits = ARMS.filter((each) => model !== undefined && serving?.[each]?.model === model);
  const arm = named ?? variant ?? (fits.length === 1 ? (fits[0] ?? 'stable') : 'stable');
  const known = ARMS.find((each) => each === arm);
  return { arm, generation: generation ?? (known && serving?.[known]?.generation) ?? 0 };
}

/**
 * Count, sum and extremes exactly. The sum of squares of an aggregation is an estimate: its observations are taken at the middle between the
 * quantiles that it states. No sketch: single values and aggregations share a window, and the quantiles stay with the raw event.
 */
function statsOfMetric({ value, aggregation: given }: MetricData): WindowStats {
  if (given === undefined) {
    return { count: 1, sum: value, sumOfSquares: value * value, min: value, max: value, sketch: null };
  }
  const { count, sum, min = null, max = null } = given;
  const bounds = [given.p50, given.p95, given.p99];
  const rising = bounds.every((bound, i) => bound !== undefined && bound >= (bounds[i - 1] ?? 0));
  const shares = rising ? [0.5, 0.45, 0.04] : [];
  const counts = shares.map((share) => Math.floor(share * count));
  const stats = statsOf({
    kind: 'histogram',
    count,
    sum,
    min,
    max,
    bounds: rising ? bounds.filter((bound) => bound !== undefined) : [],
    counts: [...counts, count - counts.reduce((total, n) => total + n, 0)],
  });
  const least = (sum * sum) / count;
  const known = { count, sum, min, max, sketch: null };
  return { ...known, sumOfSquares: min !== null && min < 0 ? least : (stats?.sumOfSquares ?? least) };
}

const inData = ({ field, value, expected }: Problem): Problem => ({
  field: field === '' ? 'data' : `data.${field}`,
  value,
  expected,
});

function unstorable({ metric_name, value, attributes, aggregation }: MetricData): readonly Problem[] {
  const texts = { metric_name, ...attributes };
  const numbers = { value, ...aggregation };
  return [
    ...Object.entries(texts)
      .filter(([, text]) => typeof text === 'string' && !isStorableText(text))
      .map(([key, text]) => ({
        field: `data.${key}`,
        value: text,
        expected: 'a text without NUL and broken characters',
      })),
    ...Object.entries(numbers)
      .filter(([, number]) => typeof number === 'number' && Math.abs(number) > LARGEST_TRACKABLE)
      .map(([key, number]) => ({
        field: `data.${key}`,
        value: number,
        expected: `within ${LARGEST_TRACKABLE}`,
      })),
  ];
}
