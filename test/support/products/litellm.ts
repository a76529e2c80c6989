/** A real LiteLLM proxy without a database, over a configuration file in a folder of its own, and the command that restarts it. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { runCommand } from '../../../src/embedded/index.ts';
import { ownPort } from '../own-port.ts';
import { pythonFor } from '../python/python.ts';
import { askChat } from './count-answers.ts';

const START_LIMIT_MS = 120_000;
const KEY = 'sk-not-for-logs-of-a-test';

export interface LitellmProxy {
  readonly url: string;
  readonly key: string;
  /** Path of its `config.yaml`. */
  readonly config: string;
  readonly restart: readonly string[];
  /** Which model the provider was asked for. */
  ask(modelName: string): Promise<string>;
  /** Edits the file as a person would, and restarts nothing. */
  setWeight(modelName: string, weightPct: number): Promise<void>;
  close(): Promise<void>;
}

interface ListedModel {
  readonly model_name: string;
  readonly model_info?: { readonly id?: string };
}

/** One deployment per service, all of one model at one provider. Throws one line when Python is not to be had. */
export async function startLitellm(options: {
  readonly services: readonly string[];
  readonly model: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly apiBase: string;
}): Promise<LitellmProxy> {
  const python = await pythonFor('litellm.txt');
  const folder = mkdtempSync(join(tmpdir(), 'litellm-'));
  const port = await ownPort();
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `# Of the operator.\n${stringify({
      model_list: options.services.map((service) => ({
        model_name: service,
        litellm_params: {
          model: options.model,
          api_base: options.apiBase,
          api_key: 'sk-of-the-provider',
          ...options.params,
        },
      })),
      router_settings: { routing_strategy: 'simple-shuffle', num_retries: 0 },
      general_settings: { master_key: KEY },
    })}`,
  );
  const command = join(dirname(python.path), 'litellm');
  const restart = [
    process.execPath,
    join(import.meta.dirname, 'restart-program.mjs'),
    folder,
    command,
    '--config',
    config,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ];
  const url = `http://127.0.0.1:${port}`;
  const run = (args: readonly string[]) =>
    runCommand(args[0] ?? '', args.slice(1), { name: 'litellm', timeoutMs: START_LIMIT_MS });
  await run(restart);
  await ready(`${url}/health/readiness`, 'LiteLLM');
  return {
    url,
    key: KEY,
    config,
    restart,
    ask: (modelName) =>
      askChat(
        `${url}/v1/chat/completions`,
        { model: modelName, messages: [{ role: 'user', content: 'hi' }] },
        { authorization: `Bearer ${KEY}` },
      ),
    setWeight: async (modelName, weightPct) => {
      const document = parseDocument(readFileSync(config, 'utf8'));
      const list = document.toJS() as { readonly model_list: readonly ListedModel[] };
      for (const [i, { model_name, model_info }] of list.model_list.entries()) {
        if (model_name !== modelName) continue;
        const weight = model_info?.id?.endsWith('-candidate') === true ? weightPct : 100 - weightPct;
        document.setIn(['model_list', i, 'litellm_params', 'weight'], weight);
      }
      writeFileSync(config, document.toString());
    },
    close: async () => {
      await run(restart.slice(0, 3));
      await rm(folder, { recursive: true });
    },
  };
}

/** Waits until an address answers 200. */
export async function ready(url: string, name: string): Promise<void> {
  const giveUpAtMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < giveUpAtMs) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${name} did not start within ${START_LIMIT_MS / 1_000} s`);
}
