/** Which events are taken: feedback whose every field holds. Anything else is listed with what is wrong. Pure. */
import { ALERT_EVENT_TYPES } from '../../domain/alert.ts';
import type { Problem } from '../../domain/failure.ts';
import { FEEDBACK_EVENT_TYPE, feedbackDataSchema, type FeedbackData } from '../../domain/feedback.ts';
import { parseOrFail } from '../../domain/validate.ts';
import { LARGEST_TRACKABLE } from '../../math/index.ts';
import type { FeedbackEvent, Serving } from '../../ports/windows.ts';
import { EXPECTED_TIME, isTakenTime } from '../exposure-time.ts';
import { isStorableText } from '../storable-text.ts';
import { attribute, unattributedService } from './attribute.ts';
import { problemsOf, readEnvelope } from './envelope.ts';

export type ReadEvent =
  | { readonly ok: true; readonly event: FeedbackEvent }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Types that the contracts name and that another receiver will take. A sentinel's are in `read-alert.ts`. */
const NOT_HANDLED = new Set(['com.llmdevops.observatory.metric.v1']);

const problem = (field: string, value: unknown, expected: string): Problem => ({ field, value, expected });

/**
 * @param value one CloudEvent in its structured form
 * @param serving what each service is served by, for events that leave their arm to be told
 */
export function readEvent(
  value: unknown,
  nowMs: number,
  serving: ReadonlyMap<string, Serving> = new Map(),
): ReadEvent {
  const read = readEnvelope(value);
  if (!read.ok) return read;
  const { source, id, type, data: given } = read.envelope;
  if (type !== FEEDBACK_EVENT_TYPE) {
    const known = [FEEDBACK_EVENT_TYPE, ...ALERT_EVENT_TYPES.keys()].join(' or ');
    const expected = NOT_HANDLED.has(type) ? `${known}: this type is not handled by this version` : known;
    return { ok: false, problems: [problem('type', type, expected)] };
  }
  const attributed = attribute(given, serving.get(unattributedService(given) ?? ''));
  if (!attributed.ok) return { ok: false, problems: [inData(attributed.problem)] };
  const parsed = problemsOf(() => parseOrFail(feedbackDataSchema, attributed.data, 'feedback'));
  const problems = parsed.ok ? storageProblems(parsed.value, nowMs) : parsed.problems;
  if (!parsed.ok || problems.length > 0) return { ok: false, problems: problems.map(inData) };
  return { ok: true, event: { source, id, data: parsed.value } };
}

const inData = ({ field, value, expected }: Problem): Problem => ({
  field: field === '' ? 'data' : `data.${field}`,
  value,
  expected,
});

/** What the schema allows and a window cannot hold. */
function storageProblems(data: FeedbackData, nowMs: number): readonly Problem[] {
  const texts = ['id', 'request_id', 'service', 'model', 'task_type'] as const;
  const numbers = ['cost_usd', 'latency_ms', 'input_tokens', 'output_tokens'] as const;
  return [
    ...(isTakenTime(Date.parse(data.timestamp), nowMs)
      ? []
      : [problem('timestamp', data.timestamp, EXPECTED_TIME)]),
    ...[...texts.map((key) => [key, data[key]] as const), ['unit.id', data.unit.id] as const]
      .filter(([, value]) => !isStorableText(value))
      .map(([key, value]) => problem(key, value, 'a text without NUL and broken characters')),
    ...Object.entries(data.metrics ?? {})
      .filter(([, value]) => Math.abs(value) > LARGEST_TRACKABLE)
      .map(([name, value]) => problem(`metrics.${name}`, value, `within ${LARGEST_TRACKABLE}`)),
    ...numbers
      .filter((key) => data[key] > LARGEST_TRACKABLE)
      .map((key) => problem(key, data[key], `at most ${LARGEST_TRACKABLE}`)),
  ];
}
