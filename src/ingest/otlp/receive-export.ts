/**
 * One OTLP export from bytes to windows, whatever transport it came by. What cannot be counted is put aside with its
 * reason and told to the sender as a partial success.
 */
import { parseOrFail } from '../../domain/validate.ts';
import type { IngestContext } from '../context.ts';
import { EXPECTED_NESTING, isTooDeep } from '../nesting.ts';
import { bodyOf } from '../set-aside.ts';
import { advanceStream } from './advance-stream.ts';
import { exportSchema } from './export-schema.ts';
import { decodeExport, type ExportResponse } from './protos.ts';
import { readPoints, type Rejection } from './read-points.ts';

export type Encoding = 'protobuf' | 'json';

/** The bytes are no export message: the sender must not send them again. */
export class MalformedExport extends Error {
  override readonly name = 'MalformedExport';
}

const MAX_REASONS = 20;

/**
 * Counts an export. Throws `MalformedExport`, after putting the bytes aside, when they are no such message, and
 * `Failure('StoreUnavailable')` when nothing of it was stored.
 */
export async function receiveExport(
  context: IngestContext,
  bytes: Buffer,
  encoding: Encoding,
): Promise<ExportResponse> {
  const { store, counters } = context;
  const nowMs = context.clock();
  const source = `otlp/${encoding}`;
  const request = await read(context, bytes, encoding, source);
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

async function read(context: IngestContext, bytes: Buffer, encoding: Encoding, source: string) {
  try {
    const message: unknown = encoding === 'json' ? JSON.parse(bytes.toString('utf8')) : decodeExport(bytes);
    if (isTooDeep(message)) throw new Error(`nested too deeply, expected ${EXPECTED_NESTING}`);
    return parseOrFail(exportSchema, message, 'metrics export');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const body = bodyOf(encoding === 'json' ? bytes.toString('utf8') : bytes.toString('base64'));
    await context.store.setAside([{ source, reason, body }], context.clock());
    throw new MalformedExport(reason, { cause: error });
  }
}

const describe = (rejections: readonly Rejection[]): string =>
  rejections
    .slice(0, MAX_REASONS)
    .map(({ metric, reason, points }) => `${metric || '(no name)'}: ${points} x ${reason}`)
    .join('; ');
