import { describe, expect, it } from 'vitest';
import { readMetric } from '../../../src/ingest/events/read-metric.ts';
import type { Serving } from '../../../src/ports/windows.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');
const TIME = '2026-03-01T12:00:00Z';
const SERVING: ReadonlyMap<string, Serving> = new Map([
  [
    'support-bot',
    { stable: { generation: 4, model: 'model-a' }, candidate: { generation: 5, model: 'model-b' } },
  ],
]);

const read = (data: Record<string, unknown>, time: unknown = TIME, serving = SERVING) =>
  readMetric(
    {
      specversion: '1.0',
      source: '/observatory',
      id: 'm-1',
      type: 'x',
      ...(time !== 'none' && { time }),
      data: { metric_name: 'llm.request.cost', value: 3, attributes: { service: 'support-bot' }, ...data },
    },
    NOW,
    serving,
  );
const eventOf = (...given: Parameters<typeof read>) => {
  const answer = read(...given);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.event;
};
const fieldsOf = (...given: Parameters<typeof read>) => {
  const answer = read(...given);
  return answer.ok ? [] : answer.problems.map(({ field }) => field);
};

describe('a metric of an observatory', () => {
  it('is one observation of its value', () => {
    expect(eventOf({}).stats).toEqual({ count: 1, sum: 3, sumOfSquares: 9, min: 3, max: 3, sketch: null });
  });

  it('that aggregates counts what it aggregates, and its squares between what they can be', () => {
    const aggregation = { type: 'histogram', count: 200, sum: 400, min: 1, max: 9, p50: 2, p95: 4, p99: 6 };
    const { stats } = eventOf({ aggregation });
    expect(stats).toMatchObject({ count: 200, sum: 400, min: 1, max: 9, sketch: null });
    expect(stats.sumOfSquares).toBeGreaterThanOrEqual((400 * 400) / 200);
    expect(stats.sumOfSquares).toBeLessThanOrEqual(9 * 400);
  });

  it('that aggregates without extremes leaves them open', () => {
    expect(eventOf({ aggregation: { count: 4, sum: -8 } }).stats).toEqual({
      count: 4,
      sum: -8,
      sumOfSquares: 16,
      min: null,
      max: null,
      sketch: null,
    });
  });

  it('belongs to the arm that it names, else to the one that alone serves its model, else to the stable one', () => {
    const armOf = (attributes: object, serving = SERVING) => {
      const { arm, generation } = eventOf(
        { attributes: { service: 'support-bot', ...attributes } },
        TIME,
        serving,
      ).data;
      return [arm, generation];
    };
    expect(armOf({ arm: 'candidate', model: 'model-a' })).toEqual(['candidate', 5]);
    expect(armOf({ model: 'model-b' })).toEqual(['candidate', 5]);
    expect(armOf({ model: 'model-c' })).toEqual(['stable', 4]);
    expect(armOf({ variant: 'concise', experiment: 'prompts', generation: 9 })).toEqual(['concise', 9]);
    expect(armOf({ generation: 2 })).toEqual(['stable', 2]);
    expect(armOf({ model: 'model-b' }, new Map())).toEqual(['stable', 0]);
  });

  it('without a time is of the moment at which it arrives', () => {
    expect(eventOf({}, 'none').data.timestamp).toBe(new Date(NOW).toISOString());
    for (const time of [TIME, '2026-03-01T13:00:00.000+01:00', '2026-03-01t12:00:00z']) {
      expect(eventOf({}, time).data.timestamp).toBe(new Date(TIME).toISOString());
    }
  });

  it.each([
    ['a name that feedback writes', { metric_name: 'quality' }, ['data.metric_name']],
    ['no value', { value: null }, ['data.value']],
    ['a value beyond what a window holds', { value: 1e16 }, ['data.value']],
    ['no service', { attributes: {} }, ['data.attributes.service']],
    ['an arm that is none', { attributes: { service: 's', arm: 'third' } }, ['data.attributes']],
    ['an aggregation of nothing', { aggregation: { count: 0, sum: 0 } }, ['data.aggregation.count']],
    [
      'extremes the wrong way round',
      { aggregation: { count: 1, sum: 1, min: 2, max: 1 } },
      ['data.aggregation'],
    ],
    ['NUL in its task type', { attributes: { service: 's', task_type: 'a\0' } }, ['data.task_type']],
  ])('with %s is refused by field', (_, data, fields) => {
    expect(fieldsOf(data)).toEqual(fields);
  });

  it.each(['yesterday', '2026-03-01T12:00:00', '2026-03-01T12:00:00Z+', '2026-01-01T00:00:00Z', 7])(
    'of the time %s is refused',
    (time) => {
      expect(fieldsOf({}, time)).toEqual(['time']);
    },
  );
});
