/** The LiteLLM drivers for the conformance suite: the admin API over a fake of its contract, the file mode over the real proxy. */
import {
  createLitellmFileProduct,
  createLitellmOrchestrator,
  createLitellmProduct,
} from '../../../src/adapters/litellm-orchestrator/index.ts';
import { createMarkedOrchestrator, expireLease } from '../../../src/adapters/marked/index.ts';
import { startFaultyHttp } from '../../support/faults/faulty-http.ts';
import { startLitellm } from '../../support/products/litellm.ts';
import { countAnswers } from '../../support/products/count-answers.ts';
import type { DriverStart, DriverUnderTest } from './driver-under-test.ts';
import { FAKE_KEY, startLitellmFake } from './litellm-fake.ts';
import { startProvider } from './portkey.ts';

/** Longer than any pause of a busy machine: a fault of the network is seen at once, by its cut connection. */
const PATIENCE_MS = 60_000;

/** For the suites: `npm run prove -- gateways` counts 2,000 at each step. */
const HEAVY_REQUESTS = 300;

const configurations = {
  stable: { model: 'openai/gpt-4o', temperature: '0.2' },
  candidate: { model: 'openai/gpt-4o-mini', temperature: '0.2' },
};

const unservable: DriverUnderTest['unservable'] = {
  configuration: { model: 'anthropic/claude-3-5-haiku' },
  problem: {
    field: 'model',
    value: 'anthropic/claude-3-5-haiku',
    expected: 'a model of the same provider: openai/...',
  },
};

export const litellm: DriverStart = {
  name: 'litellm',
  network: true,
  experiments: false,
  start: async () => {
    const fake = await startLitellmFake();
    const options = { url: fake.url, key: FAKE_KEY, timeoutMs: PATIENCE_MS };
    const product = createLitellmProduct(options);
    return {
      orchestrator: createLitellmOrchestrator(options),
      configurations,
      expire: (serviceId) => expireLease(product, serviceId, Date.now),
      createService: async (serviceId, { model, temperature }) => {
        fake.stored.push({
          model_name: serviceId,
          litellm_params: {
            model,
            temperature: Number(temperature),
            api_key: 'sk-of-the-provider',
            rpm: 600,
          },
          model_info: { id: `${serviceId}-stable`, db_model: true },
        });
      },
      answers: async (serviceId, n) => countAnswers(n, 1, async () => fake.ask(serviceId)),
      byHand: async (serviceId, weightPct) => {
        for (const { model_name, litellm_params, model_info } of fake.stored) {
          if (model_name !== serviceId) continue;
          litellm_params['weight'] = model_info.id.endsWith('-candidate') ? weightPct : 100 - weightPct;
        }
      },
      faulty: async () => {
        const gateway = await startFaultyHttp(fake.url);
        const faulty = { ...options, url: gateway.url };
        return { gateway, orchestrator: createLitellmOrchestrator(faulty) };
      },
      unservable,
      close: () => fake.close(),
    };
  },
};

/** Every service of the suite is in the file from the start: a new one would take a restart of its own. */
const SERVICES = Array.from({ length: 12 }, (_, i) => `bot-${i + 1}`);

export const litellmFile: DriverStart = {
  name: 'litellm-file',
  network: true,
  experiments: false,
  start: async () => {
    const provider = await startProvider();
    const proxy = await startLitellm({
      services: SERVICES,
      model: 'openai/gpt-4o',
      params: { temperature: 0.2 },
      apiBase: provider.url,
    });
    const options = { url: proxy.url, key: proxy.key, config: proxy.config, restart: proxy.restart };
    const product = createLitellmFileProduct(options);
    return {
      orchestrator: createMarkedOrchestrator(product, Date.now),
      configurations,
      requests: HEAVY_REQUESTS,
      expire: (serviceId) => expireLease(product, serviceId, Date.now),
      createService: async () => undefined,
      answers: async (serviceId, n) =>
        countAnswers(n, 16, async () => `openai/${await proxy.ask(serviceId)}`),
      byHand: (serviceId, weightPct) => proxy.setWeight(serviceId, weightPct),
      faulty: async () => {
        const gateway = await startFaultyHttp(proxy.url);
        const faulty = createLitellmFileProduct({ ...options, url: gateway.url });
        return { gateway, orchestrator: createMarkedOrchestrator(faulty, Date.now) };
      },
      unservable,
      close: async () => {
        await proxy.close();
        await provider.close();
      },
    };
  },
};
