/** The reference gateway behind both forms of its contract, for the conformance suite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Pool } from 'undici';
import { createGrpcOrchestrator } from '../../../src/adapters/grpc-orchestrator/index.ts';
import { createRestOrchestrator } from '../../../src/adapters/rest-orchestrator/index.ts';
import { startGateway, type Upstream } from '../../../src/gateway/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import { startFaultyGrpc } from '../../support/faults/faulty-grpc.ts';
import { startFaultyHttp } from '../../support/faults/faulty-http.ts';
import type { DriverStart, DriverUnderTest } from './driver-under-test.ts';

/** Serves every model but `unknown-model`, and answers with the model's name. */
const upstream: Upstream = {
  validate: (configuration) =>
    configuration['model'] === 'unknown-model'
      ? [{ field: 'model', value: 'unknown-model', expected: 'a model with recorded answers' }]
      : [],
  complete: ({ configuration }) => {
    const model = configuration['model'] ?? '';
    const usage = {
      model,
      system: 'test',
      taskType: 'test',
      costUsd: 0,
      latencyMs: 0,
      inputTokens: 1,
      outputTokens: 1,
    };
    return Promise.resolve({ kind: 'answered', content: model, quality: null, usage });
  },
};

/** Requests that are on their way at any time: what is measured is who answers, not how fast. */
const AT_ONCE = 16;

/** Longer than any pause of a busy machine. */
const PATIENCE_MS = 60_000;

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

const driverFor = (form: 'rest' | 'grpc', url: string): Orchestrator =>
  form === 'rest'
    ? createRestOrchestrator({ url, timeoutMs: PATIENCE_MS })
    : createGrpcOrchestrator({ url, timeoutMs: PATIENCE_MS });

async function start(form: 'rest' | 'grpc', answering: Upstream): Promise<DriverUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestrator-'));
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    grpcPort: 0,
    stateDir: folder,
    upstream: answering,
    emitters: [],
    logger: pino({ level: 'silent' }),
    // With the same users each time, and this, every share that is counted is the same in every run.
    newSalt: () => 'salt',
  });
  const address = form === 'rest' ? `${gateway.url}/` : `grpc://${gateway.grpcAddress}`;
  const orchestrator = driverFor(form, address);
  const people = new Pool(gateway.url, { connections: AT_ONCE });
  /** Users so far: each count is of users that were not counted before, so that two counts are two draws. */
  let asked = 0;
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const ask = async (serviceId: string, user: string): Promise<string> => {
    const answer = await people.request({
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: serviceId, user, messages: [{ role: 'user', content: 'hi' }] }),
    });
    if (answer.statusCode !== 200) throw new Error(`${user}: ${await answer.body.text()}`);
    const { choices } = (await answer.body.json()) as Completion;
    return choices[0]?.message.content ?? '';
  };
  return {
    orchestrator,
    createService: async (serviceId, configuration) => {
      await post('/api/v1/configurations', {
        service_id: serviceId,
        configuration,
        deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
        unit: 'user',
        generation: 1,
        revision: 1,
        idempotency_key: 'create',
      });
    },
    answers: async (serviceId, n) => {
      const counts = new Map<string, number>();
      const last = asked + n;
      const askOn = async (): Promise<void> => {
        while (asked < last) {
          const model = await ask(serviceId, `user-${asked++}`);
          counts.set(model, (counts.get(model) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, askOn));
      return counts;
    },
    servedTo: async (serviceId, unitIds) => {
      const models: string[] = [];
      for (let i = 0; i < unitIds.length; i += AT_ONCE) {
        const batch = unitIds.slice(i, i + AT_ONCE).map((unitId) => ask(serviceId, unitId));
        models.push(...(await Promise.all(batch)));
      }
      return models;
    },
    byHand: async (serviceId, weightPct) => {
      const by = createRestOrchestrator({ url: gateway.url });
      const { generation, revision, candidate } = await by.read(serviceId);
      if (!candidate) throw new Error(`${serviceId} has no candidate`);
      await by.setCandidate({
        serviceId,
        generation: generation + 1,
        revision: revision + 1,
        idempotencyKey: 'by-hand',
        configuration: candidate.configuration,
        weightPct,
        leaseMs: 600_000,
      });
    },
    faulty: async () => {
      const faulty = form === 'rest' ? await startFaultyHttp(gateway.url) : await startFaultyGrpc(address);
      return { gateway: faulty, orchestrator: driverFor(form, faulty.url) };
    },
    unservable: {
      configuration: { model: 'unknown-model' },
      problem: { field: 'model', value: 'unknown-model', expected: 'a model with recorded answers' },
    },
    close: async () => {
      await people.close();
      await gateway.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The reference gateway in front of another upstream, over REST. */
export const startOverRest = (answering: Upstream): Promise<DriverUnderTest> => start('rest', answering);

export const referenceGateway: readonly DriverStart[] = [
  { name: 'rest', network: true, experiments: true, start: () => start('rest', upstream) },
  { name: 'grpc', network: true, experiments: true, start: () => start('grpc', upstream) },
];
