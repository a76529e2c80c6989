/**
 * LiteLLM's admin API in database mode, as its source (1.108) has it, for what cannot run here: the mode needs a query engine that an
 * offline machine cannot fetch. Keys are asked for, a configuration-file model cannot be edited, `litellm_params` and `model_info` are
 * merged key by key, keys are never told, a replica may be behind, and requests are split by `simple-shuffle`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mulberry32At } from '../../../src/math/index.ts';

type Params = Record<string, unknown>;
export interface FakeDeployment {
  model_name: string;
  litellm_params: Params;
  model_info: Params & { id: string };
}

export interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly body: Params;
  /** When it arrived. */
  readonly atMs: number;
}

export const FAKE_KEY = 'sk-of-the-fake-not-for-logs';

export interface LitellmFake {
  readonly url: string;
  /** What is stored. A test may change it as an editor in the admin page would. */
  readonly stored: FakeDeployment[];
  /** Changes that were made through the API, newest last. */
  readonly calls: FakeCall[];
  /** What replicas that have not read the database serve; null: all are up to date. */
  behind: readonly FakeDeployment[] | null;
  /** The n-th change from now on is lost: before it is made, or its answer after. */
  lose: { change: number; readonly when: 'before' | 'after' } | null;
  /** The n-th change from now on is held in the network until `release`; whoever sent it loses the connection to it. */
  hold: { change: number } | null;
  /** Lets what is held arrive: it is made at once. */
  release(): void;
  /** How the next calls fail, whatever they ask. */
  fault: { readonly status: number; times: number; readonly message?: string } | null;
  ask(modelName: string): string;
  close(): Promise<void>;
}

const HIDDEN = [
  'api_key',
  'client_secret',
  'vertex_credentials',
  'aws_access_key_id',
  'aws_secret_access_key',
];

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startLitellmFake(deployments: readonly FakeDeployment[] = []): Promise<LitellmFake> {
  let drawn = 0;
  const draw = () => mulberry32At(1, ++drawn);
  const stored: FakeDeployment[] = structuredClone([...deployments]);
  const calls: LitellmFake['calls'] = [];
  const byId = (id: unknown) => stored.find(({ model_info }) => model_info.id === id);
  let reads = 0;
  const held: (() => unknown)[] = [];

  const requireStored = (id: string): FakeDeployment => {
    const found = byId(id);
    if (!found) throw new Refusal(404, `Model ${id} not found on proxy.`);
    if (found.model_info['db_model'] === false) {
      throw new Refusal(400, 'Cannot edit config-based model. Store model in DB via /model/new first.');
    }
    return found;
  };

  const answer = (method: string, path: string, body: Params): unknown => {
    if (method === 'GET' && path === '/model/info') {
      const seen = fake.behind !== null && reads++ % 2 === 1 ? fake.behind : stored;
      return {
        data: seen.map(({ litellm_params, ...rest }) => ({
          ...rest,
          litellm_params: Object.fromEntries(
            Object.entries(litellm_params).filter(([key]) => !HIDDEN.includes(key)),
          ),
        })),
      };
    }
    calls.push({ method, path, body, atMs: Date.now() });
    if (method === 'POST' && path === '/model/new') {
      const info = body['model_info'] as Params;
      const id = typeof info['id'] === 'string' ? info['id'] : `generated-${calls.length}`;
      if (byId(id)) throw new Refusal(500, 'Unique constraint failed on the fields: (`model_id`)');
      stored.push({
        model_name: String(body['model_name']),
        litellm_params: { ...(body['litellm_params'] as Params) },
        model_info: { ...info, id, db_model: true },
      });
      return { model_id: id };
    }
    if (method === 'POST' && path === '/model/delete') {
      const found = byId(body['id']);
      if (!found || found.model_info['db_model'] === false) {
        throw new Refusal(400, `Model with id=${String(body['id'])} not found in db`);
      }
      stored.splice(stored.indexOf(found), 1);
      return { message: `Model: ${String(body['id'])} deleted successfully` };
    }
    const id = /^\/model\/([^/]+)\/update$/u.exec(path)?.[1];
    if (method === 'PATCH' && id !== undefined) {
      const found = requireStored(decodeURIComponent(id));
      Object.assign(found.litellm_params, withoutNull(body['litellm_params']));
      for (const key of (body['litellm_params_to_remove'] ?? []) as string[])
        delete found.litellm_params[key];
      // As in the product: a model_info without its id is given a new one.
      if (body['model_info'])
        Object.assign(found.model_info, { id: 'a-new-id' }, withoutNull(body['model_info']));
      return { model_id: found.model_info.id };
    }
    throw new Refusal(404, 'Not Found');
  };

  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const reply = (status: number, value: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (request.headers.authorization !== `Bearer ${FAKE_KEY}`) {
        const said = `Authentication Error, Invalid proxy server token passed: ${request.headers.authorization ?? 'none'}`;
        return reply(401, { error: { message: said, type: 'auth_error', code: '401' } });
      }
      if (fake.fault && fake.fault.times > 0) {
        fake.fault.times -= 1;
        return reply(fake.fault.status, {
          error: { message: fake.fault.message ?? 'as the test asked', code: `${fake.fault.status}` },
        });
      }
      try {
        const body = text === '' ? {} : (JSON.parse(text) as Params);
        const lost =
          request.method !== 'GET' && fake.lose !== null && --fake.lose.change === 0 ? fake.lose.when : null;
        if (lost === 'before') return request.socket.destroy();
        if (request.method !== 'GET' && fake.hold !== null && --fake.hold.change === 0) {
          held.push(() => answer(request.method ?? '', request.url ?? '', body));
          return request.socket.destroy();
        }
        const answered = answer(request.method ?? '', request.url ?? '', body);
        return lost === 'after' ? request.socket.destroy() : reply(200, answered);
      } catch (error) {
        const status = error instanceof Refusal ? error.status : 500;
        return reply(status, {
          error: { message: String(error), type: 'validation_error', code: `${status}` },
        });
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: LitellmFake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    calls,
    behind: null,
    fault: null,
    lose: null,
    hold: null,
    release: () => {
      for (const arrive of held.splice(0)) arrive();
    },
    ask: (modelName) => String(shuffled(stored, modelName, draw)?.litellm_params['model']),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

/** `simple_shuffle`: by weight; evenly when nobody has one. */
function shuffled(
  all: readonly FakeDeployment[],
  name: string,
  draw: () => number,
): FakeDeployment | undefined {
  const group = all.filter(({ model_name }) => model_name === name);
  const weights = group.map(({ litellm_params: { weight } }) => (typeof weight === 'number' ? weight : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return group[Math.floor(draw() * group.length)];
  let left = draw() * total;
  return group.find((_, i) => (left -= weights[i] ?? 0) < 0);
}

const withoutNull = (value: unknown): Params =>
  Object.fromEntries(Object.entries((value ?? {}) as Params).filter(([, each]) => each !== null));

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}
