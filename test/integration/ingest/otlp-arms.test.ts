/** Which arm a point of a metric counts in, and that a window holds one unit. */
import { expect, it, onTestFinished } from 'vitest';
import { attribute, counter, metricsRequest, nanosBefore, postMetrics } from '../../support/otlp-json.ts';
import { testSettings } from '../../support/settings.ts';
import { useIngest } from '../../support/use-ingest.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ingest = useIngest({ clock: () => NOW });

const times = { startTimeUnixNano: nanosBefore(NOW, 60), timeUnixNano: nanosBefore(NOW, 10) };

it('is told by the model, as for spans, where the point names none', async () => {
  await ingest().stores.services.put(testSettings('bot'));
  for (const [generation, model, stable] of [
    [6, 'gpt-4o', true],
    [7, 'gpt-4o-mini', false],
  ] as const) {
    await ingest().stores.configurations.record(
      {
        serviceId: 'bot',
        generation,
        body: { model },
        hash: `hash-${generation}`,
        status: stable ? 'stable' : 'trying',
        source: 'test',
      },
      NOW,
    );
  }
  const of = (value: number, ...attributes: readonly object[]) => ({ ...times, asInt: value, attributes });
  const model = (name: string) => attribute('gen_ai.request.model', name);
  const points = [
    of(1, model('gpt-4o')),
    of(2, model('gpt-4o-mini')),
    of(4, attribute('gen_ai.response.model', 'gpt-4o-mini')),
    of(8, model('o3')),
    of(16),
    of(32, model('gpt-4o-mini'), attribute('llm.optimizer.arm', 'stable')),
    of(
      64,
      model('gpt-4o'),
      attribute('llm.optimizer.arm', 'candidate'),
      attribute('llm.optimizer.generation', '3'),
    ),
  ];
  const answer = await postMetrics(ingest().httpUrl, metricsRequest([counter('c', points)]));
  expect(answer).toEqual({ status: 200, body: {} });
  const { rows } = await ingest().pool.query(
    'SELECT arm, generation::integer, sum FROM metric_windows ORDER BY arm, generation',
  );
  expect(rows).toEqual([
    { arm: 'candidate', generation: 3, sum: 64 },
    { arm: 'candidate', generation: 7, sum: 2 + 4 },
    { arm: 'stable', generation: 6, sum: 1 + 8 + 16 + 32 },
  ]);
});

it('adds up one unit: the first that came, into which others are turned, or refused', async () => {
  const duration = (unit: string, sum: number, seconds: number) => ({
    name: 'gen_ai.client.operation.duration',
    unit,
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [{ ...times, timeUnixNano: nanosBefore(NOW, seconds), count: '1', sum }],
    },
  });
  let live = ingest();
  const send = async (...metrics: readonly object[]): Promise<string | null> => {
    const { status, body } = await postMetrics(live.httpUrl, metricsRequest(metrics));
    expect(status).toBe(200);
    return (body['partialSuccess'] as { errorMessage: string } | undefined)?.errorMessage ?? null;
  };
  expect(await send(duration('s', 2, 10), duration('ms', 3_000, 11))).toBeNull();
  live = await live.restart();
  onTestFinished(() => live.close());
  expect(await send(duration('ms', 4_000, 12), duration('', 5, 13))).toBeNull();
  expect(await send(duration('By', 6, 14), { ...counter('c', [{ ...times, asInt: 1 }]), unit: 'By' })).toBe(
    'gen_ai.client.operation.duration: 1 x its unit is "By", expected "s" as in its windows, or one that can be turned into that',
  );
  expect(await live.totals('bot')).toEqual({ 'gen_ai.client.operation.duration': [4, 14], c: [1, 1] });
  expect(live.stats().points).toEqual({ counted: 3, unchanged: 0, setAside: 1 });
  expect(await live.setAside()).toHaveLength(1);
});
