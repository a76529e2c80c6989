/** Which events are taken: feedback, pairs of shadows, and metrics of an observatory, whose every field holds. Anything else is listed with what is wrong. Pure. */
import { ALERT_EVENT_TYPES } from '../../domain/alert.ts';
import type { Problem } from '../../domain/failure.ts';
import { FEEDBACK_EVENT_TYPE, feedbackDataSchema, type FeedbackData } from '../../domain/feedback.ts';
import { METRIC_EVENT_TYPE } from '../../domain/observatory-metric.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { LARGEST_TRACKABLE } from '../../math/index.ts';
import { PAIR_EVENT_TYPE, pairDataSchema, type PairData } from '../../domain/shadow-pair.ts';
import type { MetricEvent } from '../../ports/event-batch.ts';
import type { PairEvent } from '../../ports/pairs.ts';
import type { FeedbackEvent, Serving } from '../../ports/windows.ts';
import { EXPECTED_TIME, isTakenTime } from '../exposure-time.ts';
import { isStorableText } from '../storable-text.ts';
import { attribute, unattributedService } from './attribute.ts';
import { problemsOf, readEnvelope } from './envelope.ts';
import { readMetric } from './read-metric.ts';

export type ReadEvent =
  | { readonly ok: true; readonly kind: 'feedback'; readonly event: FeedbackEvent }
  | { readonly ok: true; readonly kind: 'pair'; readonly event: PairEvent }
  | { readonly ok: true; readonly kind: 'metric'; readonly event: MetricEvent }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const problem = (field: string, value: unknown, expected: string): Problem => ({ field, value, expected });

/**
 * @param value one CloudEvent in its structured form
 * @param serving what each service is served by, for events that leave their arm to be told
 * @param sentMs of an event that may leave its time out, and does
 */
export function readEvent(
  value: unknown,
  nowMs: number,
  serving: ReadonlyMap<string, Serving> = new Map(),
  sentMs = nowMs,
): ReadEvent {
  const read = readEnvelope(value);
  if (!read.ok) return read;
  const { source, id, type, data: given } = read.envelope;
  if (type === PAIR_EVENT_TYPE) return readPair(source, id, given, nowMs);
  if (type === METRIC_EVENT_TYPE) {
    const metric = readMetric(read.envelope, nowMs, serving, sentMs);
    return metric.ok ? { ...metric, kind: 'metric' } : metric;
  }
  if (type !== FEEDBACK_EVENT_TYPE) {
    const known = [FEEDBACK_EVENT_TYPE, PAIR_EVENT_TYPE, METRIC_EVENT_TYPE, ...ALERT_EVENT_TYPES.keys()];
    const expected = known.join(' or ');
    return { ok: false, problems: [problem('type', type, expected)] };
  }
  const attributed = attribute(given, serving.get(unattributedService(given) ?? ''));
  if (!attributed.ok) return { ok: false, problems: [inData(attributed.problem)] };
  const parsed = problemsOf(() => parseOrFail(feedbackDataSchema, attributed.data, 'feedback'));
  const problems = parsed.ok ? storageProblems(parsed.value, nowMs) : parsed.problems;
  if (!parsed.ok || problems.length > 0) return { ok: false, problems: problems.map(inData) };
  return { ok: true, kind: 'feedback', event: { source, id, data: parsed.value } };
}

function readPair(source: string, id: string, data: unknown, nowMs: number): ReadEvent {
  const parsed = problemsOf(() => parseOrFail(pairDataSchema, data, 'pair'));
  const problems = parsed.ok ? pairStorageProblems(parsed.value, nowMs) : parsed.problems;
  if (!parsed.ok || problems.length > 0) return { ok: false, problems: problems.map(inData) };
  return { ok: true, kind: 'pair', event: { source, id, data: parsed.value } };
}

const inData = ({ field, value, expected }: Problem): Problem => ({
  field: field === '' ? 'data' : `data.${field}`,
  value,
  expected,
});

/** Whether the usual event, without anything of an experiment or its service's own, holds nothing that has to be looked for by name. */
function isPlain(data: FeedbackData, nowMs: number): boolean {
  const { id, request_id, service, model, task_type, unit, cost_usd, latency_ms } = data;
  return (
    data.experiment === undefined &&
    data.region === undefined &&
    data.provider === undefined &&
    data.metrics === undefined &&
    isTakenTime(Date.parse(data.timestamp), nowMs) &&
    Math.max(cost_usd, latency_ms, data.input_tokens, data.output_tokens) <= LARGEST_TRACKABLE &&
    isStorableText(`${id} ${request_id} ${service} ${model} ${task_type} ${unit.id}`)
  );
}

/** What the schema allows and a window cannot hold. */
function storageProblems(data: FeedbackData, nowMs: number): readonly Problem[] {
  if (isPlain(data, nowMs)) return [];
  const texts = ['id', 'request_id', 'service', 'model', 'task_type'] as const;
  const numbers = ['cost_usd', 'latency_ms', 'input_tokens', 'output_tokens'] as const;
  const provider = data.provider ?? {};
  return [
    ...unstorable(
      data.timestamp,
      [
        ...texts.map((key) => [key, data[key]] as const),
        ['unit.id', data.unit.id] as const,
        ['experiment', data.experiment ?? ''] as const,
        ['region', data.region ?? ''] as const,
        ['provider.fingerprint', provider.fingerprint ?? ''] as const,
        ['provider.latency_class', provider.latency_class ?? ''] as const,
      ],
      [
        ...numbers.map((key) => [key, data[key]] as const),
        ['provider.price_usd_per_mtok.input', provider.price_usd_per_mtok?.input ?? 0] as const,
        ['provider.price_usd_per_mtok.output', provider.price_usd_per_mtok?.output ?? 0] as const,
      ],
      nowMs,
    ),
    ...Object.entries(data.metrics ?? {})
      .filter(([, value]) => Math.abs(value) > LARGEST_TRACKABLE)
      .map(([name, value]) => problem(`metrics.${name}`, value, `within ${LARGEST_TRACKABLE}`)),
  ];
}

function pairStorageProblems(data: PairData, nowMs: number): readonly Problem[] {
  const texts = ['id', 'request_id', 'service', 'task_type'] as const;
  const numbers = ['cost_usd', 'latency_ms'] as const;
  const sides = ['stable', 'candidate'] as const;
  return unstorable(
    data.timestamp,
    [
      ...texts.map((key) => [key, data[key]] as const),
      ['unit.id', data.unit.id] as const,
      ...sides.map((side) => [`${side}.model`, data[side].model] as const),
    ],
    sides.flatMap((side) => numbers.map((key) => [`${side}.${key}`, data[side][key]] as const)),
    nowMs,
  );
}

function unstorable(
  timestamp: string,
  texts: readonly (readonly [string, string])[],
  numbers: readonly (readonly [string, number])[],
  nowMs: number,
): readonly Problem[] {
  return [
    ...(isTakenTime(Date.parse(timestamp), nowMs) ? [] : [problem('timestamp', timestamp, EXPECTED_TIME)]),
    ...texts
      .filter(([, value]) => !isStorableText(value))
      .map(([key, value]) => problem(key, value, 'a text without NUL and broken characters')),
    ...numbers
      .filter(([, value]) => value > LARGEST_TRACKABLE)
      .map(([key, value]) => problem(key, value, `at most ${LARGEST_TRACKABLE}`)),
  ];
}
