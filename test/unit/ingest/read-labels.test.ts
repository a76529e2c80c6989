/** Names under which no OTLP point may open a window: those of feedback, and those of token types that nobody knows. */
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../src/domain/window.ts';
import { exportSchema } from '../../../src/ingest/otlp/export-schema.ts';
import { readPoints } from '../../../src/ingest/otlp/read-points.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const textOf = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const read = (name: string, tokenType?: string) => {
  const attributes = tokenType === undefined ? [] : [textOf('gen_ai.token.type', tokenType)];
  const dataPoints = [{ asDouble: 1, timeUnixNano: `${NOW}000000`, attributes }];
  const metrics = [{ name, gauge: { dataPoints } }];
  const resource = { attributes: [textOf('service.name', 'bot')] };
  return readPoints(
    exportSchema.parse({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }),
    NOW,
  );
};

describe.each(METRICS)('%s', (metric) => {
  it('is refused, as feedback writes it', () => {
    const { points, rejections } = read(metric);
    expect(points).toEqual([]);
    const reason = `expected another name than ${METRICS.join(', ')}, which feedback writes`;
    expect(rejections).toEqual([{ metric, reason, points: 1 }]);
  });
});

it.each([
  [undefined, 'gen_ai.client.token.usage'],
  ['input', 'gen_ai.client.token.usage{input}'],
  ['output', 'gen_ai.client.token.usage{output}'],
  ['reasoning', 'gen_ai.client.token.usage{other}'],
  ['7f3a', 'gen_ai.client.token.usage{other}'],
])('names the token type %s in the metric %s', (tokenType, metric) => {
  const { points, rejections } = read('gen_ai.client.token.usage', tokenType);
  expect(rejections).toEqual([]);
  expect(points).toMatchObject([{ metric }]);
});
