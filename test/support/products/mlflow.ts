/** A real MLflow server with its AI gateway over SQLite in a folder of its own, and its admin API as an operator uses it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ownPort } from '../own-port.ts';
import { pythonFor } from '../python/python.ts';
import { askChat } from './count-answers.ts';
import { ready } from './litellm.ts';

export interface MlflowServer {
  readonly url: string;
  /** Makes an endpoint that asks this model alone. Models are made on first use. */
  createEndpoint(name: string, model: string): Promise<void>;
  createModel(model: string): Promise<void>;
  /** What an operator does in MLflow's own pages: per cents by model. */
  setWeights(endpoint: string, weights: Readonly<Record<string, number>>): Promise<void>;
  /** Which model the provider was asked for. */
  ask(endpoint: string): Promise<string>;
  close(): Promise<void>;
}

/** @param cacheSeconds how long it serves an old split; 60 is its own default */
export async function startMlflow(options: {
  readonly apiBase: string;
  readonly cacheSeconds: number;
}): Promise<MlflowServer> {
  const python = await pythonFor('mlflow.txt');
  const bin = dirname(python.path);
  const folder = mkdtempSync(join(tmpdir(), 'mlflow-'));
  const port = await ownPort();
  const log = openSync(join(folder, 'mlflow.log'), 'a');
  const args = ['server', '--backend-store-uri', `sqlite:///${join(folder, 'gateway.db')}`, '--workers', '1'];
  const child = spawn(
    join(bin, 'mlflow'),
    [
      ...args,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--secrets-cache-ttl',
      String(options.cacheSeconds),
    ],
    {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        PATH: [bin, process.env['PATH'] ?? ''].join(delimiter),
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
        MLFLOW_CRYPTO_KEK_PASSPHRASE: 'a passphrase of a test, not for logs',
        MLFLOW_GATEWAY_API_BASE_ALLOWED_SCHEMES: 'http,https',
        MLFLOW_GATEWAY_API_BASE_ALLOW_PRIVATE_IPS: 'true',
      },
    },
  );
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  await ready(`${url}/health`, 'MLflow');

  const admin = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${url}/api/3.0/mlflow/gateway/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`MLflow answered ${path} with ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as unknown;
  };
  const { secret } = (await admin('secrets/create', {
    secret_name: 'provider',
    secret_value: { api_key: 'sk-of-the-provider' },
    provider: 'openai',
    auth_config: { api_base: options.apiBase },
  })) as { readonly secret: { readonly secret_id: string } };
  const models = new Map<string, string>();
  const modelId = async (model: string): Promise<string> => {
    const known = models.get(model);
    if (known !== undefined) return known;
    const made = (await admin('model-definitions/create', {
      name: model,
      secret_id: secret.secret_id,
      provider: 'openai',
      model_name: model,
    })) as { readonly model_definition: { readonly model_definition_id: string } };
    const id = made.model_definition.model_definition_id;
    models.set(model, id);
    return id;
  };
  return {
    url,
    createModel: async (model) => void (await modelId(model)),
    createEndpoint: async (name, model) => {
      const config = { model_definition_id: await modelId(model), linkage_type: 'PRIMARY', weight: 1 };
      await admin('endpoints/create', { name, model_configs: [config], usage_tracking: false });
    },
    setWeights: async (endpoint, weights) => {
      const found = await fetch(`${url}/api/3.0/mlflow/gateway/endpoints/get?name=${endpoint}`);
      const { endpoint: known } = (await found.json()) as {
        readonly endpoint: { readonly endpoint_id: string };
      };
      const configs = Object.entries(weights).map(async ([model, pct]) => ({
        model_definition_id: await modelId(model),
        linkage_type: 'PRIMARY',
        weight: pct / 100,
      }));
      const model_configs = await Promise.all(configs);
      await admin('endpoints/update', { endpoint_id: known.endpoint_id, model_configs });
    },
    ask: (endpoint) =>
      askChat(`${url}/gateway/mlflow/v1/chat/completions`, {
        model: endpoint,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    close: async () => {
      if (child.pid !== undefined && child.exitCode === null) {
        process.kill(-child.pid, 'SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
