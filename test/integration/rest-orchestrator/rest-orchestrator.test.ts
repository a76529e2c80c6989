import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { startGateway, type Gateway, type Upstream } from '../../../src/gateway/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';

/** Serves every model but `unknown-model`, and answers nothing: only the control plane is asked here. */
const upstream: Upstream = {
  validate: (configuration) =>
    configuration['model'] === 'unknown-model'
      ? [{ field: 'model', value: 'unknown-model', expected: 'a model with recorded answers' }]
      : [],
  complete: () => Promise.resolve({ kind: 'notRecorded', message: 'nothing is recorded' }),
};

const stable = { model: 'gpt-4o', temperature: '0.2' };
const candidate = { model: 'claude-3-5-haiku' };

describe('against the reference gateway', () => {
  let folder: string;
  let gateway: Gateway;
  let orchestrator: Orchestrator;
  let serviceId = '';
  let tests = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rest-orchestrator-'));
    gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      stateDir: folder,
      upstream,
      emitters: [],
      logger: pino({ level: 'silent' }),
    });
    orchestrator = createRestOrchestrator({ url: `${gateway.url}/` });
  });
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    serviceId = `bot-${++tests}`;
    const response = await fetch(`${gateway.url}/api/v1/configurations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        service_id: serviceId,
        configuration: stable,
        deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
        generation: 1,
        revision: 1,
        idempotency_key: 'create',
      }),
    });
    if (response.status !== 201) throw new Error(`the service was not created: ${await response.text()}`);
  });

  const write = (generation: number, revision: number) => ({
    serviceId,
    generation,
    revision,
    idempotencyKey: `rollout/${serviceId}/${generation}/${revision}`,
  });

  it('sets a leased candidate, takes it back, and makes one stable; each answer is what a read says', async () => {
    const before = Date.now();
    const tried = await orchestrator.setCandidate({
      ...write(2, 1),
      configuration: candidate,
      weightPct: 5,
      leaseMs: 90_500,
    });
    expect(tried).toMatchObject({ generation: 2, revision: 1, weight_pct: 5, strategy: 'CANARY' });
    expect(tried.candidate?.configuration).toEqual(candidate);
    expect(tried.lease_expires_at).toBeGreaterThanOrEqual(before + 90_500);
    expect(await orchestrator.read(serviceId)).toEqual(tried);

    const back = await orchestrator.removeCandidate({ ...write(2, 2), reason: 'harm' });
    expect(back).toMatchObject({ candidate: null, revision: 2, last_change: { kind: 'rolledBack' } });
    const promoted = await orchestrator.setStable({ ...write(3, 1), configuration: candidate });
    expect(promoted.stable).toMatchObject({ configuration: candidate, generation: 3 });
    expect(await orchestrator.read(serviceId)).toEqual(promoted);
  });

  it('answers an equal pair with equal content as before, and names both pairs of a stale one', async () => {
    const apply = { ...write(5, 3), configuration: candidate, weightPct: 25, leaseMs: 60_000 };
    const first = await orchestrator.setCandidate(apply);
    expect(await orchestrator.setCandidate(apply)).toMatchObject({ revision: 3, candidate: first.candidate });
    const late = orchestrator.removeCandidate({ ...write(5, 2), reason: 'late' });
    await expect(late).rejects.toMatchObject({ type: 'StaleGeneration', final: true });
    await expect(late).rejects.toThrow(
      /ours is \(generation 5, revision 2\), live is \(generation 5, revision 3\)/u,
    );
    await expect(orchestrator.setStable({ ...write(4, 9), configuration: stable })).rejects.toMatchObject({
      type: 'StaleGeneration',
    });
  });

  it('lists what the gateway cannot serve: in validate as problems, in a write as a final failure', async () => {
    expect(await orchestrator.validate(serviceId, candidate)).toEqual([]);
    const configuration = { model: 'unknown-model' };
    const problem = { value: 'unknown-model', expected: 'a model with recorded answers' };
    expect(await orchestrator.validate(serviceId, configuration)).toEqual([{ ...problem, field: 'model' }]);
    await expect(orchestrator.setStable({ ...write(9, 1), configuration })).rejects.toMatchObject({
      type: 'OrchestratorRejected',
      final: true,
      problems: [{ ...problem, field: 'configuration.model' }],
    });
    expect(await orchestrator.read(serviceId)).toMatchObject({ generation: 1 });
  });

  it('says which service the gateway does not know', async () => {
    await expect(orchestrator.read('nobody')).rejects.toMatchObject({
      type: 'UnknownService',
      message: expect.stringContaining('nobody'),
    });
  });
});

describe('against a gateway that misbehaves', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function facing(listener: RequestListener, options: { token?: string } = {}): Promise<Orchestrator> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return createRestOrchestrator({ url, timeoutMs: 300, ...options });
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
    const orchestrator = await facing(() => undefined);
    await expect(orchestrator.read('bot')).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
      final: false,
    });
  });

  it('is unavailable when it stops in the middle of an answer', async () => {
    const hanging = await facing((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"service_id":');
    });
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
    const orchestrator = createRestOrchestrator({ url: 'http://127.0.0.1:1', timeoutMs: 300 });
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
