/** Binds a gRPC server, and ends it when the calls under way are over, or after five seconds. */
import { ServerCredentials, type Server } from '@grpc/grpc-js';

const CLOSE_MS = 5_000;

export interface Listening {
  /** `host:port` */
  readonly address: string;
  /** Lets calls finish, for five seconds at most. */
  close(): Promise<void>;
}

/** Listens on `host:port` (port 0: a free one). @throws Error when the port is taken */
export async function listen(server: Server, host: string, port: number): Promise<Listening> {
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) =>
      error ? reject(error) : resolve(boundPort),
    );
  });
  return { address: `${host}:${bound}`, close: () => shutDown(server) };
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
