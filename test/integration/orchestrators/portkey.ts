/** A real Portkey gateway behind ours, with a provider that answers with the model it was asked for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createPortkeyUpstream, readProviders } from '../../../src/adapters/portkey/index.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { reservePort } from '../../support/ports.ts';
import type { DriverStart } from './driver-under-test.ts';
import { startOverRest } from './reference-gateway.ts';

/** Who is served is our gateway's choice, and counted with 2,000 at the driver `rest`; through Portkey each takes many times longer. */
const REQUESTS = 300;
const START_LIMIT_MS = 120_000;

/** What the provider was asked, for tests that look at it. */
export interface ProviderRequest {
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
};

/** An OpenAI-compatible provider on a free port. The model `broken` answers 500. */
export async function startProvider() {
  const requests: ProviderRequest[] = [];
  const answer = async (request: IncomingMessage) => {
    const body = JSON.parse(await textOf(request)) as Record<string, unknown>;
    requests.push({ authorization: request.headers.authorization, body });
    const message = { role: 'assistant', content: String(body['model']) };
    return {
      status: body['model'] === 'gpt-broken' ? 500 : 200,
      body: {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 0,
        model: body['model'],
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1_000, completion_tokens: 2_000, total_tokens: 3_000 },
      },
    };
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Portkey's own program, from its package, on a free port. */
export async function startPortkey() {
  const port = await reservePort();
  const program = createRequire(import.meta.url).resolve('@portkey-ai/gateway/build/start-server.js');
  const child = spawn(process.execPath, [program, `--port=${port}`, '--headless'], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const up = await poll(
    async () => ((await fetch(url).catch(() => undefined)) === undefined ? undefined : true),
    { timeoutMs: START_LIMIT_MS },
  );
  if (!up) {
    child.kill('SIGKILL');
    throw new Error(`Portkey did not start within ${START_LIMIT_MS / 1_000} s`);
  }
  return {
    url,
    close: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

export const providersFor = (customHost: string) =>
  readProviders(
    {
      providers: [
        {
          models: ['gpt-*', 'claude-*'],
          provider: 'openai',
          apiKeyEnv: 'TEST_PROVIDER_KEY',
          customHost,
          usdPerMtok: { input: 2, output: 8 },
        },
      ],
    },
    { TEST_PROVIDER_KEY: 'not-for-logs' },
  );

export const portkey: DriverStart = {
  name: 'rest, in front of Portkey,',
  network: true,
  start: async () => {
    const provider = await startProvider();
    const portkeyGateway = await startPortkey();
    const providers = providersFor(provider.url);
    const driver = await startOverRest(createPortkeyUpstream({ url: portkeyGateway.url, providers }));
    return {
      ...driver,
      requests: REQUESTS,
      unservable: {
        configuration: { model: 'unknown-model' },
        problem: {
          field: 'model',
          value: 'unknown-model',
          expected: 'a model that a provider serves: gpt-*, claude-*',
        },
      },
      close: async () => {
        await driver.close();
        await portkeyGateway.close();
        await provider.close();
      },
    };
  },
};
