/** Stands between a driver and a gateway's HTTP API, and passes on or does wrong as it is told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isBehind, type Fault, type FaultyGateway } from './fault.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

export async function startFaultyHttp(target: string): Promise<FaultyGateway> {
  let fault: Fault = 'none';
  let reads = 0;
  let written = 0;
  /** What each path was last answered before replicas began to disagree. */
  const seen = new Map<string, Answer>();

  const pass = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const { authorization, 'content-type': type } = request.headers;
    const response = await fetch(`${target}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(type !== undefined && { 'content-type': type }),
      },
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    return { status: response.status, text: await response.text() };
  };

  const answer = async (request: IncomingMessage): Promise<Answer | null> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    if (fault === 'gap') return null;
    if (fault === 'unauthorized')
      return { status: 401, text: '{"error":{"type":"x","message":"who are you"}}' };
    if (fault === 'broken') return { status: 500, text: 'Internal Server Error' };
    const path = request.url ?? '';
    if (request.method !== 'GET') {
      written += 1;
      return pass(request, Buffer.concat(chunks));
    }
    const old = seen.get(path);
    if (fault === 'disagreeing' && old && isBehind(++reads)) return old;
    const found = await pass(request, Buffer.concat(chunks));
    if (fault !== 'disagreeing') seen.set(path, found);
    return found;
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (found) =>
        found === null
          ? request.socket.destroy()
          : response.writeHead(found.status, { 'content-type': 'application/json' }).end(found.text),
      () => request.socket.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (next) => void (fault = next),
    written: () => written,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
