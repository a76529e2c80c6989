/**
 * The SDK's environments over servers that are started here: the SDK itself gives a server five seconds to answer, which a virtual machine that starts on a
 * busy computer does not always meet.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { choosePorts } from '../../src/embedded/free-ports.ts';
import { poll } from '../../src/embedded/poll.ts';
import { SEARCH_ATTRIBUTES } from '../../deploy/bootstrap/wanted.ts';
import { temporalPath, timeSkippingServer } from './prerequisites/index.ts';

/** A second is usual. */
const READY_MS = 240_000;
const CONNECT_MS = 5_000;
/** A port that was free may be taken when the server comes to it. */
const STARTS = 3;

/** What the SDK's own constructor of environments takes; it is no part of its types. */
interface Maker {
  create(options: {
    readonly server: { readonly type: 'existing' };
    readonly address: string;
    readonly supportsTimeSkipping: boolean;
    readonly client?: { readonly identity: string };
  }): Promise<TestWorkflowEnvironment>;
}

/** A time-skipping server. It knows no search attribute yet. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const { path } = await timeSkippingServer();
  return started((port) => [path, String(port)], true);
}

/** A development server with the product's search attributes, in memory. `more` are further arguments of `temporal server start-dev`. */
export async function startDevelopment(
  more: readonly string[] = [],
  client?: { readonly identity: string },
): Promise<TestWorkflowEnvironment> {
  const cli = await temporalPath();
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const listen = (port: number) => ['--ip', '127.0.0.1', '--port', String(port), '--headless'];
  const quiet = ['--log-level', 'never'];
  return started(
    (port) => [cli, 'server', 'start-dev', ...listen(port), ...quiet, ...attributes, ...more],
    false,
    client,
  );
}

/** The environment, whose `teardown` ends the server too. Throws when the server ends, or does not answer. */
async function started(
  commandOf: (port: number) => readonly string[],
  supportsTimeSkipping: boolean,
  client?: { readonly identity: string },
): Promise<TestWorkflowEnvironment> {
  for (let start = 1; ; start += 1) {
    const { server: port } = await choosePorts({ server: 0 });
    const address = `127.0.0.1:${port}`;
    const [command = '', ...args] = commandOf(port);
    const server = spawn(command, args, { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => {
      server.once('error', () => resolve());
      server.once('exit', () => resolve());
    });
    const endNow = (): void => void server.kill('SIGKILL');
    process.once('exit', endNow);
    const end = async (): Promise<void> => {
      process.off('exit', endNow);
      endNow();
      await ended;
    };
    const hasEnded = (): boolean => server.exitCode !== null || server.signalCode !== null;
    const found = await poll(
      async () => ((await answers(address)) ? 'answers' : hasEnded() ? 'ended' : undefined),
      { timeoutMs: READY_MS },
    );
    if (found === 'answers' && !hasEnded()) {
      const maker = TestWorkflowEnvironment as object as Maker;
      const env = await maker.create({
        server: { type: 'existing' },
        address,
        supportsTimeSkipping,
        ...(client && { client }),
      });
      const close = env.teardown.bind(env);
      env.teardown = async () => {
        await close();
        await end();
      };
      return env;
    }
    await end();
    if (found === undefined || start === STARTS)
      throw new Error(`${command} ${args.join(' ')}: ${found ?? `no answer within ${READY_MS} ms`}`);
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    await listens(Number(address.split(':')[1]));
    const connection = await Connection.connect({ address, connectTimeout: CONNECT_MS });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** Throws at once where nobody listens; a client would go on trying. */
function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
