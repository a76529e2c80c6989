/** Well-formed events and exports, for the fuzzer to bend. Each has an identity of its own. */
import { FEEDBACK_EVENT_TYPE } from '../../src/domain/feedback.ts';
import { METRIC_EVENT_TYPE } from '../../src/domain/observatory-metric.ts';
import { feedbackEvent } from './feedback.ts';

type Random = () => number;

let counter = 0;
export function goodEvent(random: Random): Record<string, unknown> {
  const id = `fuzz-${(counter += 1)}`;
  const timestamp = new Date().toISOString();
  const kind = random();
  const { source, data } = feedbackEvent(id, { timestamp });
  const event = { specversion: '1.0', id, source, type: FEEDBACK_EVENT_TYPE, data };
  if (kind < 0.6) return event;
  if (kind < 0.8) {
    const metric = { metric_name: 'llm.request.cost', value: 1, attributes: { service: 'support-bot' } };
    return { ...event, type: METRIC_EVENT_TYPE, data: metric };
  }
  return {
    alert_id: id,
    anomaly_type: 'latency',
    severity: 'high',
    service_name: 'support-bot',
    details: {},
  };
}

export const goodMetrics = (): Record<string, unknown> => {
  const now = `${Date.now()}000000`;
  const points = [{ timeUnixNano: now, startTimeUnixNano: now, asDouble: 1, attributes: [] }];
  const histogram = {
    count: '2',
    sum: 3,
    bucketCounts: ['1', '1'],
    explicitBounds: [1],
    timeUnixNano: now,
    startTimeUnixNano: now,
  };
  return {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'fuzz-otlp' } }] },
        scopeMetrics: [
          {
            metrics: [
              { name: `m${(counter += 1)}`, gauge: { dataPoints: points } },
              { name: 'h', histogram: { aggregationTemporality: 1, dataPoints: [histogram] } },
            ],
          },
        ],
      },
    ],
  };
};

/** Some are sent again under the same identity, as an exporter does whose answer was lost. */
export const goodTraces = (random: Random): Record<string, unknown> => {
  if (random() < 0.7) counter += 1;
  const now = Date.now();
  const id = counter.toString(16);
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const span = {
    traceId: id.padStart(32, 'a'),
    spanId: id.padStart(16, 'b'),
    name: 'chat',
    startTimeUnixNano: `${now - 2_000}000000`,
    endTimeUnixNano: `${now - 1_000}000000`,
    status: { code: 1 },
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.request.model', 'gpt-4o'),
      { key: 'gen_ai.usage.output_tokens', value: { intValue: '7' } },
      {
        key: 'gen_ai.response.finish_reasons',
        value: { arrayValue: { values: [{ stringValue: 'stop' }] } },
      },
    ],
  };
  return {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'fuzz-spans')] },
        scopeSpans: [{ spans: [span, { ...span, spanId: 'c'.repeat(16), attributes: [] }] }],
      },
    ],
  };
};
