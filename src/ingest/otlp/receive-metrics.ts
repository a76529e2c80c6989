/**
 * One OTLP metrics export from bytes to windows, whatever transport it came by. What cannot be counted is put aside with its
 * reason and told to the sender as a partial success.
 */
import type { IngestContext } from '../context.ts';
import { bodyOf } from '../set-aside.ts';
import { advanceStream } from './advance-stream.ts';
import { exportSchema } from './export-schema.ts';
import { metricsMessages, type ExportResponse } from './protos.ts';
import { readExport, type Encoding } from './read-export.ts';
import { readPoints, type Rejection } from './read-points.ts';

const MAX_REASONS = 20;

/**
 * Counts an export. Throws `MalformedExport`, after putting the bytes aside, when they are no such message, and
 * `Failure('StoreUnavailable')` when nothing of it was stored.
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
  const { counted, unchanged } = await store.recordStreams(points, advanceStream, nowMs);
  counters.points.counted += counted;
  counters.points.unchanged += unchanged;
  if (rejections.length === 0) return {};
  await store.setAside(
    rejections.map(({ metric, reason, points }) => ({ source, reason, body: bodyOf({ metric, points }) })),
    nowMs,
  );
  const rejected = rejections.reduce((sum, { points }) => sum + points, 0);
  counters.points.setAside += rejected;
  return {
    partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: describe(rejections) },
  };
}

const describe = (rejections: readonly Rejection[]): string =>
  rejections
    .slice(0, MAX_REASONS)
    .map(({ metric, reason, points }) => `${metric || '(no name)'}: ${points} x ${reason}`)
    .join('; ');
