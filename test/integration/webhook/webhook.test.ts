/** Notices by webhook, over real HTTP. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { notify } from '../../../activities/notify.ts';
import { createWebhookNotifier } from '../../../src/adapters/webhook/index.ts';
import type { Notice, Notify } from '../../../src/domain/notice.ts';
import type { Notifier } from '../../../src/ports/notifier.ts';

interface Received {
  readonly path: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

let server: Server;
let url: string;
let received: Received[];
let statusOf: (path: string | undefined) => number;

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
};

beforeEach(async () => {
  received = [];
  statusOf = () => 204;
  server = createServer((request, response) => {
    const take = async () => {
      const body = await bodyOf(request);
      received.push({ path: request.url, type: request.headers['content-type'], body });
      const status = statusOf(request.url);
      if (status > 0) response.writeHead(status, { location: '/elsewhere' }).end();
    };
    take().catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const notice: Notice = {
  id: 'rollout/bot/7/3/5/held',
  kind: 'held',
  serviceId: 'bot',
  workflowId: 'rollout/bot',
  generation: 7,
  summary: 'model a -> b',
  weightPct: 5,
  reason: 'the split is broken',
  by: 'optimizer',
  evidence: 'abc',
  atMs: Date.parse('2026-03-01T12:00:00Z'),
};
const [patient, impatient] = [60_000, 300].map((timeoutMs) => createWebhookNotifier({ timeoutMs }));
/** Waits long for every address but the one that may never answer. */
const notifier: Notifier = {
  send: async (webhook, told) => (webhook.endsWith('/bad') ? impatient : patient)?.send(webhook, told),
};
const to = (...paths: readonly string[]): Notify =>
  paths.map((path) => ({ webhook: `${url}${path}`, on: ['held'] }));

it('sends one CloudEvent with the notice and its id', async () => {
  await notify({ notifier }, { notify: to('/hook'), notice });
  expect(received).toEqual([
    {
      path: '/hook',
      type: 'application/cloudevents+json',
      body: {
        specversion: '1.0',
        id: notice.id,
        source: 'llm-optimizer',
        type: 'com.llmdevops.optimizer.rollout.held.v1',
        subject: 'bot',
        time: '2026-03-01T12:00:00.000Z',
        datacontenttype: 'application/json',
        data: {
          service: 'bot',
          workflowId: 'rollout/bot',
          generation: 7,
          summary: 'model a -> b',
          weightPct: 5,
          reason: 'the split is broken',
          by: 'optimizer',
          evidence: 'abc',
        },
      },
    },
  ]);
});

it('sends only what an address asked for', async () => {
  const asked: Notify = [
    { webhook: `${url}/a`, on: ['promoted'] },
    { webhook: `${url}/b`, on: ['held', 'promoted'] },
  ];
  await notify({ notifier }, { notify: asked, notice });
  expect(received.map(({ path }) => path)).toEqual(['/b']);
});

it.each([
  ['an error', 500, /answered 500/u],
  ['a redirect, which is not followed', 302, /answered 302/u],
  ['no answer', 0, /timeout/u],
])('fails on %s, after every other address was told', async (_what, status, message) => {
  statusOf = (path) => (path === '/bad' ? status : 204);
  await expect(notify({ notifier }, { notify: to('/bad', '/good'), notice })).rejects.toThrow(message);
  expect(new Set(received.map(({ path }) => path))).toEqual(new Set(['/bad', '/good']));
});
