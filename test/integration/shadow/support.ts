/** A gateway with a shadow, real ingest and a real database between and behind it; the upstream is the test's. */
import { onTestFinished } from 'vitest';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import {
  createFeedbackEmitter,
  type Gateway,
  type ShadowOptions,
  type Upstream,
  type UpstreamAnswer,
} from '../../../src/gateway/index.ts';
import { startIngest } from '../../../src/ingest/index.ts';
import { nobody } from '../../support/ingest.ts';
import type { TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';
import { gatewayFor, send, SERVICE, silent, temporaryFolder, write } from '../gateway/support.ts';

export const STABLE = 'gpt-4o-2024-05-13';
export const CANDIDATE = 'claude-3-5-haiku-20241022';

export interface ShadowWorld {
  readonly gateway: Gateway;
  readonly stores: Stores;
  readonly db: { query<R>(text: string): Promise<readonly R[]> };
  /** Asks once, as a user would: which model answered. */
  ask(id: string, user?: string): Promise<{ readonly model: unknown; readonly status: number }>;
  copies(): Promise<Readonly<Record<string, number>>>;
  /** Flushes the emitter: everything told is in the database after it. */
  flush(): Promise<void>;
}

/** Answers with the model's name; quality and cost are the same for every request of a model. */
export const answering = (
  more: (model: string) => Promise<Partial<UpstreamAnswer & { kind: 'answered' }> | 'failed'>,
): Upstream => ({
  validate: () => [],
  complete: async ({ configuration }) => {
    const model = configuration['model'] ?? '';
    const found = await more(model);
    const usage = {
      model,
      system: 'test',
      taskType: 'question',
      costUsd: model === STABLE ? 0.002 : 0.001,
      latencyMs: 800,
      inputTokens: 10,
      outputTokens: 20,
    };
    if (found === 'failed') return { kind: 'failed', status: 502, message: 'the model failed', usage };
    return {
      kind: 'answered',
      content: `from ${model}`,
      quality: model === STABLE ? 0.9 : 0.7,
      usage,
      ...found,
    };
  },
});

export async function shadowWorld(
  postgres: Pick<TestPostgres, 'createDatabase'>,
  upstream: Upstream,
  options: {
    readonly shadow?: ShadowOptions;
    readonly unit?: 'request' | 'user';
    readonly copyPct?: number;
  } = {},
): Promise<ShadowWorld> {
  const { pool } = await postgres.createDatabase({ connections: 4 });
  const stores = createStores(pool);
  await stores.services.put(testSettings('support-bot', { rollout: { block: '1s' } }));
  const ingest = await startIngest({
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    store: stores.ingest,
    alerts: { store: stores.alerts, sender: nobody },
    logger: silent,
  });
  onTestFinished(() => ingest.close());
  const emitter = createFeedbackEmitter({ ingestUrl: ingest.httpUrl, logger: silent, intervalMs: 20 });
  const gateway = await gatewayFor({
    stateDir: await temporaryFolder(),
    upstream,
    emitters: [emitter],
    ...(options.shadow && { shadow: options.shadow }),
  });
  await send(gateway, 'POST', '/api/v1/configurations', write({ unit: options.unit ?? 'request' }));
  const shadowed = await send(
    gateway,
    'PUT',
    SERVICE,
    write({
      configuration: { model: CANDIDATE },
      deployment: { strategy: 'SHADOW', initial_percentage: options.copyPct ?? 100 },
      generation: 2,
      lease_seconds: 600,
    }),
  );
  if (shadowed.status !== 200) throw new Error(JSON.stringify(shadowed.body));
  const copies = async () => {
    const { body } = await send(gateway, 'GET', '/health');
    return body['copies'] as Record<string, number>;
  };
  return {
    gateway,
    stores,
    db: { query: async (text) => (await pool.query(text)).rows },
    ask: async (id, user) => {
      const { body, status } = await send(
        gateway,
        'POST',
        '/v1/chat/completions',
        {
          model: 'support-bot',
          messages: [{ role: 'user', content: 'hello' }],
          ...(user !== undefined && { user }),
        },
        { 'x-request-id': id },
      );
      return { model: body['model'], status };
    },
    copies,
    flush: async () => {
      for (;;) {
        const { waiting } = emitter.stats();
        if (waiting === 0) return;
        await new Promise((resolve) => {
          setTimeout(resolve, 10);
        });
      }
    },
  };
}
