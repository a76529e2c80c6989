/**
 * Ports for servers that listen later than their port is chosen, or that go and come back. They are below the range from which a system gives a port to
 * whoever asks for any, so that nobody else's server gets one in between; and each of vitest's workers has a range of its own.
 */
import { createServer } from 'node:net';

const FIRST = 20_000;
const PER_WORKER = 1_000;
const WORKERS = 12;

const from = FIRST + PER_WORKER * (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS);
/** Another run of the tests beside this one most likely begins elsewhere. */
let next = Math.floor(Math.random() * PER_WORKER);

/** A port of 127.0.0.1 on which nobody listens, and which this process has not been given before. Throws when there is none. */
export async function ownPort(): Promise<number> {
  for (let tries = 0; tries < PER_WORKER; tries += 1) {
    const port = from + (next % PER_WORKER);
    next += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 from ${from} to ${from + PER_WORKER - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
