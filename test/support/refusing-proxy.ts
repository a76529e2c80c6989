/** A proxy in front of a gateway that answers in its place where a test says so, and keeps the writes that it let through, in order. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RefusingProxy {
  readonly url: string;
  /** The status to answer a request with; null lets it through. */
  refuse: (method: string) => number | null;
  close(): Promise<void>;
}

export async function startProxy(upstreamUrl: string): Promise<RefusingProxy> {
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const refused = proxy.refuse(method);
    const answered = async (): Promise<readonly [number, string]> => {
      const body = await text(request);
      if (refused !== null) return [refused, JSON.stringify({ error: { type: 'refused', message: 'no' } })];
      const answer = await fetch(`${upstreamUrl}${url}`, {
        method,
        headers: { 'content-type': headers['content-type'] ?? 'application/json' },
        ...(body !== '' && { body }),
      });
      return [answer.status, await answer.text()];
    };
    answered().then(
      ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const proxy: RefusingProxy = {
    url: `http://127.0.0.1:${port}`,
    refuse: () => null,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return proxy;
}
