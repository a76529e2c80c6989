import { describe, expect, it } from 'vitest';
import type { UpstreamAnswer, UpstreamRequest } from '../../../src/gateway/index.ts';
import { loadRecordings, type RecordedLatency } from '../../../src/replay/recordings.ts';
import { createReplayUpstream } from '../../../src/replay/replay-upstream.ts';

const FAST = 1e6;
const MODEL = 'gpt-4o-2024-05-13';
const recordings = loadRecordings();
const live = recordings.live.get(MODEL) ?? new Map<string, never>();
const [queryId = '', recorded] = [...live][0] ?? [];

function request(overrides: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    requestId: 'r-1',
    serviceId: 'support-bot',
    configuration: { model: MODEL },
    messages: [],
    metadata: { query_id: queryId, input_tokens: '123', output_tokens: '45' },
    ...overrides,
  };
}

const latency = (answer: UpstreamAnswer): number =>
  answer.kind === 'notRecorded' ? Number.NaN : answer.usage.latencyMs;

describe('the replay upstream', () => {
  const upstream = createReplayUpstream(recordings, { seed: 1, speed: FAST });

  it('gives the recorded quality, cost and task, and the tokens of the recorded traffic', async () => {
    expect(await upstream.complete(request())).toMatchObject({
      kind: 'answered',
      quality: recorded?.quality,
      usage: {
        model: MODEL,
        system: 'openai',
        taskType: recorded?.taskType,
        costUsd: recorded?.costUsd,
        inputTokens: 123,
        outputTokens: 45,
      },
    });
  });

  it('reports the recorded tokens when the request brings none', async () => {
    expect(await upstream.complete(request({ metadata: { query_id: queryId } }))).toMatchObject({
      usage: { inputTokens: recorded?.inputTokens, outputTokens: recorded?.outputTokens },
    });
  });

  it.each([
    ['an unknown query', { metadata: { query_id: 'gsm:999999' } }],
    [
      'a query of the evaluation half',
      { metadata: { query_id: recordings.evaluation[MODEL]?.[0]?.queryId ?? '' } },
    ],
    ['no query', { metadata: {} }],
    ['a model that was not recorded', { configuration: { model: 'gpt-5' } }],
  ])('invents nothing for %s', async (_name, overrides) => {
    expect((await upstream.complete(request(overrides))).kind).toBe('notRecorded');
  });

  it('draws the latency by seed and request id alone, from the recorded ones', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `r-${i}`);
    const ask = (order: readonly string[], seed: number) =>
      Promise.all(
        order.map(async (requestId) => {
          const of = createReplayUpstream(recordings, { seed, speed: FAST });
          return [requestId, latency(await of.complete(request({ requestId })))] as const;
        }),
      );
    const forwards = new Map(await ask(ids, 1));
    expect(new Map(await ask(ids.toReversed(), 1))).toEqual(forwards);
    expect(new Map(await ask(ids, 2))).not.toEqual(forwards);
    const pool = new Set(recordings.latenciesOf(MODEL).map(({ latencyMs }) => latencyMs));
    expect([...forwards.values()].filter((latencyMs) => !pool.has(latencyMs))).toEqual([]);
    expect(new Set(forwards.values()).size).toBeGreaterThan(20);
  });

  it('fails as often as the recorded requests failed, with their status, at no cost', async () => {
    const pool: RecordedLatency[] = Array.from({ length: 10 }, (_, i) => ({
      ok: i !== 0,
      errorStatus: 503,
      latencyMs: 1,
    }));
    const failing = createReplayUpstream(
      { ...recordings, latenciesOf: () => pool },
      { seed: 1, speed: FAST },
    );
    const answers = await Promise.all(
      Array.from({ length: 2_000 }, (_, i) => failing.complete(request({ requestId: `f-${i}` }))),
    );
    const failed = answers.filter(({ kind }) => kind === 'failed');
    expect(Math.abs(failed.length / 2_000 - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / 2_000));
    expect(failed[0]).toMatchObject({ status: 503, usage: { costUsd: 0, outputTokens: 0 } });
  });

  it('really waits, in compressed time, and reports the recorded latency', async () => {
    const slow = createReplayUpstream(
      { ...recordings, latenciesOf: () => [{ ok: true, errorStatus: 502, latencyMs: 2_000 }] },
      { seed: 1, speed: 40 },
    );
    const startedMs = performance.now();
    const answer = await slow.complete(request());
    expect(performance.now() - startedMs).toBeGreaterThan(45);
    expect(latency(answer)).toBe(2_000);
  });

  it.each([
    [{ model: 'claude-3-5-haiku' }, []],
    [{ model: 'gpt-4o', temperature: '0.5', max_tokens: '256', anything: 'else' }, []],
    [{ model: 'gpt-4o-min' }, ['model']],
    [
      {
        model: 'gpt-4o',
        temperature: 'warm',
        top_p: '0',
        top_k: '0',
        max_tokens: '1.5',
        presence_penalty: '3',
      },
      ['temperature', 'top_p', 'top_k', 'max_tokens', 'presence_penalty'],
    ],
  ])('finds in %j the problems %j', (configuration, fields) => {
    expect(upstream.validate(configuration).map(({ field }) => field)).toEqual(fields);
  });

  it('refuses a speed that is not above 0', () => {
    for (const speed of [0, -1, Number.NaN, Infinity]) {
      expect(() => createReplayUpstream(recordings, { seed: 1, speed })).toThrow(RangeError);
    }
  });
});
