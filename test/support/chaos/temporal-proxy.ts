/**
 * Stands between a worker and the Temporal server, over gRPC: what a worker reports (a decision, an activity's end) comes by, and may be
 * stopped before it is sent or after the server has taken it and before it is answered. It passes on bytes as they are; of what it
 * passes it reads no more than whose it is.
 */
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Points } from './points.ts';
import { fieldsOf, varintOf } from './protobuf.ts';

export interface TemporalProxy {
  readonly address: string;
  close(): Promise<void>;
}

/** gRPC's UNAVAILABLE: what every client tries again. */
const UNAVAILABLE = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '14' } as const;
/** `COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION` of `temporal.api.enums.v1`. */
const CONTINUE_AS_NEW = 10;

export async function startTemporalProxy(port: number, points: Points): Promise<TemporalProxy> {
  const server = createServer({ settings: { maxConcurrentStreams: 1_000 } });
  const sessions = new Set<ServerHttp2Session>();
  let upstream: ClientHttp2Session | null = null;
  const toServer = (): ClientHttp2Session => {
    if (upstream && !upstream.closed && !upstream.destroyed) return upstream;
    const made = connect(`http://127.0.0.1:${port}`);
    made.on('error', () => undefined);
    upstream = made;
    return made;
  };
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void pass(stream, headers, toServer, points).catch(() => refuse(stream));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${address.port}`,
    close: async () => {
      for (const session of sessions) session.destroy();
      upstream?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  toServer: () => ClientHttp2Session,
  points: Points,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const call = callOf(String(headers[':path']), body);
  if (call && (await points.at(`${call.what}, not reported`, call.serviceId)) === 'isLost') {
    return refuse(stream);
  }
  const answer = await ask(stream, headers, body, toServer());
  if (call && (await points.at(`${call.what}, report not answered`, call.serviceId)) === 'isLost') {
    return refuse(stream);
  }
  if (stream.destroyed) return;
  const { ':status': status, ...rest } = answer.headers;
  if (!answer.trailers) return stream.respond({ ':status': status, ...rest }, { endStream: true });
  const { trailers } = answer;
  stream.respond({ ':status': status, ...rest }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(answer.body);
}

function refuse(stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.headersSent) stream.destroy();
  else stream.respond(UNAVAILABLE, { endStream: true });
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  /** Null when the headers are all there is, as gRPC answers an error. */
  readonly trailers: IncomingHttpHeaders | null;
  readonly body: Buffer;
}

/** Every call of Temporal's services is one message there and one back. */
function ask(
  stream: ServerHttp2Stream,
  { connection: _connection, host: _host, ...headers }: IncomingHttpHeaders,
  body: Buffer,
  session: ClientHttp2Session,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = session.request(headers);
    stream.once('close', () => asked.close());
    let first: IncomingHttpHeaders | null = null;
    let trailers: IncomingHttpHeaders | null = null;
    const chunks: Buffer[] = [];
    asked.once('response', (received) => (first = received));
    asked.once('trailers', (received) => (trailers = received));
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.once('error', reject);
    asked.once('close', () => {
      if (first) resolve({ headers: first, trailers, body: Buffer.concat(chunks) });
      else reject(new Error('the server went away'));
    });
    asked.end(body);
  });
}

interface Call {
  readonly what: string;
  readonly serviceId: string;
}

/** Whose report it is and of what: `look done`, `decided`, `continue-as-new decided`. Null for every other call. */
function callOf(path: string, body: Buffer): Call | null {
  const [, name] =
    /^\/temporal\.api\.workflowservice\.v1\.WorkflowService\/Respond(\w+)Completed$/u.exec(path) ?? [];
  if (name !== 'WorkflowTask' && name !== 'ActivityTask') return null;
  const message = body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5);
  const fields = fieldsOf(message);
  const token = fields.find(({ no }) => no === 1)?.bytes ?? Buffer.alloc(0);
  const texts = fieldsOf(token).map(({ bytes }) => bytes?.toString() ?? '');
  const [, serviceId] =
    texts.map((text) => /^rollout\/(.+)$/u.exec(text) ?? []).find(([found]) => found) ?? [];
  if (serviceId === undefined) return null;
  if (name === 'ActivityTask') {
    const activity = texts.findLast((text) => /^[a-z]+[A-Za-z]*$/u.test(text) && text !== 'canaryRollout');
    return { what: `${activity ?? 'activity'} done`, serviceId };
  }
  const handsOver = fields
    .filter(({ no, bytes }) => no === 2 && bytes)
    .some(({ bytes }) =>
      fieldsOf(bytes ?? Buffer.alloc(0)).some(
        ({ no, bytes: value }) => no === 1 && varintOf(value) === CONTINUE_AS_NEW,
      ),
    );
  return { what: handsOver ? 'continue-as-new decided' : 'decided', serviceId };
}
