/**
 * The time-skipping server's classes as the virtual machine lays them out, kept in an archive beside its jars: with it the server starts in a third of the
 * time, and the workflow tests start one each. Without it, or with a Java that does not take it, the server starts as ever.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { choosePorts } from '../../../src/embedded/free-ports.ts';
import { poll } from '../../../src/embedded/poll.ts';

const STARTS_WITHIN_MS = 60_000;

/** Runs the server once, as `command` with its port as the last argument, until it listens, and ends it so that Java writes the archive. */
export async function archiveClasses(command: string, args: readonly string[]): Promise<void> {
  const { port } = await choosePorts({ port: 0 });
  const child = spawn(command, [...args, String(port)], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2 * STARTS_WITHIN_MS);
  try {
    await poll(async () => ((await listens(port)) ? true : undefined), { timeoutMs: STARTS_WITHIN_MS });
    child.kill('SIGTERM');
    await ended;
  } finally {
    clearTimeout(timer);
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', end(true)).on('error', end(false));
  });
