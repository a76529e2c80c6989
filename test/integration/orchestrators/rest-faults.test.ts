import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';

/** For a gateway that answers: longer than any pause of a busy machine. */
const PATIENCE_MS = 60_000;
/** For one that never does. */
const IMPATIENT = { timeoutMs: 300 };

describe('the REST driver against a gateway that misbehaves', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function facing(
    listener: RequestListener,
    options: { readonly token?: string; readonly timeoutMs?: number } = {},
  ): Promise<Orchestrator> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return createRestOrchestrator({ url, timeoutMs: PATIENCE_MS, ...options });
  }
  const fence = { serviceId: 'bot', generation: 2, revision: 1, idempotencyKey: 'k' };

  it.each([
    [500, 'OrchestratorUnavailable'],
    [503, 'OrchestratorUnavailable'],
    [429, 'OrchestratorUnavailable'],
    [401, 'Unauthorized'],
    [403, 'Unauthorized'],
    [404, 'UnknownService'],
    [409, 'StaleGeneration'],
    [400, 'OrchestratorRejected'],
    [422, 'OrchestratorRejected'],
    [302, 'OrchestratorRejected'],
  ])('maps a bare %i to %s', async (status, type) => {
    const orchestrator = await facing(
      (_, response) => void response.writeHead(status).end('<html>no</html>'),
    );
    await expect(orchestrator.removeCandidate({ ...fence, reason: 'x' })).rejects.toMatchObject({ type });
  });

  it('is unavailable when it accepts and never answers', async () => {
    const orchestrator = await facing(() => undefined, IMPATIENT);
    await expect(orchestrator.read('bot')).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
      final: false,
    });
  });

  it('is unavailable when it stops in the middle of an answer', async () => {
    const hanging = await facing((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"service_id":');
    }, IMPATIENT);
    await expect(hanging.read('bot')).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
  });

  it('is unavailable when it cuts the connection', async () => {
    const orchestrator = await facing((request) => request.socket.destroy());
    await expect(orchestrator.read('bot')).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
  });

  it('is unavailable when a 200 carries something else than the contract', async () => {
    const orchestrator = await facing((_, response) => void response.end('{"service_id":"bot"}'));
    await expect(orchestrator.read('bot')).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
      message: expect.stringContaining('contract'),
    });
  });

  it('is unavailable when nothing listens, and says why', async () => {
    await facing(() => undefined);
    const orchestrator = createRestOrchestrator({ url: 'http://127.0.0.1:1', timeoutMs: PATIENCE_MS });
    await expect(orchestrator.read('bot')).rejects.toThrow(/ECONNREFUSED|bad port/u);
  });

  it('sends the token, and nothing of it ends up in a message', async () => {
    const seen: (string | undefined)[] = [];
    const orchestrator = await facing(
      (request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(401).end('{}');
      },
      { token: 'not-for-logs' },
    );
    const failure: unknown = await orchestrator.read('bot').catch((error: unknown) => error);
    expect(seen).toEqual(['Bearer not-for-logs']);
    expect(String(failure)).not.toContain('not-for-logs');
  });
});
