/**
 * What only LiteLLM without a database can do wrong: a restart of ours that fails leaves a proxy that is down. The proxy here answers as
 * the real one does after a restart (what the file said when it started), and is restarted by a command that can fail.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { createLitellmFileProduct } from '../../../src/adapters/litellm-orchestrator/index.ts';
import {
  createMarkedOrchestrator,
  expireLease,
  type MarkedProduct,
} from '../../../src/adapters/marked/index.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import { reservePort } from '../../support/ports.ts';

const stable = { model: 'openai/gpt-4o' };
const candidate = { model: 'openai/gpt-4o-mini' };
const KEY = 'sk-of-the-proxy-not-for-logs';

interface FileModel {
  readonly model_name: string;
  readonly litellm_params: Readonly<Record<string, unknown>>;
}

/** `POST /restart` at its control port ends it and starts it again from the file; while `failing` it only ends it. */
class RestartedProxy {
  failing = false;
  restarts = 0;
  url = '';
  control = '';
  readonly config: string;
  #served: unknown = null;
  #proxy: Server | null = null;

  constructor(config: string) {
    this.config = config;
  }

  async start(): Promise<void> {
    const control = createServer((_request, response) => {
      void this.#restart().then((isUp) => response.writeHead(isUp ? 200 : 500).end());
    });
    this.control = await listening(control, 0);
    onTestFinished(() => closed(control));
    onTestFinished(() => this.stop());
    await this.#up(await reservePort());
  }

  /** What a request would be answered by; null while it is down. */
  served(): readonly (readonly [unknown, unknown])[] | null {
    if (this.#proxy === null) return null;
    return (this.#served as readonly FileModel[]).map(({ litellm_params: { model, weight } }) => [
      model,
      weight,
    ]);
  }

  async stop(): Promise<void> {
    const proxy = this.#proxy;
    this.#proxy = null;
    if (proxy) await closed(proxy);
  }

  async #restart(): Promise<boolean> {
    this.restarts += 1;
    await this.stop();
    if (this.failing) return false;
    await this.#up(Number(new URL(this.url).port));
    return true;
  }

  async #up(port: number): Promise<void> {
    const file = parse(await readFile(this.config, 'utf8')) as { readonly model_list: readonly FileModel[] };
    this.#served = file.model_list;
    const proxy = createServer((request, response) => {
      const data = request.url === '/model/info' ? this.#served : [];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
    });
    this.url = await listening(proxy, port);
    this.#proxy = proxy;
  }
}

async function listening(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Longer than any pause of a busy machine: a proxy that is down is seen at once, by its closed port. */
const PATIENCE_MS = 60_000;
const LEASE_MS = 600_000;

let proxy: RestartedProxy;
let product: MarkedProduct;
let orchestrator: Orchestrator;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'litellm-file-faults-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, 'config.yaml');
  await writeFile(config, stringify({ model_list: [{ model_name: 'bot', litellm_params: stable }] }));
  proxy = new RestartedProxy(config);
  await proxy.start();
  const ask = `fetch('${proxy.control}/restart', { method: 'POST' }).then(({ ok }) => process.exit(ok ? 0 : 1))`;
  product = createLitellmFileProduct({
    url: proxy.url,
    config,
    key: KEY,
    restart: [process.execPath, '-e', ask],
    timeoutMs: PATIENCE_MS,
    readyWithinMs: PATIENCE_MS,
  });
  orchestrator = createMarkedOrchestrator(product, Date.now);
});

const write = (revision: number) => ({
  serviceId: 'bot',
  generation: 2,
  revision,
  idempotencyKey: `rollout/bot/2/${revision}`,
});
const tried = (revision: number, weightPct: number) =>
  orchestrator.setCandidate({
    ...write(revision),
    configuration: candidate,
    weightPct,
    leaseMs: LEASE_MS,
  });
const removed = (revision: number) => orchestrator.removeCandidate({ ...write(revision), reason: 'harm' });

/** A write whose restart ends the proxy and does not start it. */
async function failed(run: () => Promise<unknown>): Promise<void> {
  proxy.failing = true;
  await expect(run()).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
  proxy.failing = false;
  expect(proxy.served()).toBeNull();
}

const OLD_ALONE = [['openai/gpt-4o', 100]];

describe('a restart that failed and left the proxy down', () => {
  it('counts as not made', async () => {
    await failed(() => tried(1, 5));
    expect(await orchestrator.read('bot')).toMatchObject({
      revision: 0,
      candidate: null,
      stable: { configuration: stable },
    });
  });

  it('is made by the next try, under the same pair', async () => {
    await failed(() => tried(1, 5));
    expect(await tried(1, 5)).toMatchObject({ revision: 1, weight_pct: 5 });
    expect(proxy.served()).toEqual([
      ['openai/gpt-4o', 95],
      ['openai/gpt-4o-mini', 5],
    ]);
    expect(await orchestrator.read('bot')).toMatchObject({ revision: 1, weight_pct: 5 });
  });

  it('of the first step: a rollback starts the proxy again, though it has nothing to take away', async () => {
    await failed(() => tried(1, 5));
    expect(await removed(2)).toMatchObject({ revision: 2, candidate: null });
    expect(proxy.served()).toEqual(OLD_ALONE);
  });

  it('of a raise: a rollback takes the candidate away', async () => {
    await tried(1, 5);
    await failed(() => tried(2, 50));
    expect(await orchestrator.read('bot')).toMatchObject({ revision: 1, weight_pct: 5 });
    expect(await removed(3)).toMatchObject({ revision: 3, candidate: null });
    expect(proxy.served()).toEqual(OLD_ALONE);
  });

  it('of a rollback, twice: the third try completes it', async () => {
    await tried(1, 5);
    await failed(() => removed(2));
    await failed(() => removed(2));
    expect(await removed(2)).toMatchObject({ revision: 2, candidate: null });
    expect(proxy.served()).toEqual(OLD_ALONE);
  });

  it.each([
    ['a raise', () => tried(2, 50)],
    ['a rollback', () => removed(2)],
  ])('of %s: the watchdog completes it', async (_what, run) => {
    await tried(1, 5);
    await failed(run);
    await expireLease(product, 'bot', () => Date.now() + 2 * LEASE_MS);
    expect(proxy.served()).toEqual(OLD_ALONE);
    expect(await orchestrator.read('bot')).toMatchObject({ candidate: null, weight_pct: 0 });
  });
});

it('a proxy that is down for another reason is not read as anything, and a write restarts nothing', async () => {
  await tried(1, 5);
  await proxy.stop();
  const { restarts } = proxy;
  await expect(orchestrator.read('bot')).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
  await expect(tried(2, 50)).rejects.toMatchObject({ type: 'OrchestratorUnavailable' });
  expect(proxy.restarts).toBe(restarts);
});
