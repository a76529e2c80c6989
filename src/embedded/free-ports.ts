// Finds loopback ports that nobody listens on. All are held open together until all are chosen, so no two are the same.
// Another process may still take one before its user binds it: whoever can, tries again with new ones.
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Any port is one of these, where one is free. They are below what Linux (from 32768) and macOS (from 49152) hand to outgoing connections: a port
 * from there may be taken by any connection of anybody before its server binds it, or between two runs that are to have the same.
 */
const ANY_PORT = { from: 20_000, below: 32_768 } as const;
const ANY_PORT_TRIES = 50;

/** How often a server may find its ports taken. */
const PORT_TRIES = 3;

/**
 * One free port of 127.0.0.1 for each name: the wished one when it is free, else any.
 * A wish of 0 means any. Throws what the system throws when no port can be had at all.
 */
export async function choosePorts<K extends string>(
  wishes: Readonly<Record<K, number>>,
): Promise<Record<K, number>> {
  const held: Server[] = [];
  const chosen: Record<string, number> = {};
  try {
    for (const [name, wish] of Object.entries<number>(wishes)) {
      const server = (wish === 0 ? undefined : await listen(wish)) ?? (await listenAnywhere());
      const address = server?.address();
      if (server === undefined || typeof address !== 'object' || address === null)
        throw new Error('no free port on 127.0.0.1');
      held.push(server);
      chosen[name] = address.port;
    }
    return chosen;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Starts with the given ports; when that fails and one of them turns out to be taken by now, with others. */
export async function withPorts<K extends string>(
  wishes: Readonly<Record<K, number>>,
  start: (ports: Record<K, number>) => Promise<void>,
): Promise<Record<K, number>> {
  let ports: Record<K, number> = { ...wishes };
  for (let attempt = 1; ; attempt++) {
    try {
      await start(ports);
      return ports;
    } catch (error) {
      const free = await choosePorts(ports);
      const moved = Object.entries(free).some(([name, port]) => port !== ports[name as K]);
      if (!moved || attempt === PORT_TRIES) throw error;
      ports = free;
    }
  }
}

async function listenAnywhere(): Promise<Server | undefined> {
  for (let attempt = 0; attempt < ANY_PORT_TRIES; attempt += 1) {
    const server = await listen(randomInt(ANY_PORT.from, ANY_PORT.below));
    if (server !== undefined) return server;
  }
  return listen(0);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}
