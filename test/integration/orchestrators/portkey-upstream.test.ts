import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPortkeyUpstream, readProviders } from '../../../src/adapters/portkey/index.ts';
import type { Configuration } from '../../../src/domain/orchestrator-wire.ts';
import { providersFor, startPortkey, startProvider } from './portkey.ts';

let provider: Awaited<ReturnType<typeof startProvider>>;
let portkey: Awaited<ReturnType<typeof startPortkey>>;

beforeAll(async () => {
  provider = await startProvider();
  portkey = await startPortkey();
});
afterAll(async () => {
  await portkey.close();
  await provider.close();
});
afterEach(() => provider.requests.splice(0));

const complete = (configuration: Configuration, url = portkey.url) =>
  createPortkeyUpstream({ url, providers: providersFor(provider.url), timeoutMs: 10_000 }).complete({
    requestId: 'request-1',
    serviceId: 'bot',
    configuration,
    messages: [
      { role: 'system', content: 'from the request' },
      { role: 'user', content: 'hi' },
    ],
    metadata: { task_type: 'qa' },
  });

describe('a configuration through a real Portkey', () => {
  it('reaches the provider as model, parameters and system prompt, with the key; tokens are priced', async () => {
    const answer = await complete({
      model: 'gpt-4o',
      temperature: '0.2',
      max_tokens: '64',
      system_prompt: 'from the configuration',
    });
    expect(provider.requests).toEqual([
      {
        authorization: 'Bearer not-for-logs',
        body: {
          model: 'gpt-4o',
          temperature: 0.2,
          max_tokens: 64,
          messages: [
            { role: 'system', content: 'from the configuration' },
            { role: 'user', content: 'hi' },
          ],
        },
      },
    ]);
    expect(answer).toMatchObject({
      kind: 'answered',
      content: 'gpt-4o',
      quality: null,
      usage: { model: 'gpt-4o', system: 'openai', taskType: 'qa', inputTokens: 1_000, outputTokens: 2_000 },
    });
    expect(answer.kind === 'answered' && answer.usage.costUsd).toBeCloseTo(0.018, 12);
  });

  it('without a system prompt leaves the messages of the request as they are', async () => {
    await complete({ model: 'gpt-4o' });
    expect(provider.requests[0]?.body['messages']).toEqual([
      { role: 'system', content: 'from the request' },
      { role: 'user', content: 'hi' },
    ]);
  });

  it('an error of the provider is a failed answer with its status', async () => {
    expect(await complete({ model: 'gpt-broken' })).toMatchObject({ kind: 'failed', status: 500 });
  });

  it('Portkey away is a failed answer, not an exception', async () => {
    expect(await complete({ model: 'gpt-4o' }, 'http://127.0.0.1:1')).toMatchObject({
      kind: 'failed',
      status: 502,
    });
  });
});

it.each([
  [{ model: 'mistral' }, 'model', 'a model that a provider serves: gpt-*, claude-*'],
  [{ model: 'gpt-4o', temperature: '3' }, 'temperature', 'a number from 0 to 2'],
  [{ model: 'gpt-4o', max_tokens: '' }, 'max_tokens', 'a whole number above 0'],
  [{ model: 'gpt-4o', top_k: '5' }, 'top_k', expect.stringContaining('no such key') as string],
])('refuses %j by field', (configuration, field, expected) => {
  const upstream = createPortkeyUpstream({ url: portkey.url, providers: providersFor(provider.url) });
  expect(upstream.validate(configuration as Configuration)).toEqual([
    { field, value: (configuration as Record<string, string>)[field], expected },
  ]);
});

it('names every problem of a providers file, a variable that is not set included', () => {
  const entry = { models: ['gpt-4o'], provider: 'openai', usdPerMtok: { input: 1, output: 2 } };
  expect(() => readProviders({ providers: [{ ...entry, apiKeyEnv: 'NOT_SET' }] }, {})).toThrow(
    /providers\[0\]\.apiKeyEnv: "NOT_SET" is given, expected a variable that is set/u,
  );
  expect(() => readProviders({ providers: [{ ...entry, models: [], price: 1 }] }, {})).toThrow(
    /providers\[0\]\.models.*providers\[0\]\.price/su,
  );
});

it('an exact model name wins over a beginning, and a longer beginning over a shorter one', async () => {
  const of = (models: string[], provider: string) => ({
    models,
    provider,
    usdPerMtok: { input: 1, output: 1 },
  });
  const providers = readProviders(
    { providers: [of(['gpt-*'], 'a'), of(['gpt-4o*'], 'b'), of(['gpt-4o-mini'], 'c')] },
    {},
  );
  const { providerOf } = await import('../../../src/adapters/portkey/providers.ts');
  const chosen = ['gpt-3.5', 'gpt-4o-2024', 'gpt-4o-mini', 'claude'].map(
    (model) => providerOf(providers, model)?.provider,
  );
  expect(chosen).toEqual(['a', 'b', 'c', undefined]);
});
