/** The MLflow driver over a real MLflow server, for the conformance suite. */
import { createMarkedOrchestrator, expireLease } from '../../../src/adapters/marked/index.ts';
import { createMlflowProduct } from '../../../src/adapters/mlflow-orchestrator/index.ts';
import { countAnswers } from '../../support/products/count-answers.ts';
import { startFaultyHttp } from '../../support/faults/faulty-http.ts';
import { startMlflow } from '../../support/products/mlflow.ts';
import type { DriverStart } from './driver-under-test.ts';
import { startProvider } from './portkey.ts';

/** Shortened: the suite waits for it again and again. */
const CACHE_SECONDS = 2;

/** For the suites: `npm run prove -- gateways` counts 2,000 at each step. */
const HEAVY_REQUESTS = 300;

const configurations = { stable: { model: 'gpt-4o' }, candidate: { model: 'gpt-4o-mini' } };

/** @param cacheSeconds how long MLflow serves an old split; 60 is its own default */
export const mlflowWith = ({ cacheSeconds }: { readonly cacheSeconds: number }): DriverStart => ({
  name: 'mlflow',
  network: true,
  experiments: false,
  start: async () => {
    const provider = await startProvider();
    const server = await startMlflow({ apiBase: provider.url, cacheSeconds });
    for (const { model } of Object.values(configurations)) await server.createModel(model);
    const product = createMlflowProduct({ url: server.url, timeoutMs: 20_000 });
    return {
      orchestrator: createMarkedOrchestrator(product, Date.now),
      configurations,
      requests: HEAVY_REQUESTS,
      expire: (serviceId) => expireLease(product, serviceId, Date.now),
      createService: (serviceId, { model = '' }) => server.createEndpoint(serviceId, model),
      answers: async (serviceId, n) => countAnswers(n, 16, () => server.ask(serviceId)),
      byHand: (serviceId, weightPct) =>
        server.setWeights(serviceId, {
          [configurations.stable.model]: 100 - weightPct,
          [configurations.candidate.model]: weightPct,
        }),
      faulty: async () => {
        const gateway = await startFaultyHttp(server.url);
        const faulty = createMlflowProduct({ url: gateway.url, timeoutMs: 20_000 });
        return { gateway, orchestrator: createMarkedOrchestrator(faulty, Date.now) };
      },
      unservable: {
        configuration: { model: 'unknown-model' },
        problem: {
          field: 'model',
          value: 'unknown-model',
          expected: 'the name of a model definition in MLflow: gpt-4o, gpt-4o-mini',
        },
      },
      close: async () => {
        await server.close();
        await provider.close();
      },
    };
  },
});

export const mlflow = mlflowWith({ cacheSeconds: CACHE_SECONDS });
