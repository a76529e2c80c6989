/** The main and the control queue of one process: whoever writes to a product without a fence takes turns with the other. */
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { GatewayTarget } from '../../../src/domain/gateway-target.ts';
import { createPorts, driverFor } from '../../../workers/ports.ts';
import { FAKE_KEY, startLitellmFake } from './litellm-fake.ts';

it('two rollbacks at once, one on each queue, follow one another, and the later one stands', async () => {
  vi.stubEnv('LITELLM_MASTER_KEY', FAKE_KEY);
  onTestFinished(() => void vi.unstubAllEnvs());
  const fake = await startLitellmFake([
    {
      model_name: 'chat',
      litellm_params: { model: 'openai/gpt-4o', api_key: 'sk-x' },
      model_info: { id: 'made-by-hand', db_model: true },
    },
  ]);
  onTestFinished(() => fake.close());
  // Both are opened by the first call, and nobody calls.
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  const pools = [new Pool(), new Pool()] as const;
  onTestFinished(async () => void (await Promise.all(pools.map((pool) => pool.end()))));

  const drivers = driverFor();
  const [main, control] = pools.map((pool) => createPorts(pool, client, drivers));
  const target: GatewayTarget = { driver: 'litellm', url: fake.url, route: 'chat' };
  const write = (revision: number) => ({
    serviceId: 'bot',
    generation: 2,
    revision,
    idempotencyKey: `rollout/bot/2/${revision}`,
  });
  await main?.orchestratorFor(target).setCandidate({
    ...write(1),
    configuration: { model: 'openai/gpt-4o-mini' },
    weightPct: 25,
    leaseMs: 60_000,
  });
  const ends = await Promise.allSettled(
    [main, control].map(async (ports, i) =>
      ports?.orchestratorFor(target).removeCandidate({ ...write(2 + i), reason: 'harm' }),
    ),
  );
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(fake.stored).toHaveLength(1);
  expect(await control?.orchestratorFor(target).read('bot')).toMatchObject({ revision: 3, candidate: null });
});
