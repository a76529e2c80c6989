import { describe, expect, it } from 'vitest';
import { feedbackDataSchema, FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { createFeedbackEmitter, createOtlpEmitter } from '../../../src/gateway/index.ts';
import type { Gateway, Upstream } from '../../../src/gateway/index.ts';
import { loadRecordedOutcomes } from '../../../src/replay/index.ts';
import { loadLiveQueryIds, loadRecordings } from '../../../src/replay/recordings.ts';
import { createReplayUpstream } from '../../../src/replay/replay-upstream.ts';
import { feedbackTo, startReceiver, type MetricPoint } from './receiver.ts';
import { BASE, canary, gatewayFor, send, SERVICE, silent, temporaryFolder, write } from './support.ts';
import type { Answer } from './support.ts';

const SPEED = 1e5;
const CHAT = '/v1/chat/completions';
const liveQueries = loadLiveQueryIds();
const replay = loadRecordedOutcomes().upstream({ seed: 1, speed: SPEED });

/** A replay whose recorded requests fail, every `one`-th of them. */
function failingReplay(one: number): Upstream {
  const pool = Array.from({ length: one }, (_, i) => ({ ok: i !== 0, errorStatus: 503, latencyMs: 5 }));
  return createReplayUpstream({ ...loadRecordings(), latenciesOf: () => pool }, { seed: 1, speed: SPEED });
}

function ask(gateway: Gateway, no: number, overrides: Record<string, unknown> = {}): Promise<Answer> {
  const metadata = { query_id: liveQueries[no % liveQueries.length] ?? '', session_id: `session-${no % 50}` };
  const body = {
    model: 'support-bot',
    messages: [{ role: 'user', content: 'hello' }],
    user: `user-${no % 100}`,
    metadata,
    ...overrides,
  };
  return send(gateway, 'POST', CHAT, body, { 'x-request-id': `request-${no}` });
}

const askMany = async (gateway: Gateway, count: number): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, (_, i) => ask(gateway, from + i));
    answers.push(...(await Promise.all(batch)));
  }
  return answers;
};

const arm = ({ headers }: Answer): string | null => headers.get('x-optimizer-arm');
const inCandidate = (answers: readonly Answer[]): number =>
  answers.filter((answer) => arm(answer) === 'candidate').length;

describe('the data plane', () => {
  it('answers as OpenAI does, and says which arm and generation answered', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream: replay });
    await send(gateway, 'POST', BASE, write());
    await send(gateway, 'PUT', SERVICE, canary(100));
    const answer = await ask(gateway, 1);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      object: 'chat.completion',
      model: 'claude-3-5-haiku-20241022',
      choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' }],
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-optimizer-arm': 'candidate',
      'x-optimizer-generation': '2',
      'x-request-id': 'request-1',
    });
  });

  it('shares the units as the weight says, within five standard errors, at every step', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream: replay });
    await send(gateway, 'POST', BASE, write());
    const count = 1_000;
    for (const [revision, weightPct] of [5, 25, 50].entries()) {
      await send(gateway, 'PUT', SERVICE, canary(weightPct, { revision }));
      const weight = weightPct / 100;
      const share = inCandidate(await askMany(gateway, count)) / count;
      expect(Math.abs(share - weight)).toBeLessThan(5 * Math.sqrt((weight * (1 - weight)) / count));
    }
  });

  it.each(['user', 'session'])(
    'keeps a %s in one arm, and in the candidate while its weight rises',
    async (unit) => {
      const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream: replay });
      await send(gateway, 'POST', BASE, write({ unit }));
      const idOf = (no: number): number => no % (unit === 'user' ? 100 : 50);
      let before = new Set<number>();
      for (const [revision, weightPct] of [20, 50, 90].entries()) {
        await send(gateway, 'PUT', SERVICE, canary(weightPct, { revision }));
        const answers = await askMany(gateway, 300);
        const arms = new Map<number, Set<string | null>>();
        answers.forEach((answer, no) =>
          arms.set(idOf(no), (arms.get(idOf(no)) ?? new Set()).add(arm(answer))),
        );
        expect([...arms.values()].filter((seen) => seen.size !== 1)).toEqual([]);
        const now = new Set([...arms].filter(([, seen]) => seen.has('candidate')).map(([id]) => id));
        expect([...before].filter((id) => !now.has(id))).toEqual([]);
        expect(now.size).toBeGreaterThan(before.size);
        before = now;
      }
    },
  );

  it('refuses what was not recorded, counts it apart, and emits nothing for it', async () => {
    const receiver = await startReceiver();
    const gateway = await gatewayFor({
      stateDir: await temporaryFolder(),
      upstream: replay,
      emitters: [feedbackTo(receiver), createOtlpEmitter({ url: receiver.url, logger: silent })],
    });
    await send(gateway, 'POST', BASE, write());
    const answer = await ask(gateway, 1, { metadata: { query_id: 'gsm:999999' } });
    expect(answer).toMatchObject({ status: 422, body: { error: { type: 'not_recorded' } } });
    expect((await send(gateway, 'GET', '/health')).body).toMatchObject({
      requests: { answered: 0, failed: 0, notRecorded: 1 },
    });
    await gateway.close();
    expect(receiver.events).toEqual([]);
    expect(receiver.points).toEqual([]);
  });

  it('serves a request without a unit from stable and keeps it out of the comparison', async () => {
    const receiver = await startReceiver();
    const emitters = [feedbackTo(receiver)];
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream: replay, emitters });
    await send(gateway, 'POST', BASE, write({ unit: 'user' }));
    await send(gateway, 'PUT', SERVICE, canary(100));
    const answer = await ask(gateway, 1, { user: undefined });
    expect([answer.status, arm(answer)]).toEqual([200, 'stable']);
    expect((await send(gateway, 'GET', '/health')).body).toMatchObject({ requests: { unassigned: 1 } });
    await gateway.close();
    expect(receiver.events).toEqual([]);
  });

  it('lists every problem of a bad request, and knows no service that does not exist', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream: replay });
    const bad = await send(gateway, 'POST', CHAT, { messages: [], stream: true, metadata: { query_id: 1 } });
    expect(bad.status).toBe(422);
    expect(bad.body).toMatchObject({
      error: {
        problems: [
          { field: 'model' },
          { field: 'messages' },
          { field: 'metadata.query_id' },
          { field: 'stream' },
        ],
      },
    });
    expect((await ask(gateway, 1)).status).toBe(404);
  });

  it('takes a failing candidate back by itself when asked to', async () => {
    const gateway = await gatewayFor({ stateDir: await temporaryFolder(), upstream: failingReplay(2) });
    await send(gateway, 'POST', BASE, write());
    const deployment = { strategy: 'CANARY', initial_percentage: 100, rollback_on_error_rate: 0.2 };
    await send(gateway, 'PUT', SERVICE, canary(100, { deployment }));
    await askMany(gateway, 100);
    await expect
      .poll(async () => (await send(gateway, 'GET', SERVICE)).body, { timeout: 60_000 })
      .toMatchObject({
        candidate: null,
        generation: 2,
        revision: 0,
        last_change: { kind: 'errorRateExceeded' },
      });
  });
});

describe('what the gateway emits', () => {
  it('is one valid feedback event per request, and OTLP metrics that count the same', async () => {
    const receiver = await startReceiver();
    const startedMs = Date.now();
    const gateway = await gatewayFor({
      stateDir: await temporaryFolder(),
      upstream: failingReplay(10),
      emitters: [feedbackTo(receiver), createOtlpEmitter({ url: receiver.url, logger: silent })],
    });
    await send(gateway, 'POST', BASE, write());
    await send(gateway, 'PUT', SERVICE, canary(50));
    const answers = await askMany(gateway, 400);
    await gateway.close();

    const feedback = receiver.events.map((event) => feedbackDataSchema.parse(event['data']));
    expect([...receiver.contentTypes]).toEqual(['application/cloudevents-batch+json']);
    expect(feedback.map((data) => data.request_id).sort()).toEqual(
      answers.map(({ headers }) => headers.get('x-request-id') ?? '').sort(),
    );
    expect(new Set(receiver.events.map(({ id }) => id)).size).toBe(400);
    expect(receiver.events[0]).toMatchObject({
      specversion: '1.0',
      type: FEEDBACK_EVENT_TYPE,
      source: '/gateway/support-bot',
    });
    for (const data of feedback) {
      const exposedMs = Date.parse(data.timestamp);
      expect(exposedMs >= startedMs && exposedMs <= Date.now()).toBe(true);
      expect(data.generation).toBe(data.arm === 'candidate' ? 2 : 1);
      expect(data.unit).toEqual({ kind: 'request', id: data.request_id });
    }
    const candidates = feedback.filter((data) => data.arm === 'candidate');
    expect(candidates).toHaveLength(inCandidate(answers));
    const errors = feedback.filter(({ error }) => error);
    expect(errors).toHaveLength(answers.filter(({ status }) => status === 503).length);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.every(({ quality, cost_usd }) => quality === null && cost_usd === 0)).toBe(true);

    const total = (name: string, key: 'count' | 'sum', wanted: Record<string, unknown> = {}): number =>
      receiver.points
        .filter((point) => point.name === name && matches(point, wanted))
        .reduce((sum, point) => sum + point[key], 0);
    const candidateOnly = { 'llm.optimizer.arm': 'candidate', 'llm.optimizer.generation': 2 };
    expect(total('gen_ai.client.operation.duration', 'count')).toBe(400);
    expect(total('llm.request.duration', 'count', candidateOnly)).toBe(candidates.length);
    expect(total('llm.request.cost', 'sum')).toBeCloseTo(
      feedback.reduce((sum, { cost_usd }) => sum + cost_usd, 0),
      9,
    );
    expect(total('llm.response.quality', 'sum', candidateOnly)).toBe(
      candidates.reduce((sum, { quality }) => sum + (quality ?? 0), 0),
    );
    expect(total('gen_ai.client.operation.error', 'sum')).toBe(errors.length);
    expect(total('gen_ai.client.token.usage', 'sum', { 'gen_ai.token.type': 'output' })).toBe(
      feedback.reduce((sum, { output_tokens }) => sum + output_tokens, 0),
    );
    expect(total('llm.request.tokens', 'count')).toBe(400);
    expect(
      receiver.points.every(({ service, temporality }) => service === 'support-bot' && temporality === 1),
    ).toBe(true);
  });

  it('reaches an ingest that was away, without loss', async () => {
    const receiver = await startReceiver();
    receiver.away = true;
    const emitter = createFeedbackEmitter({ ingestUrl: receiver.url, logger: silent, intervalMs: 5 });
    const gateway = await gatewayFor({
      stateDir: await temporaryFolder(),
      upstream: replay,
      emitters: [emitter],
    });
    await send(gateway, 'POST', BASE, write());
    await askMany(gateway, 300);
    expect(emitter.stats()).toMatchObject({ sent: 0, waiting: 300, dropped: 0 });
    receiver.away = false;
    await expect.poll(() => receiver.events.length, { timeout: 60_000 }).toBe(300);
  });
});

function matches(point: MetricPoint, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([key, value]) => point.attributes[key] === value);
}
