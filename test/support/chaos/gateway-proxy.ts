/**
 * Stands between the driver and a gateway, over HTTP: every write of a configuration comes by, and may be stopped before it is sent or
 * after it was carried out and before it is answered. It changes nothing in what it passes on.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Points } from './points.ts';

export interface GatewayProxy {
  readonly url: string;
  close(): Promise<void>;
}

const CONFIGURATION = /^\/api\/v1\/configurations\/([^/]+)(\/rollback)?$/u;

/** What a write is called in the names of points. Reads have no point. */
type Write = 'weight' | 'renewal' | 'promotion' | 'rollback';

export async function startGatewayProxy(
  target: { readonly port: number },
  points: Points,
): Promise<GatewayProxy> {
  const weights = new Map<string, number>();
  const server = createServer((incoming, answer) => {
    void pass(incoming, answer).catch(() => answer.destroy());
  });

  const pass = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const [, serviceId = '', isRollback] = CONFIGURATION.exec(incoming.url ?? '') ?? [];
    const write = writeOf(incoming.method, serviceId, isRollback !== undefined, body);
    if (write && (await points.at(`${write} not sent`, serviceId)) === 'isLost') return void answer.destroy();
    const from = await forward(target.port, incoming, body);
    if (write && (await points.at(`${write} sent, not answered`, serviceId)) === 'isLost') {
      return void answer.destroy();
    }
    answer.writeHead(from.status, from.headers);
    answer.end(from.body);
  };

  const writeOf = (
    method: string | undefined,
    serviceId: string,
    isRollback: boolean,
    body: Buffer,
  ): Write | null => {
    if (method === 'POST' && isRollback) return 'rollback';
    if (method !== 'PUT') return null;
    const { deployment } = JSON.parse(body.toString()) as {
      readonly deployment: { readonly strategy: string; readonly initial_percentage: number };
    };
    if (deployment.strategy !== 'CANARY') return 'promotion';
    const before = weights.get(serviceId);
    weights.set(serviceId, deployment.initial_percentage);
    return before === deployment.initial_percentage ? 'renewal' : 'weight';
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function forward(
  port: number,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const type = headers['content-type'];
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path: url,
        agent: false,
        headers: { ...(type !== undefined && { 'content-type': type }), 'content-length': body.length },
      },
      (response) => {
        const { statusCode = 500, headers: received } = response;
        const contentType = received['content-type'] ?? 'application/json';
        bodyOf(response).then(
          (read) => resolve({ status: statusCode, headers: { 'content-type': contentType }, body: read }),
          reject,
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
