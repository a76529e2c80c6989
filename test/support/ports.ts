/**
 * Ports for servers of tests that bind them later, or again after they were away. A port that the system has given out once and that was let go may be
 * anybody's by then; these are nobody's until the process that reserved them ends.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux (from 32768) and macOS (from 49152) give to whoever asks for any, and to clients, and that the program picks (from 20000). */
const FIRST = 10_000;
const COUNT = 10_000;
const TRIES = 1_000;

/** Different ports of 127.0.0.1 that nobody listens on. Throws when there are not so many. */
export async function reservePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries === TRIES) throw new Error(`no ${count} free ports from ${FIRST} in ${TRIES} tries`);
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await reserved(port)) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

export async function reservePort(): Promise<number> {
  const [port = 0] = await reservePorts(1);
  return port;
}

/** Held by a UDP socket of the same number, which no TCP server minds and which goes with this process however that ends. */
async function reserved(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  try {
    socket.bind({ address: '127.0.0.1', port, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch {
    socket.close();
    return false;
  }
}

/** Of servers that were started without asking here. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
