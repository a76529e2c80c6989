/**
 * Stands between the optimizer and the reference gateway, and does to single requests of single services what networks and gateways do: holds them,
 * holds their answers, answers 500. Everything else goes through unchanged. It must not touch what a request says.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `hold`: it does not reach the gateway. The others: it does, but the answer never comes back, or a 500 comes in its place. */
export type Fault = 'hold' | 'holdAnswer' | 'failAfter' | 'fail';

export interface Rule {
  readonly fault: Fault;
  readonly matches: (request: {
    readonly method: string;
    readonly path: string;
    readonly body: string;
  }) => boolean;
  /** How often; always when left out. */
  readonly times?: number;
}

export interface FaultProxy {
  readonly url: string;
  /** One rule per service; a new one takes the place of the old. */
  set(serviceId: string, rule: Rule): void;
  /** How often the service's rule has struck. */
  struck(serviceId: string): number;
  /** Lets everything of the service through again, and lets go what was held: it reaches the gateway now, late. */
  release(serviceId: string): Promise<void>;
  close(): Promise<void>;
}

interface Standing {
  readonly rule: Rule;
  struck: number;
  readonly held: (() => Promise<void>)[];
}

const serviceIn = (path: string): string => /\/configurations\/([^/?]+)/u.exec(path)?.[1] ?? '';

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

export async function startFaultProxy(gatewayUrl: string): Promise<FaultProxy> {
  const standing = new Map<string, Standing>();
  const forward = async (method: string, path: string, body: string) => {
    const answer = await fetch(`${gatewayUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== '' && { body }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const reply = (response: ServerResponse, status: number, text: string) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(text);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [method, path] = [request.method ?? 'GET', request.url ?? '/'];
    const body = await bodyOf(request);
    const now = standing.get(serviceIn(path));
    const strikes =
      now !== undefined &&
      now.struck < (now.rule.times ?? Infinity) &&
      now.rule.matches({ method, path, body });
    if (!strikes) {
      const { status, text } = await forward(method, path, body);
      return reply(response, status, text);
    }
    const { fault } = now.rule;
    const refusal = '{"error":{"type":"internal","message":"made to fail"}}';
    if (fault === 'holdAnswer' || fault === 'failAfter') await forward(method, path, body);
    now.struck += 1;
    if (fault === 'fail' || fault === 'failAfter') return reply(response, 500, refusal);
    if (fault === 'hold') now.held.push(async () => void (await forward(method, path, body)));
    // The answer never comes: whoever asked gives up by itself.
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    set: (serviceId, rule) => void standing.set(serviceId, { rule, struck: 0, held: [] }),
    struck: (serviceId) => standing.get(serviceId)?.struck ?? 0,
    release: async (serviceId) => {
      const held = standing.get(serviceId)?.held ?? [];
      standing.delete(serviceId);
      for (const letGo of held) await letGo();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
