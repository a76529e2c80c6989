/** What a registry of experiments is told over HTTP, and what becomes of one that does not take it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createRestRegistry } from '../../../src/adapters/rest-registry/index.ts';

interface Told {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: unknown;
}

async function registryAnswering(status: number): Promise<{ readonly url: string; readonly told: Told[] }> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(parts).toString());
      told.push({ method: request.method, url: request.url, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

const BEGUN = {
  id: 'concise-0123456789ab',
  serviceId: 'support-bot',
  name: 'concise',
  hypothesis: 'shorter is as good',
  arms: [{ id: 'control', summary: 'as it is', hash: 'h' }],
  startedAtMs: 0,
  requestedBy: 'ann',
};
const RESULTS = {
  outcome: 'adopted',
  winner: 'concise',
  reason: 'better',
  conclusion: null,
  totals: {},
  endedAtMs: 1_000,
};

it('is told at the start and at the end, under the id of the experiment', async () => {
  const { url, told } = await registryAnswering(201);
  const registry = createRestRegistry(url);
  await registry.begun(BEGUN);
  await registry.ended(BEGUN.id, RESULTS);
  expect(told).toMatchObject([
    {
      method: 'POST',
      url: '/api/v1/experiments',
      body: { id: BEGUN.id, service_id: 'support-bot', started_at: '1970-01-01T00:00:00.000Z' },
    },
    {
      method: 'PUT',
      url: `/api/v1/experiments/${BEGUN.id}/results`,
      body: { outcome: 'adopted', winner: 'concise', ended_at: '1970-01-01T00:00:01.000Z' },
    },
  ]);
});

it('knows the experiment already: a second try is no failure, but results that are refused are', async () => {
  const { url } = await registryAnswering(409);
  const registry = createRestRegistry(url);
  await expect(registry.begun(BEGUN)).resolves.toBeUndefined();
  await expect(registry.ended(BEGUN.id, RESULTS)).rejects.toMatchObject({
    type: 'RegistryUnavailable',
    message: expect.stringContaining('answered 409') as string,
  });
});

it('that cannot be reached is named with its address', async () => {
  await expect(createRestRegistry('http://127.0.0.1:1').begun(BEGUN)).rejects.toMatchObject({
    type: 'RegistryUnavailable',
    message: expect.stringContaining('http://127.0.0.1:1/api/v1/experiments') as string,
  });
});
