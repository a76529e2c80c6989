// Whose an event is must not depend on what else is in its batch.
import { expect, it } from 'vitest';
import { METRIC_EVENT_TYPE } from '../../../src/domain/observatory-metric.ts';
import { readBatch } from '../../../src/ingest/events/read-batch.ts';
import type { Serving } from '../../../src/ports/windows.ts';
import { feedbackEvent } from '../../support/feedback.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');
const SERVING: Serving = {
  stable: { generation: 4, model: 'model-a' },
  candidate: { generation: 5, model: 'model-b' },
};
const store = {
  serving: async (services: readonly string[]) => {
    if (services.some((service) => service.includes('\0'))) throw new Error('invalid byte sequence');
    return new Map(services.map((service) => [service, SERVING]));
  },
};
const metric = (attributes: object) => ({
  specversion: '1.0',
  source: '/observatory',
  id: 'm',
  type: METRIC_EVENT_TYPE,
  data: { metric_name: 'llm.request.cost', value: 3, attributes: { service: 'support-bot', ...attributes } },
});
const whoseOf = async (...values: readonly unknown[]) => {
  const { good } = await readBatch({ store }, values, NOW);
  const [first] = good.filter(({ read }) => read.kind === 'metric');
  return [first?.read.event.data].map((data) => (data && 'arm' in data ? [data.arm, data.generation] : data));
};

it.each([
  [{ arm: 'candidate' }, ['candidate', 5]],
  [{ arm: 'stable' }, ['stable', 4]],
  [{ model: 'model-b', generation: 9 }, ['candidate', 9]],
  [{ variant: 'concise', experiment: 'prompts' }, ['concise', 0]],
  [{ model: 'model-b' }, ['candidate', 5]],
])(
  'a metric of %j is of the same arm and generation, alone and beside one that names neither',
  async (of, whose) => {
    expect(await whoseOf(metric(of))).toEqual([whose]);
    expect(await whoseOf(metric(of), metric({}))).toEqual([whose]);
  },
);

it('a metric without a time is of the moment at which its message came into the log, else of now', async () => {
  const { good, bad } = await readBatch({ store }, [metric({}), metric({}), metric({})], NOW, {
    sentMsOf: (index) => (index === 0 ? NOW - 5_000 : index === 1 ? null : 1e300),
    textOf: () => null,
    security: false,
  });
  expect(good.map(({ read }) => Date.parse(read.event.data.timestamp))).toEqual([NOW - 5_000, NOW]);
  expect(bad).toMatchObject([{ index: 2, problems: [{ field: 'time', value: 1e300 }] }]);
});

it('does not ask for a service whose name the store cannot hold', async () => {
  const { arm: _arm, generation: _generation, ...data } = feedbackEvent('e').data;
  const { bad } = await readBatch(
    { store },
    [metric({ service: 'a\0' }), { data: { ...data, service: '\0' } }],
    NOW,
  );
  expect(bad.map(({ index }) => index)).toEqual([0, 1]);
});

it('an alert is as old as its message: one of a topic that is read again is put aside', async () => {
  const alert = { alert_id: 'a', anomaly_type: 'k', severity: 'critical', service_name: 'support-bot' };
  const { alerts, bad } = await readBatch({ store }, [alert, alert, alert], NOW, {
    sentMsOf: (index) => [NOW - 5_000, NOW - 30 * 86_400_000, null][index] ?? null,
    textOf: () => null,
    security: false,
  });
  expect([alerts.map(({ index }) => index), bad.map(({ index }) => index)]).toEqual([[0, 2], [1]]);
});
