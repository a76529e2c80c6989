// An ordinary life of the stack: start, use, end in every way that is not SIGKILL, and start again.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startEmbeddedStack } from '../../../src/embedded/index.ts';
import { temporaryFolder, withoutServers } from '../../support/servers.ts';
import { recordedPids, serversLeft, serversOn, startChild } from './support/child.ts';
import { compileProgram, type CompiledProgram } from './support/compile.ts';
import { findThings, KEPT, leaveThings, withDatabase } from './support/things.ts';

let program: CompiledProgram;
let dataDir: string;

const startHere = (env: NodeJS.ProcessEnv = {}, signal?: AbortSignal) =>
  startEmbeddedStack({
    dataDir,
    env: { ...withoutServers(process.env), ...env },
    ports: 'any',
    onProgress: () => undefined,
    signal,
  });

beforeAll(async () => {
  program = await compileProgram('test/integration/embedded/support/program.ts');
});
beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(async () => {
  const folders = [dataDir, ...readdirSync(dataDir).map((name) => join(dataDir, name))];
  for (const pid of folders.flatMap(serversOn)) process.kill(pid, 'SIGKILL');
  await serversLeft(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(() => program.remove());

test('a second start on the same data continues where the first one stopped, on the same ports', async () => {
  const first = await startHere();
  expect(first.resumed).toBe(false);
  expect(first.temporal.owned && first.postgres.owned).toBe(true);
  await leaveThings(first);
  await Promise.all([first.stop(), first.stop()]);
  expect(serversOn(dataDir)).toEqual([]);
  expect(existsSync(join(dataDir, 'stack.lock.json'))).toBe(false);

  const second = await startHere();
  expect(second.resumed).toBe(true);
  expect(second.temporal).toEqual(first.temporal);
  expect(second.ports).toEqual(first.ports);
  expect(await findThings(second)).toEqual(KEPT);
  // The user interface is served, and only on loopback; the answer is a page.
  expect((await fetch(second.temporal.uiUrl ?? '')).headers.get('content-type')).toContain('text/html');
  await second.stop();
});

test('a remembered port that is taken by now is replaced, and PostgreSQL writes through', async () => {
  const first = await startHere();
  await first.stop();
  const port = Number(new URL(first.postgres.url).port);
  const squatter = await new Promise<Server>((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });
  try {
    const second = await startHere();
    expect(Number(new URL(second.postgres.url).port)).not.toBe(port);
    const settings = await withDatabase(second, (client) =>
      client.query<{ name: string; setting: string }>(
        `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'listen_addresses', 'synchronous_commit') ORDER BY name`,
      ),
    );
    expect(settings.rows.map(({ name, setting }) => `${name}=${setting}`)).toEqual([
      'fsync=on',
      'full_page_writes=on',
      'listen_addresses=127.0.0.1',
      'synchronous_commit=on',
    ]);
    await second.stop();
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
});

test('a folder that only its owner may enter is good enough', async () => {
  chmodSync(dataDir, 0o700);
  const stack = await startHere();
  expect((await withDatabase(stack, (client) => client.query('SELECT 1'))).rowCount).toBe(1);
  await stack.stop();
});

test('SIGINT, SIGTERM and SIGHUP each end both servers, then the program', async () => {
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const folder = join(dataDir, signal);
    const child = startChild(program.path, 'hold', folder);
    await child.ready();
    // To the whole group, as a terminal does it; the servers are in groups of their own, and not told.
    for (const server of Object.values(recordedPids(folder))) expect(process.kill(-server, 0)).toBe(true);
    process.kill(-child.pid, signal);
    expect(await child.ended()).toBe(signal);
    expect(serversOn(folder)).toEqual([]);
    expect(existsSync(join(folder, 'stack.lock.json'))).toBe(false);
  };
  await Promise.all([end('SIGINT'), end('SIGTERM'), end('SIGHUP')]);
});

test('a program that does not stop the stack leaves no server behind; one with a handler of its own stops it itself', async () => {
  const end = async (afterwards: string, code: number, signal?: NodeJS.Signals): Promise<void> => {
    const folder = join(dataDir, afterwards);
    const child = startChild(program.path, afterwards, folder);
    await child.ready();
    if (signal !== undefined) process.kill(child.pid, signal);
    expect(await child.ended()).toBe(code);
    expect(await serversLeft(folder)).toEqual([]);
  };
  await Promise.all([end('exit', 5), end('throw', 1), end('own', 7, 'SIGINT')]);
});

test('Ctrl-C during the first start leaves no server, and the next start works', async () => {
  const child = startChild(program.path, 'hold', dataDir);
  await expect.poll(() => child.progress.length, { timeout: 100_000 }).toBeGreaterThan(0);
  process.kill(child.pid, 'SIGINT');
  expect(await child.ended()).toBe('SIGINT');
  expect(serversOn(dataDir)).toEqual([]);
  const stack = await startHere();
  expect(stack.postgres.owned).toBe(true);
  await stack.stop();
});

test('an aborted start throws the reason of the abort and leaves nothing running', async () => {
  await expect(startHere({}, AbortSignal.abort(new Error('changed my mind')))).rejects.toThrow(
    'changed my mind',
  );
  expect(serversOn(dataDir)).toEqual([]);
});
