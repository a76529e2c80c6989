/** A Temporal development server that suggests early to continue as new. Starts and stops it; the program under test finds it by its address. */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { poll } from '../../../src/embedded/poll.ts';
import { temporalPath } from '../../support/prerequisites/temporal.ts';

export interface DevServer {
  readonly address: string;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return port;
}

/** @param continueAfterEvents how many events a history has when the server suggests to continue as new */
export async function startDevServer(dataDir: string, continueAfterEvents: number): Promise<DevServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const settings = `limit.historyCount.suggestContinueAsNew=${continueAfterEvents}`;
  const place = ['--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'error'];
  const file = join(dataDir, 'bench-temporal.sqlite');
  const child = spawn(
    await temporalPath(),
    ['server', 'start-dev', ...place, '--db-filename', file, '--dynamic-config-value', settings],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((end) => void child.once('exit', () => end()));
  const answers = await poll(
    async () => {
      try {
        const connection = await Connection.connect({ address, connectTimeout: 1_000 });
        await connection.close();
        return true;
      } catch {
        return undefined;
      }
    },
    { timeoutMs: START_LIMIT_MS, everyMs: 200 },
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  if (answers === undefined) {
    await stop();
    throw new Error(`the Temporal server did not answer at ${address} within ${START_LIMIT_MS} ms`);
  }
  return { address, stop };
}
