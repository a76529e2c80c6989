/**
 * One OTLP metrics export from bytes to windows, whatever transport it came by. What cannot be counted is put aside with its
 * reason and told to the sender as a partial success.
 */
import { Failure } from '../../domain/failure.ts';
import type { IngestContext } from '../context.ts';
import { bodyOf } from '../set-aside.ts';
import { advanceStream } from './advance-stream.ts';
import { boundReasons } from './bound-reasons.ts';
import { exportSchema } from './export-schema.ts';
import type { OtlpPoint } from './point.ts';
import { metricsMessages, type ExportResponse } from './protos.ts';
import { readExport, type Encoding } from './read-export.ts';
import { readPoints, type Rejection } from './read-points.ts';
import { partlyTold, tellPoint } from './tell-points.ts';

const MAX_REASONS = 20;

/**
 * Counts an export. Throws `MalformedExport`, after putting the bytes aside, when they are no such message, and
 * `Failure('StoreUnavailable')` when the sender is to come again: some of it may be stored then, and does not count twice.
 */
export async function receiveMetrics(
  context: IngestContext,
  bytes: Buffer,
  encoding: Encoding,
): Promise<ExportResponse> {
  const { store, counters } = context;
  const nowMs = context.clock();
  const source = `otlp/${encoding}`;
  const request = await readExport(context, bytes, {
    encoding,
    source,
    what: 'metrics export',
    decode: metricsMessages.decode,
    schema: exportSchema,
    kept: () => bytes.toString(encoding === 'json' ? 'utf8' : 'base64'),
  });
  const { points, rejections } = readPoints(request, nowMs);
  const told = partlyTold(points);
  const serving = told.length === 0 ? new Map<string, never>() : await store.serving(told);
  const refused = await record(context, byMetric(points.map((point) => tellPoint(point, serving))), nowMs);
  if (rejections.length + refused.length === 0) return {};
  const shown = boundReasons([...rejections, ...refused], (left, reason) => ({
    metric: '',
    reason,
    points: sumOf(left),
  }));
  await store.setAside(
    shown.map(({ metric, reason, points }) => ({ source, reason, body: bodyOf({ metric, points }) })),
    nowMs,
  );
  const rejected = sumOf(shown);
  counters.points.setAside += rejected;
  return { partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: describe(shown) } };
}

/** The points of each service's metric, in their order. */
function byMetric(points: readonly OtlpPoint[]): readonly (readonly OtlpPoint[])[] {
  const groups = new Map<string, OtlpPoint[]>();
  for (const point of points) {
    const key = `${point.serviceId}\0${point.metric}`;
    const group = groups.get(key);
    if (group) group.push(point);
    else groups.set(key, [point]);
  }
  return [...groups.values()];
}

/**
 * All of them in one transaction; when the database refuses it for what is in it, each half by itself, and so on. A metric that it refuses alone is
 * answered.
 */
async function record(
  context: IngestContext,
  metrics: readonly (readonly OtlpPoint[])[],
  nowMs: number,
): Promise<readonly Rejection[]> {
  const points = metrics.flat();
  try {
    const { counted, unchanged, refused } = await context.store.recordStreams(points, advanceStream, nowMs);
    context.counters.points.counted += counted;
    context.counters.points.unchanged += unchanged;
    return gathered(refused);
  } catch (error) {
    if (error instanceof Failure) throw error;
    context.logger.error({ err: error, points: points.length }, 'points were refused by the store');
    const [only] = points;
    if (metrics.length === 1 && only !== undefined)
      return [{ metric: only.metric, reason: 'the store cannot hold it', points: points.length }];
  }
  const half = metrics.length >> 1;
  const first = await record(context, metrics.slice(0, half), nowMs);
  return [...first, ...(await record(context, metrics.slice(half), nowMs))];
}

/** Those of one metric and reason as one. */
function gathered(refused: readonly { readonly point: OtlpPoint; readonly reason: string }[]): Rejection[] {
  const rejections = new Map<string, Rejection>();
  for (const {
    point: { metric },
    reason,
  } of refused) {
    const key = JSON.stringify([metric, reason]);
    rejections.set(key, { metric, reason, points: (rejections.get(key)?.points ?? 0) + 1 });
  }
  return [...rejections.values()];
}

const sumOf = (rejections: readonly Rejection[]): number =>
  rejections.reduce((sum, { points }) => sum + points, 0);

const describe = (rejections: readonly Rejection[]): string =>
  rejections
    .slice(0, MAX_REASONS)
    .map(({ metric, reason, points }) => `${metric || '(no name)'}: ${points} x ${reason}`)
    .join('; ');
