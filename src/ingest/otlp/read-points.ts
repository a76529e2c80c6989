/** Takes an export apart into points of streams, and lists what cannot be counted with the reason. Pure. */
import { EXPECTED_TIME, isTakenTime } from '../exposure-time.ts';
import { isStorableText } from '../storable-text.ts';
import { canonical, MAX_METRIC, readLabels, streamKey, type Labels } from './attributes.ts';
import type { Metric, MetricsExport } from './export-schema.ts';
import { EXPECTED_NANOS, type Attributes } from './fields.ts';
import type { OtlpPoint, PointValue } from './point.ts';
import type { UntoldPoint } from './tell-points.ts';
import { modelOf } from './traces/gen-ai.ts';
import { canonicalUnit } from './units.ts';
import { readExponential, readHistogram, readNumber, readSummary, type Read } from './read-value.ts';

/** Points of one metric that share a reason. */
export interface Rejection {
  readonly metric: string;
  readonly reason: string;
  readonly points: number;
}

export interface ReadExport {
  readonly points: readonly UntoldPoint[];
  readonly rejections: readonly Rejection[];
}

type Temporality = OtlpPoint['temporality'];
type Identity = 'streamKey' | 'formerKey' | 'once' | 'family';

/** A metric's data point before its labels are read. */
interface Raw {
  readonly kind: string;
  readonly temporality: Temporality | null;
  readonly attributes: Attributes;
  readonly startNano: string | null;
  readonly timeNano: string | null;
  readonly value: Read<PointValue>;
}

const NANOS_PER_MS = 1_000_000n;
/** As instruments have it. */
const LONGEST_UNIT = 63;
const BAD_UNIT = `the unit is not a text of at most ${LONGEST_UNIT} characters that can be stored`;

export function readPoints(request: MetricsExport, nowMs: number): ReadExport {
  const points: UntoldPoint[] = [];
  const rejected = new Map<string, Rejection>();
  const reject = (metric: string, reason: string, count = 1): void => {
    const shown = metric.slice(0, MAX_METRIC);
    const key = JSON.stringify([shown, reason]);
    rejected.set(key, { metric: shown, reason, points: (rejected.get(key)?.points ?? 0) + count });
  };
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const resourceAttributes = resource?.attributes ?? [];
    const resourceText = canonical(resourceAttributes);
    for (const { scope, metrics } of scopeMetrics) {
      const scopeText = JSON.stringify([scope?.name, scope?.version, canonical(scope?.attributes ?? [])]);
      for (const metric of metrics) {
        const unit = canonicalUnit(metric.unit);
        for (const raw of rawPoints(metric)) {
          const labels = readLabels(metric.name, resourceAttributes, raw.attributes);
          const checked = check(raw, nowMs);
          if (!labels.ok) reject(metric.name, labels.reason);
          else if (!checked.ok) reject(metric.name, checked.reason);
          else if (unit.length > LONGEST_UNIT || !isStorableText(unit)) reject(metric.name, BAD_UNIT);
          else {
            const instrument = [resourceText, scopeText, metric.name, metric.unit, raw.kind];
            points.push({
              ...labels.value,
              unit,
              model: modelOf(raw.attributes),
              ...checked.value,
              ...identityOf(instrument, canonical(raw.attributes), checked.value),
            });
          }
        }
      }
    }
  }
  return { points, rejections: [...rejected.values()] };
}

/**
 * Two processes may share all that names a stream, so a cumulative one goes by its start too, where that is known; deltas and gauges are not held against
 * the one before, so each goes by itself. A start's digits are no attributes' text, so a family is no stream.
 */
function identityOf(
  instrument: readonly string[],
  attributes: string,
  { temporality, startNano, timeNano }: Pick<OtlpPoint, 'temporality' | 'startNano' | 'timeNano'>,
): Pick<OtlpPoint, Identity> {
  const stream = [...instrument, attributes];
  const formerKey = streamKey(...stream);
  if (temporality !== 'cumulative') {
    return { streamKey: streamKey(...stream, startNano, timeNano), formerKey, once: true };
  }
  if (BigInt(startNano) === 0n) return { streamKey: formerKey };
  const family = { key: streamKey(...instrument, startNano), timeNano };
  return { streamKey: streamKey(...stream, startNano), formerKey, family };
}

function check(raw: Raw, nowMs: number): Read<Omit<OtlpPoint, Identity | 'unit' | keyof Labels>> {
  if (raw.temporality === null) return { ok: false, reason: 'the aggregation temporality is not stated' };
  if (!raw.value.ok) return raw.value;
  const { temporality, startNano, timeNano } = raw;
  if (startNano === null) return { ok: false, reason: `startTimeUnixNano is not ${EXPECTED_NANOS}` };
  if (timeNano === null) return { ok: false, reason: `timeUnixNano is not ${EXPECTED_NANOS}` };
  const atMs = Number(BigInt(timeNano) / NANOS_PER_MS);
  if (!isTakenTime(atMs, nowMs)) return { ok: false, reason: `the point's time is not ${EXPECTED_TIME}` };
  return { ok: true, value: { temporality, startNano, timeNano, atMs, value: raw.value.value } };
}

function rawPoints(metric: Metric): readonly Raw[] {
  const { gauge, sum, histogram, exponentialHistogram: exponential, summary } = metric;
  const of = <
    P extends { attributes: Attributes; startTimeUnixNano: string | null; timeUnixNano: string | null },
  >(
    kind: string,
    temporality: Temporality | null,
    list: readonly P[] | undefined,
    read: (point: P) => Read<PointValue>,
  ): Raw[] =>
    (list ?? []).map((point) => ({
      kind: `${kind}/${temporality ?? ''}`,
      temporality,
      attributes: point.attributes,
      startNano: point.startTimeUnixNano,
      timeNano: point.timeUnixNano,
      value: read(point),
    }));
  // A cumulative sum that may fall has no increase to count: it is read as what it stands at.
  const falls = sum?.isMonotonic === false && sum.aggregationTemporality === 'cumulative';
  return [
    ...of('gauge', 'gauge', gauge?.dataPoints, readNumber),
    ...of('sum', falls ? 'gauge' : (sum?.aggregationTemporality ?? null), sum?.dataPoints, readNumber),
    ...of('histogram', histogram?.aggregationTemporality ?? null, histogram?.dataPoints, readHistogram),
    ...of(
      'exponential',
      exponential?.aggregationTemporality ?? null,
      exponential?.dataPoints,
      readExponential,
    ),
    // It states no temporality: its count and its sum are of all time.
    ...of('summary', 'cumulative', summary?.dataPoints, readSummary),
  ];
}
