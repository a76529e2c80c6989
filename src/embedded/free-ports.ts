// Finds loopback ports that nobody listens on. All are held open together until all are chosen, so no two are the same.
// Another process may still take one before its user binds it: whoever can, tries again with new ones.
import { createServer, type Server } from 'node:net';

/** How often a server may find its ports taken. */
const PORT_TRIES = 3;

/**
 * One free port of 127.0.0.1 for each name: the wished one when it is free, else one that the system picks.
 * A wish of 0 means any. Throws what the system throws when no port can be had at all.
 */
export async function choosePorts<K extends string>(
  wishes: Readonly<Record<K, number>>,
): Promise<Record<K, number>> {
  const held: Server[] = [];
  const chosen: Record<string, number> = {};
  try {
    for (const [name, wish] of Object.entries<number>(wishes)) {
      const server = (wish === 0 ? undefined : await listen(wish)) ?? (await listen(0));
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

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}
