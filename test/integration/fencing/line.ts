/**
 * One line between a driver and a gateway, as TCP gives it: what the driver sends may be held back, let go later, and be delivered again. It reads
 * nothing of what it carries, so REST and gRPC go over it alike. One write goes over one line: what is delivered again is that write.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Line {
  readonly port: number;
  /** Resolves once something has been sent that the gateway has not got yet. */
  readonly held: Promise<void>;
  /** Everything that was held, and all that comes from now on, goes to the gateway. Resolves when the gateway has answered it. */
  readonly release: () => Promise<void>;
  /** The bytes of before, once more, on a connection of their own. Resolves when the gateway has answered them. */
  readonly again: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How long a gateway may stay silent on a connection before its answer counts as complete. */
const QUIET_MS = 150;

export async function openLine(toPort: number, { holds }: { readonly holds: boolean }): Promise<Line> {
  const sent: Buffer[] = [];
  const gateways = new Set<Socket>();
  let released = !holds;
  let toGateway: Socket | null = null;
  let toDriver: Socket | null = null;
  let isHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (isHeld = resolve));

  const dial = (): Socket => {
    const socket = connect(toPort, '127.0.0.1');
    gateways.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => gateways.delete(socket));
    return socket;
  };
  /** The driver may be gone by then: what it has sent is on its way all the same. */
  const forward = (): void => {
    if (!toGateway) {
      toGateway = dial();
      toGateway.on('data', (chunk: Buffer) => {
        if (toDriver?.writable) toDriver.write(chunk);
      });
      for (const chunk of sent) toGateway.write(chunk);
    }
  };
  const server = createServer((socket) => {
    toDriver = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      sent.push(chunk);
      if (toGateway) toGateway.write(chunk);
      else if (released) forward();
      else isHeld();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    held,
    release: async () => {
      released = true;
      forward();
      if (toGateway) await quiet(toGateway);
    },
    again: async () => {
      const socket = dial();
      for (const chunk of sent) socket.write(chunk);
      await quiet(socket);
      socket.destroy();
    },
    close: async () => {
      for (const socket of gateways) socket.destroy();
      toDriver?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Resolves when something has come and then nothing more for a while, or the connection has ended. */
function quiet(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const done = (): void => {
      clearTimeout(timer);
      socket.off('data', heard);
      resolve();
    };
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(done, QUIET_MS);
    };
    socket.on('data', heard);
    socket.once('close', done);
  });
}
