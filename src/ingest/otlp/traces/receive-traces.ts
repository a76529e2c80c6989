/**
 * One OTLP trace export from bytes to windows. Requests to models count once by trace and span id, so an export that is sent again changes
 * nothing; other spans are taken and not kept. What cannot be counted is put aside with its reason and told as a partial success.
 */
import { Failure } from '../../../domain/failure.ts';
import type { EventBatch, MetricEvent } from '../../../ports/event-batch.ts';
import type { IngestContext } from '../../context.ts';
import { bodyOf } from '../../set-aside.ts';
import { boundReasons } from '../bound-reasons.ts';
import { traceMessages, type ExportResponse } from '../protos.ts';
import { readExport, type Encoding } from '../read-export.ts';
import { traceExportSchema } from './export-schema.ts';
import { partlyTold, readSpans, toEvent, type SpanRejection } from './read-spans.ts';

const MAX_REASONS = 20;
/** Spans of one transaction. What an export brought in several is a duplicate when the export is sent again. */
const AT_ONCE = 2_000;
const NO_EVENTS: EventBatch = { feedback: [], pairs: [], metrics: [], setAside: [], deadLetters: [] };

/** Throws as `receiveMetrics`; after `StoreUnavailable` some of it may be stored, which does no harm. */
export async function receiveTraces(
  context: IngestContext,
  bytes: Buffer,
  encoding: Encoding,
): Promise<ExportResponse> {
  const { store, counters } = context;
  const nowMs = context.clock();
  const source = `otlp/${encoding}/traces`;
  const request = await readExport(context, bytes, {
    encoding,
    source,
    what: 'trace export',
    decode: traceMessages.decode,
    schema: traceExportSchema,
    // Spans may hold prompts and answers, which are nobody's to keep here.
    kept: () => `(${bytes.length} bytes, not kept)`,
  });
  const { requests, ignored, rejections } = readSpans(request, nowMs);
  const told = partlyTold(requests);
  const serving = told.length === 0 ? new Map<string, never>() : await store.serving(told);
  const events = requests.map((span) => toEvent(span, serving));
  const refused: SpanRejection[] = [...rejections];
  for (let first = 0; first < events.length; first += AT_ONCE) {
    refused.push(...(await record(context, events.slice(first, first + AT_ONCE), nowMs)));
  }
  counters.spans.ignored += ignored;
  if (refused.length === 0) return {};
  const shown = boundReasons(refused, (left, reason) => ({ reason, spans: sumOf(left), example: '' }));
  await store.setAside(
    shown.map(({ reason, spans, example }) => ({ source, reason, body: bodyOf({ spans, example }) })),
    nowMs,
  );
  const rejected = sumOf(shown);
  counters.spans.setAside += rejected;
  return { partialSuccess: { rejectedSpans: String(rejected), errorMessage: describe(shown) } };
}

/** All of them in one transaction; when the database refuses it for what is in it, each goes by itself, and those that it still refuses are answered. */
async function record(
  context: IngestContext,
  spans: readonly MetricEvent[],
  nowMs: number,
): Promise<readonly SpanRejection[]> {
  try {
    await keep(context, spans, nowMs);
    return [];
  } catch (error) {
    if (error instanceof Failure) throw error;
    context.logger.error({ err: error, spans: spans.length }, 'spans were refused by the store');
  }
  const refused: SpanRejection[] = [];
  for (const span of spans) {
    try {
      await keep(context, [span], nowMs);
    } catch (error) {
      if (error instanceof Failure) throw error;
      refused.push({ reason: 'the store cannot hold it', spans: 1, example: span.id });
    }
  }
  return refused;
}

async function keep(
  { store, counters }: IngestContext,
  metrics: readonly MetricEvent[],
  nowMs: number,
): Promise<void> {
  const recorded = await store.recordEvents({ ...NO_EVENTS, metrics }, nowMs);
  if (recorded.kind !== 'recorded')
    throw new Error(`a batch without a position was answered ${recorded.kind}`);
  counters.spans.counted += recorded.stored;
  counters.spans.duplicates += recorded.duplicates;
  counters.spans.unknownService += recorded.unknownService;
}

const sumOf = (rejections: readonly SpanRejection[]): number =>
  rejections.reduce((sum, { spans }) => sum + spans, 0);

const describe = (rejections: readonly SpanRejection[]): string =>
  rejections
    .slice(0, MAX_REASONS)
    .map(({ reason, spans, example }) => `${spans} x ${reason} (${example})`)
    .join('; ');
