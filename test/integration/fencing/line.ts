/**
 * One line between a driver and a gateway, as TCP gives it: what the driver sends may be held back, let go later, and be delivered again. It reads
 * no more of what it carries than whether the gateway has answered, so REST and gRPC go over it alike. One write goes over one line: what is
 * delivered again is that write.
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

/** What a client of HTTP/2 begins with (RFC 9113, 3.4). */
const PREFACE = 'PRI * HTTP/2.0';
/** Of a frame of HTTP/2: its header's length, the type of headers, and the flag that ends a stream (RFC 9113, 4.1 and 6.2). */
const FRAME_HEADER_BYTES = 9;
const HEADERS = 0x1;
const END_STREAM = 0x1;

export async function openLine(toPort: number, { holds }: { readonly holds: boolean }): Promise<Line> {
  const sent: Buffer[] = [];
  const gateways = new Set<Socket>();
  let released = !holds;
  let toGateway: Socket | null = null;
  let toDriver: Socket | null = null;
  let isHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (isHeld = resolve));

  const isHttp2 = (): boolean => Buffer.concat(sent).subarray(0, PREFACE.length).toString() === PREFACE;
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
      if (toGateway) await answered(toGateway, isHttp2());
    },
    again: async () => {
      const socket = dial();
      for (const chunk of sent) socket.write(chunk);
      await answered(socket, isHttp2());
      socket.destroy();
    },
    close: async () => {
      for (const socket of gateways) socket.destroy();
      toDriver?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Resolves when the gateway has answered, or the connection has ended. An answer of HTTP/1.1 begins when the write is done with; over HTTP/2
 * other frames come before it, and it is whole when its trailers have come.
 */
function answered(socket: Socket, http2: boolean): Promise<void> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const done = (): void => {
      socket.off('data', hear);
      resolve();
    };
    const hear = (chunk: Buffer): void => {
      heard = Buffer.concat([heard, chunk]);
      if (!http2 || hasTrailers(heard)) done();
    };
    socket.on('data', hear);
    socket.once('close', done);
  });
}

/** Whether one of the frames ends its stream with headers. */
function hasTrailers(frames: Buffer): boolean {
  for (let at = 0; at + FRAME_HEADER_BYTES <= frames.length;) {
    const [type, flags] = [frames[at + 3], frames[at + 4] ?? 0];
    if (type === HEADERS && (flags & END_STREAM) !== 0) return true;
    at += FRAME_HEADER_BYTES + frames.readUIntBE(at, 3);
  }
  return false;
}
