/**
 * Takes a trace export apart: requests to models as events that count once by trace and span id, how many spans are none, and what cannot
 * be counted with the reason. Texts of prompts and answers are never taken over. Pure.
 */
import type { MetricEvent } from '../../../ports/event-batch.ts';
import type { Serving } from '../../../ports/windows.ts';
import { attributed } from '../../events/read-metric.ts';
import { EXPECTED_TIME, isTakenTime } from '../../exposure-time.ts';
import { isStorableText } from '../../storable-text.ts';
import { readPlace, type Place } from '../attributes.ts';
import { EXPECTED_NANOS, type Attributes } from '../fields.ts';
import type { Read } from '../read-value.ts';
import type { Span, TraceExport } from './export-schema.ts';
import { asksModel, readRequest, type ModelRequest } from './gen-ai.ts';
import { durationOf, furtherMetrics } from './span-metrics.ts';

/** Spans that share a reason, and one of them. */
export interface SpanRejection {
  readonly reason: string;
  readonly spans: number;
  /** `traceId/spanId`, as far as they could be read. */
  readonly example: string;
}

/** A request to a model, before it is known whose it is where it does not say so itself. */
export interface RequestSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly atMs: number;
  readonly seconds: number;
  readonly place: Place;
  readonly request: ModelRequest;
}

export interface ReadSpans {
  readonly requests: readonly RequestSpan[];
  /** Spans that are no request to a model. */
  readonly ignored: number;
  readonly rejections: readonly SpanRejection[];
}

const NANOS_PER_MS = 1_000_000n;
const LONGEST_NAME = 200;

export function readSpans(request: TraceExport, nowMs: number): ReadSpans {
  const requests: RequestSpan[] = [];
  const rejections = new Map<string, SpanRejection>();
  let ignored = 0;
  for (const { resource, scopeSpans } of request.resourceSpans) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      if (!asksModel(span.attributes)) {
        ignored += 1;
        continue;
      }
      const read = readSpan(span, resource?.attributes ?? [], nowMs);
      if (read.ok) requests.push(read.value);
      else {
        const before = rejections.get(read.reason);
        const example = before?.example ?? `${span.traceId ?? '?'}/${span.spanId ?? '?'}`;
        rejections.set(read.reason, { reason: read.reason, spans: (before?.spans ?? 0) + 1, example });
      }
    }
  }
  return { requests, ignored, rejections: [...rejections.values()] };
}

const refused = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** A span belongs to the window of its start: that is when its arm was chosen. */
function readSpan(span: Span, resource: Attributes, nowMs: number): Read<RequestSpan> {
  const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } = span;
  if (traceId === null) return refused('traceId is not 16 bytes that are not all zero');
  if (spanId === null) return refused('spanId is not 8 bytes that are not all zero');
  if (startTimeUnixNano === null) return refused(`startTimeUnixNano is not ${EXPECTED_NANOS}`);
  if (endTimeUnixNano === null) return refused(`endTimeUnixNano is not ${EXPECTED_NANOS}`);
  const [start, end] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)];
  const atMs = Number(start / NANOS_PER_MS);
  if (!isTakenTime(atMs, nowMs)) return refused(`startTimeUnixNano is not ${EXPECTED_TIME}`);
  if (end < start) return refused('endTimeUnixNano is before startTimeUnixNano, or not given');
  if (!isTakenTime(Number(end / NANOS_PER_MS), nowMs))
    return refused(`endTimeUnixNano is not ${EXPECTED_TIME}`);
  const place = readPlace(resource, span.attributes);
  if (!place.ok) return place;
  const request = readRequest(span.attributes, span.status);
  if (!request.ok) return request;
  const { model, operation } = request.value;
  for (const [name, text] of Object.entries({ model, operation })) {
    if (text !== null && (text.length > LONGEST_NAME || !isStorableText(text)))
      return refused(`the ${name} is not a text of at most ${LONGEST_NAME} characters that can be stored`);
  }
  const seconds = Number(end - start) / 1e9;
  return { ok: true, value: { traceId, spanId, atMs, seconds, place: place.value, request: request.value } };
}

/** Services of spans that leave their arm, their generation or both to be told. */
export const partlyTold = (requests: readonly RequestSpan[]): readonly string[] => [
  ...new Set(
    requests
      .filter(({ place }) => place.arm === undefined || place.generation === undefined)
      .map(({ place }) => place.serviceId),
  ),
];

/** As for a metric event of an observatory: what a span does not say of arm and generation is told by its model. */
export function toEvent(span: RequestSpan, serving: ReadonlyMap<string, Serving>): MetricEvent {
  const { traceId, spanId, atMs, seconds, place, request } = span;
  const { serviceId: service, arm, generation, taskType: task_type } = place;
  const model = request.model ?? undefined;
  const whose = attributed({ attributes: { service, arm, generation, model } }, serving.get(service));
  const duration = durationOf(seconds);
  return {
    source: `otlp/spans/${service}`,
    id: `${traceId}/${spanId}`,
    data: {
      service,
      timestamp: new Date(atMs).toISOString(),
      ...whose,
      metric: duration.metric,
      task_type,
      given: { seconds, ...request },
    },
    stats: duration.stats,
    further: furtherMetrics(request),
  };
}
