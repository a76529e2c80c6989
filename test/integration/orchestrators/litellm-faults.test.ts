// What only LiteLLM can do wrong: a step takes several calls, some deployments cannot be edited, and keys are never told.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  createLitellmOrchestrator,
  createLitellmProduct,
} from '../../../src/adapters/litellm-orchestrator/index.ts';
import { expireLease } from '../../../src/adapters/marked/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import { FAKE_KEY, startLitellmFake, type FakeDeployment, type LitellmFake } from './litellm-fake.ts';

const stable = { model: 'openai/gpt-4o', temperature: '0.2' };
const candidate = { model: 'openai/gpt-4o-mini', temperature: '0.2' };

const deployment = (more: Partial<FakeDeployment> = {}): FakeDeployment => ({
  model_name: 'chat',
  litellm_params: {
    model: 'openai/gpt-4o',
    temperature: 0.2,
    api_base: 'http://provider.test/v1',
    api_key: 'sk-of-the-provider',
    input_cost_per_token: 1,
  },
  model_info: { id: 'made-by-hand', db_model: true, team: 'support' },
  ...more,
});

/** Longer than any pause of a busy machine: what the fake loses or holds is seen at once, by its cut connection. */
const PATIENCE_MS = 60_000;

let fake: LitellmFake;
let orchestrator: Orchestrator;
const options = () => ({ url: fake.url, route: 'chat', key: FAKE_KEY, timeoutMs: PATIENCE_MS });
beforeEach(async () => {
  fake = await startLitellmFake([deployment()]);
  onTestFinished(() => fake.close());
  orchestrator = createLitellmOrchestrator(options());
});

const write = (revision: number, generation = 2) => ({
  serviceId: 'bot',
  generation,
  revision,
  idempotencyKey: `rollout/bot/${generation}/${revision}`,
});
/** The test's machine may be slow, and its watchdog looks a while after this. */
const LEASE_MS = 600_000;
const afterTheLease = () => Date.now() + 2 * LEASE_MS;
const tried = (revision: number, weightPct: number) =>
  orchestrator.setCandidate({
    ...write(revision),
    configuration: candidate,
    weightPct,
    leaseMs: LEASE_MS,
  });
const weights = () => fake.stored.map(({ litellm_params: { weight } }) => weight);

it("a candidate takes over address and credential name, no price; what is the operator's stays with the stable one", async () => {
  await tried(1, 5);
  expect(fake.stored[1]).toEqual({
    model_name: 'chat',
    litellm_params: {
      model: 'openai/gpt-4o-mini',
      temperature: 0.2,
      api_base: 'http://provider.test/v1',
      weight: 5,
    },
    model_info: { id: 'chat-candidate', db_model: true },
  });
  expect(fake.stored[0]).toMatchObject({
    litellm_params: { api_key: 'sk-of-the-provider', input_cost_per_token: 1, weight: 95 },
    model_info: { id: 'made-by-hand', team: 'support' },
  });
});

it('the stable deployment has its weight before the candidate gets one: nobody is sent all requests by mistake', async () => {
  await tried(1, 5);
  const changes = fake.calls.map(({ method, path, body }) => [method, path, Object.keys(body)]);
  expect(changes).toEqual([
    ['PATCH', '/model/made-by-hand/update', ['model_info']],
    ['PATCH', '/model/made-by-hand/update', ['litellm_params']],
    ['POST', '/model/new', ['model_name', 'litellm_params', 'model_info']],
    ['PATCH', '/model/made-by-hand/update', ['model_info']],
  ]);
});

it('a renewal writes the mark alone', async () => {
  await tried(1, 5);
  fake.calls.splice(0);
  await tried(2, 5);
  expect(fake.calls.map(({ path, body }) => [path, Object.keys(body)])).toEqual([
    ['/model/made-by-hand/update', ['model_info']],
  ]);
});

it('a promotion changes the stable deployment, which keeps its key, and takes the candidate away', async () => {
  await tried(1, 100);
  const promoted = await orchestrator.setStable({ ...write(2), configuration: candidate });
  expect(promoted).toMatchObject({ stable: { configuration: candidate, generation: 2 }, candidate: null });
  expect(fake.stored).toHaveLength(1);
  expect(fake.stored[0]?.litellm_params).toMatchObject({
    model: 'openai/gpt-4o-mini',
    api_key: 'sk-of-the-provider',
    weight: 100,
  });
});

it('a restore to a configuration without a parameter removes it', async () => {
  await orchestrator.setStable({ ...write(1), configuration: { model: 'openai/gpt-4o' } });
  expect(fake.stored[0]?.litellm_params).not.toHaveProperty('temperature');
});

describe.each(['before', 'after'] as const)('a change that is lost %s it is made', (when) => {
  it.each([1, 2, 3, 4])(
    'number %i of a first step: tried again it completes, under the same pair',
    async (change) => {
      fake.lose = { change, when };
      await expect(tried(1, 25)).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
      // Not made until it has ended, or an activity that returns would take it for somebody else's.
      const ended = change === 4 && when === 'after';
      expect(await orchestrator.read('bot')).toMatchObject(
        ended ? { revision: 1, weight_pct: 25 } : { revision: 0, candidate: null },
      );
      expect(await tried(1, 25)).toMatchObject({ revision: 1, weight_pct: 25 });
      expect(weights()).toEqual([75, 25]);
      expect(await orchestrator.read('bot')).toMatchObject({ revision: 1, weight_pct: 25 });
    },
  );

  it.each([1, 2, 3, 4])('number %i of a raise: a rollback still takes the candidate away', async (change) => {
    await tried(1, 5);
    fake.lose = { change, when };
    await expect(tried(2, 100)).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
    fake.lose = null;
    const back = await orchestrator.removeCandidate({ ...write(3), reason: 'harm' });
    expect(back).toMatchObject({ candidate: null, stable: { configuration: stable } });
    expect(weights()).toEqual([100]);
  });

  it.each([1, 2, 3, 4])('number %i of a rollback: the watchdog completes it', async (change) => {
    await tried(1, 50);
    fake.lose = { change, when };
    await expect(orchestrator.removeCandidate({ ...write(2), reason: 'harm' })).rejects.toMatchObject({
      type: 'OrchestratorUnavailable',
    });
    fake.lose = null;
    await expireLease(createLitellmProduct(options()), 'bot', afterTheLease);
    expect(weights()).toEqual([100]);
    expect(await orchestrator.read('bot')).toMatchObject({ candidate: null, weight_pct: 0 });
  });
});

describe('a write that the network holds until after the rollback, then lets go', () => {
  /** The held change lands when the rollback is done and read back. */
  async function landsLate(change: number, step: () => Promise<unknown>): Promise<void> {
    fake.hold = { change };
    await expect(step()).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
    fake.hold = null;
    expect(await orchestrator.removeCandidate({ ...write(3), reason: 'harm' })).toMatchObject({
      candidate: null,
    });
    expect(await orchestrator.read('bot')).toMatchObject({ candidate: null, weight_pct: 0 });
    fake.release();
  }

  it.each([1, 2, 3, 4])(
    'number %i of a first step: the watchdog takes the candidate away',
    async (change) => {
      await landsLate(change, () => tried(1, 5));
      await expireLease(createLitellmProduct(options()), 'bot', afterTheLease);
      expect(fake.stored).toHaveLength(1);
      expect(await orchestrator.read('bot')).toMatchObject({ candidate: null, weight_pct: 0 });
    },
  );

  it('the watchdog does so at its next look, not when a lease ends, and as often as it takes', async () => {
    await landsLate(3, () => tried(1, 5));
    const product = createLitellmProduct(options());
    for (const again of [false, true]) {
      if (again)
        fake.stored.push(deployment({ litellm_params: candidate, model_info: { id: 'chat-candidate' } }));
      expect(await expireLease(product, 'bot', Date.now)).toMatchObject({ kind: 'tookAway' });
      expect(weights()).toEqual([100]);
    }
    expect(await expireLease(product, 'bot', Date.now)).toMatchObject({ kind: 'idle' });
    expect(await orchestrator.read('bot')).toMatchObject({ candidate: null, revision: 3 });
  });

  it('the candidate is told under its own generation, and a second rollback takes it away', async () => {
    await landsLate(3, () => tried(1, 5));
    expect(await orchestrator.read('bot')).toMatchObject({
      candidate: { configuration: candidate, generation: 2 },
    });
    expect(await orchestrator.removeCandidate({ ...write(4), reason: 'again' })).toMatchObject({
      candidate: null,
      revision: 4,
    });
    expect(weights()).toEqual([100]);
  });

  it('beside a stable configuration that somebody changed meanwhile: it goes, theirs stays', async () => {
    await landsLate(3, () => tried(1, 5));
    fake.stored[0]!.litellm_params['model'] = 'openai/by-hand';
    const back = orchestrator.removeCandidate({ ...write(4), reason: 'again' });
    await expect(back).rejects.toThrow(/our candidate was taken away/u);
    expect(fake.stored).toMatchObject([{ litellm_params: { model: 'openai/by-hand', weight: 100 } }]);
  });

  it('a candidate that was never ours is left where it is', async () => {
    await landsLate(3, () => tried(1, 5));
    fake.stored[1]!.litellm_params['model'] = 'openai/by-hand';
    expect(await expireLease(createLitellmProduct(options()), 'bot', Date.now)).toMatchObject({
      kind: 'idle',
    });
    await expect(orchestrator.removeCandidate({ ...write(4), reason: 'again' })).rejects.toThrow(
      /nothing was written/u,
    );
    expect(fake.stored).toHaveLength(2);
  });
});

it('a raise and two rollbacks that all stop half-way: the last one still takes the candidate away', async () => {
  await tried(1, 5);
  fake.lose = { change: 3, when: 'after' };
  await expect(tried(2, 100)).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
  for (const change of [2, 1]) {
    fake.lose = { change, when: 'after' };
    const stopped = orchestrator.removeCandidate({ ...write(3), reason: 'harm' });
    await expect(stopped).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
    expect(await orchestrator.read('bot')).toMatchObject({ revision: 1, weight_pct: 5 });
  }
  const back = await orchestrator.removeCandidate({ ...write(3), reason: 'harm' });
  expect(back).toMatchObject({ candidate: null, revision: 3 });
  expect(weights()).toEqual([100]);
});

describe('by hand', () => {
  it.each([
    ['the stable configuration', () => fake.stored[0]!.litellm_params, { model: 'openai/by-hand' }],
    ['the candidate', () => fake.stored[1]!.litellm_params, { model: 'openai/by-hand' }],
    ['the weight', () => fake.stored[1]!.litellm_params, { weight: 80 }],
  ])('%s changed: no write goes over it, and the failure names it', async (what, params, changes) => {
    await tried(1, 5);
    Object.assign(params(), changes);
    const before = structuredClone(fake.stored);
    await expect(tried(2, 25)).rejects.toMatchObject({
      type: 'StaleGeneration',
      message: expect.stringContaining(what),
    });
    expect(fake.stored).toEqual(before);
  });

  it.each([
    [
      'the stable configuration',
      () => Object.assign(fake.stored[0]!.litellm_params, { model: 'openai/by-hand' }),
    ],
    [
      'a candidate',
      () => fake.stored.push(deployment({ model_info: { id: 'chat-candidate', db_model: true } })),
    ],
  ])('%s changed: a restore that says so replaces it, under a greater pair alone', async (_, change) => {
    await orchestrator.setStable({ ...write(1), configuration: stable });
    change();
    const before = structuredClone(fake.stored);
    const restore = { ...write(2), configuration: stable };
    await expect(orchestrator.setStable(restore)).rejects.toThrow(/nothing was written/u);
    await expect(orchestrator.setStable({ ...restore, ...write(0), overHand: true })).rejects.toMatchObject({
      type: 'StaleGeneration',
    });
    expect(fake.stored).toEqual(before);
    for (const number of [1, 2, 3]) {
      fake.lose = { change: number, when: 'before' };
      await orchestrator.setStable({ ...restore, overHand: true }).catch(() => undefined);
    }
    fake.lose = null;
    expect(await orchestrator.setStable({ ...restore, overHand: true })).toMatchObject({ revision: 2 });
    expect(await orchestrator.read('bot')).toMatchObject({
      stable: { configuration: stable, generation: 2 },
      candidate: null,
      revision: 2,
    });
    expect(weights()).toEqual([100]);
  });

  it('a change between our read and our write is seen and not overwritten', async () => {
    await tried(1, 5);
    const product = createLitellmProduct(options());
    const before = await product.load('bot');
    fake.stored[1]!.litellm_params['weight'] = 80;
    await expect(product.store('bot', before!, before!.mark!)).rejects.toThrow(
      /were changed while they were written/u,
    );
    expect(fake.stored[1]?.litellm_params).toMatchObject({ weight: 80 });
  });

  it('a mark that somebody has spoiled is refused by name', async () => {
    await tried(1, 5);
    fake.stored[0]!.model_info['llm_optimizer'] = '{"state":{}}';
    await expect(orchestrator.read('bot')).rejects.toMatchObject({
      type: 'OrchestratorRejected',
      message: expect.stringContaining('model_info.llm_optimizer of chat'),
    });
  });
});

describe('what it will never do is final, and says what to do', () => {
  it.each([
    [
      'a deployment of the configuration file',
      { model_info: { id: 'x', db_model: false } },
      /Cannot edit config-based model/u,
    ],
    ['a deployment without an id', { model_info: {} as { id: string } }, /no id in model_info/u],
  ])('%s', async (_, more, message) => {
    fake.stored.splice(0, 1, deployment(more));
    await expect(tried(1, 5)).rejects.toMatchObject({
      type: 'OrchestratorRejected',
      message: expect.stringMatching(message),
    });
    expect(fake.stored).toHaveLength(1);
  });

  it('several deployments that could be the stable one', async () => {
    fake.stored.push(deployment({ model_info: { id: 'another', db_model: true } }));
    await expect(orchestrator.read('bot')).rejects.toThrow(/has 2 deployments.*orchestrator\.route/u);
  });

  it('a proxy without a database', async () => {
    fake.fault = { status: 500, times: Infinity, message: "No DB Connected. Here's how to do it" };
    await expect(tried(1, 5)).rejects.toMatchObject({ type: 'OrchestratorRejected', final: true });
  });
});

it('a proxy that takes a call and never answers is unavailable', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const impatient = createLitellmOrchestrator({ ...options(), url, timeoutMs: 300 });
  await expect(impatient.read('bot')).rejects.toMatchObject({
    type: 'OrchestratorUnavailable',
    message: expect.stringContaining('timeout') as string,
  });
});

it('a wrong key is Unauthorized, and no key is ever in a message', async () => {
  const wrong = createLitellmOrchestrator({ ...options(), key: 'sk-wrong-not-for-logs' });
  const failure: unknown = await wrong.read('bot').catch((error: unknown) => error);
  expect(failure).toMatchObject({ type: 'Unauthorized', final: true });
  expect(String(failure)).not.toContain('sk-wrong-not-for-logs');
});

it.each([
  [{ ...candidate, system_prompt: 'be brief' }, ['system_prompt']],
  [{ ...candidate, temperature: '0.20' }, ['temperature']],
  [{ ...candidate, temperature: '3', top_k: '5' }, ['temperature', 'top_k']],
  [{ model: 'gpt-4o' }, ['model']],
])('%j is refused by field', async (configuration, fields) => {
  const problems = await orchestrator.validate('bot', configuration);
  expect(problems.map(({ field }) => field)).toEqual(fields);
});
