/** Metric events of an observatory as one OTLP export in JSON: a gauge for a value, a delta histogram for an aggregation. Pure. */
import { Failure, type Problem } from '../../../domain/failure.ts';
import { METRIC_EVENT_TYPE, metricDataSchema, type MetricData } from '../../../domain/observatory-metric.ts';
import { parseOrFail } from '../../../domain/validate.ts';

interface Given {
  readonly type?: unknown;
  readonly time?: unknown;
  readonly data?: unknown;
}

const nano = (ms: number): string => `${ms}000000`;
const attribute = (key: string, value: string | number | undefined) =>
  value === undefined
    ? []
    : [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }];

/** Times that points of a stream have, each with the next one to look at: `new Map()` for the first export of a run, and the same for its others. */
export type TakenTimes = Map<string, number>;

/** `atMs`, or the first millisecond after it that no point of the stream has. */
function freeTime(taken: TakenTimes, stream: string, atMs: number): number {
  const first = `${atMs}${stream}`;
  let freeMs = atMs;
  for (let next = taken.get(first); next !== undefined; next = taken.get(`${freeMs}${stream}`)) freeMs = next;
  taken.set(first, freeMs + 1);
  taken.set(`${freeMs}${stream}`, freeMs + 1);
  return freeMs;
}

/**
 * Two values of one metric with the same attributes and time would be one stream's same point, which counts once: each gets a millisecond of its own, on from its time, in the order in which they are given.
 * @throws Failure('InvalidInput') when an event is no metric, or its time none, by its place
 */
export function toOtlp(
  events: readonly unknown[],
  nowMs: number,
  taken: TakenTimes = new Map<string, number>(),
): { readonly resourceMetrics: readonly unknown[] } {
  const problems: Problem[] = [];
  const resourceMetrics = events.flatMap((event, i) => {
    const { type, time, data } = (event ?? {}) as Given;
    if (type !== METRIC_EVENT_TYPE) {
      problems.push({
        field: `event ${i + 1}`,
        value: type,
        expected: `${METRIC_EVENT_TYPE}: OTLP carries metrics`,
      });
      return [];
    }
    const read = parseOrFail(metricDataSchema, data, `event ${i + 1}`);
    const atMs = typeof time === 'string' ? Date.parse(time) : nowMs;
    if (Number.isNaN(atMs)) {
      problems.push({ field: `event ${i + 1}`, value: time, expected: 'a time as in RFC 3339' });
      return [];
    }
    const stream = JSON.stringify([read.metric_name, read.attributes]);
    return [resourceOf(read, freeTime(taken, stream, atMs))];
  });
  if (problems.length > 0) {
    const lines = problems.map(({ field, expected }) => `${field}: expected ${expected}`);
    throw new Failure('InvalidInput', lines.join('; '), problems);
  }
  return { resourceMetrics };
}

function resourceOf(
  { metric_name, value, unit, attributes, aggregation }: MetricData,
  atMs: number,
): unknown {
  const { service, arm, variant, experiment, generation, task_type, model } = attributes;
  const point = {
    timeUnixNano: nano(atMs),
    attributes: [
      ...attribute('llm.optimizer.arm', arm ?? variant),
      ...attribute('llm.optimizer.experiment', experiment),
      ...attribute('llm.optimizer.generation', generation),
      ...attribute('llm.task_type', task_type),
      ...attribute('gen_ai.request.model', model),
    ],
  };
  const kind =
    aggregation === undefined
      ? { gauge: { dataPoints: [{ ...point, asDouble: value }] } }
      : {
          histogram: {
            aggregationTemporality: 1,
            dataPoints: [
              {
                ...point,
                startTimeUnixNano: nano(atMs - 1),
                count: String(aggregation.count),
                sum: aggregation.sum,
                min: aggregation.min,
                max: aggregation.max,
                explicitBounds: [],
                bucketCounts: [String(aggregation.count)],
              },
            ],
          },
        };
  return {
    resource: { attributes: attribute('service.name', service) },
    scopeMetrics: [{ metrics: [{ name: metric_name, unit: unit ?? '', ...kind }] }],
  };
}
