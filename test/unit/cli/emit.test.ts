// What `emit` sends must be what ingest reads: each form goes through the reading side.
import { describe, expect, it } from 'vitest';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { METRIC_EVENT_TYPE } from '../../../src/domain/observatory-metric.ts';
import { allTaken } from '../../../src/cli/commands/emit/all-taken.ts';
import { eventsOf } from '../../../src/cli/commands/emit/events-of.ts';
import { messageFor, requestsFor, type Form } from '../../../src/cli/commands/emit/forms.ts';
import { toOtlp } from '../../../src/cli/commands/emit/to-otlp.ts';
import { fromBinaryMode } from '../../../src/ingest/events/envelope.ts';
import { readMessage } from '../../../src/ingest/log/read-message.ts';
import { exportSchema } from '../../../src/ingest/otlp/export-schema.ts';
import { readPoints } from '../../../src/ingest/otlp/read-points.ts';
import { feedbackEvent } from '../../support/feedback.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');
const { source, id, data } = feedbackEvent('e-1');
const event = { specversion: '1.0', type: FEEDBACK_EVENT_TYPE, source, id, subject: 'caf\u00e9', data };
const alert = { alert_id: 'a', anomaly_type: 'drift', severity: 'low', service_name: 'support-bot' };
const metric = (more: object = {}) => ({
  ...event,
  type: METRIC_EVENT_TYPE,
  data: { metric_name: 'llm.request.cost', value: 3, attributes: { service: 'support-bot' }, ...more },
});

describe('a Kafka message', () => {
  it.each<[Form, unknown]>([
    ['structured', event],
    ['binary', { ...event, datacontenttype: 'application/json' }],
    ['batch', event],
    ['raw', alert],
  ])('in the form %s is read as what was given', (form, read) => {
    const { message } = messageFor([form === 'raw' ? alert : event], form);
    expect(readMessage(message)).toMatchObject({ ok: true, values: [read] });
  });

  it.each([
    [event, 'structured', 'feedback'],
    [metric(), 'structured', 'metrics'],
    [{ ...event, type: 'com.llmdevops.sentinel.security.alert.v1' }, 'structured', 'security'],
    [{ ...event, type: 'com.llmdevops.sentinel.anomaly.v1' }, 'structured', 'anomaly'],
    [alert, 'raw', 'drift'],
    [{ ...alert, anomaly_type: 'latency' }, 'raw', 'anomaly'],
  ] as const)('goes to the topic of its type', (given, form, topic) => {
    expect(messageFor([given], form).to).toBe(topic);
  });

  it('of an event in a form that it does not have is refused', () => {
    expect(() => messageFor([alert], 'binary')).toThrow(/--as binary: expected a CloudEvent/u);
    expect(() => messageFor([event], 'raw')).toThrow(/--as raw: expected an alert/u);
  });
});

describe('an HTTP request', () => {
  it('in binary mode is read as what was given', () => {
    const [request] = requestsFor([event], 'binary', 10);
    const read = fromBinaryMode(request?.headers ?? {}, JSON.parse(request?.body ?? ''));
    expect(read).toEqual({ ...event, datacontenttype: 'application/json' });
  });

  it('of a batch holds so many and no more', () => {
    const requests = requestsFor([event, event, event], 'batch', 2);
    expect(requests.map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([2, 1]);
  });
});

describe('an OTLP export', () => {
  const read = (...events: unknown[]) => readPoints(exportSchema.parse(toOtlp(events, NOW)), NOW);

  it('is read as the values that were given, each in a point of its own', () => {
    const { points, rejections } = read(
      metric(),
      metric(),
      metric({ aggregation: { count: 4, sum: 8, min: 1, max: 3 } }),
    );
    expect(rejections).toEqual([]);
    expect(points.map(({ metric: name, serviceId }) => [name, serviceId])).toEqual(
      Array.from({ length: 3 }, () => ['llm.request.cost', 'support-bot']),
    );
    expect(new Set(points.map(({ timeNano }) => timeNano)).size).toBe(3);
    expect(points[2]?.value).toMatchObject({ count: 4, sum: 8, min: 1, max: 3 });
  });

  it('of equal times is counted in the order given, also over several exports, and nothing of it is moved back', () => {
    const taken = new Map<string, number>();
    const at = (ms: number) => ({ ...metric(), time: new Date(ms).toISOString() });
    const timesOf = (events: unknown[], nowMs: number) =>
      readPoints(exportSchema.parse(toOtlp(events, nowMs, taken)), NOW).points.map(
        ({ timeNano }) => Number(BigInt(timeNano) / 1_000_000n) - NOW,
      );
    expect(timesOf([metric(), at(NOW), at(NOW + 1), metric()], NOW)).toEqual([0, 1, 2, 3]);
    expect(timesOf([metric(), metric(), at(NOW - 7)], NOW + 1)).toEqual([4, 5, -7]);
  });

  it('refuses a time that is none, by its place', () => {
    expect(() => read({ ...metric(), time: 'x' }, { ...metric(), time: 'x' })).toThrow(/event 2: .*a time/u);
  });

  it('takes nothing but metrics', () => {
    expect(() => read(metric(), event)).toThrow(/event 2: expected .*OTLP carries metrics/u);
  });
});

it.each([
  ['taken by llm.observatory.feedback', true],
  ['202', true],
  ['200', true],
  ['200 {"partialSuccess":{}}', true],
  ['200 {"partialSuccess":{"rejectedDataPoints":"1"}}', false],
  ['OK', true],
  ['OK {"partialSuccess":{"rejectedDataPoints":"1"}}', false],
  ['UNAVAILABLE the store cannot be reached', false],
  ['207 {"accepted":1}', false],
  ['422 {"accepted":0}', false],
  ['503', false],
])('the answer %j is a success: %s', (answer, ok) => {
  expect(allTaken(answer)).toBe(ok);
});

describe('a file', () => {
  it.each([
    ['a list', '[{"a":1},{"a":2}]', 2],
    ['a document', '{\n"a":1}', 1],
    ['lines', '{"a":1}\n\n{"a":2}\n', 2],
  ])('of %s is read', (_, text, count) => {
    expect(eventsOf(text)).toHaveLength(count);
  });

  it.each([
    ['{"a":1}\nnonsense', /line 2/u],
    ['[1]', /entry 1/u],
    ['[]', /empty/u],
    [' \n', /empty/u],
  ])('%j is refused by line', (text, said) => {
    expect(() => eventsOf(text)).toThrow(said);
  });
});
