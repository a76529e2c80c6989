// What a start finds after the one before it was killed: servers that outlived it, servers that died with it, sessions that hang on.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startEmbeddedStack } from '../../../src/embedded/index.ts';
import { temporaryFolder, withoutServers } from '../../support/servers.ts';
import {
  gone,
  recordedPids,
  serversLeft,
  serversOn,
  startChild,
  type RunningStack,
} from './support/child.ts';
import { compileProgram, type CompiledProgram } from './support/compile.ts';
import { findThings, KEPT, leaveThings, withDatabase } from './support/things.ts';

let program: CompiledProgram;
let dataDir: string;
const progress: string[] = [];

const startHere = () =>
  startEmbeddedStack({
    dataDir,
    env: withoutServers(process.env),
    ports: 'any',
    onProgress: (line) => progress.push(line),
  });

beforeAll(async () => {
  program = await compileProgram('test/integration/embedded/support/program.ts');
});
beforeEach(() => {
  dataDir = temporaryFolder();
  progress.length = 0;
});
afterEach(async () => {
  for (const pid of serversOn(dataDir)) process.kill(pid, 'SIGKILL');
  await serversLeft(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(() => program.remove());

/** Whether the session is at work: one that waits for its client sees that its server is gone. */
async function isComputing(stack: RunningStack, pid: number): Promise<boolean> {
  const { rows } = await withDatabase(stack, (client) =>
    client.query<{ state: string }>('SELECT state FROM pg_stat_activity WHERE pid = $1', [pid]),
  );
  return rows[0]?.state === 'active';
}

test('Node alone killed: the next start takes both servers over, with all they hold, and ends them', async () => {
  const child = startChild(program.path, 'hold', dataDir);
  const before = await child.ready();
  await leaveThings(before);
  const pids = recordedPids(dataDir);
  process.kill(child.pid, 'SIGKILL');
  expect(await child.ended()).toBe('SIGKILL');

  const stack = await startHere();
  expect(stack.resumed).toBe(true);
  expect(recordedPids(dataDir)).toEqual(pids);
  expect(stack.temporal.address).toBe(before.temporal.address);
  expect(stack.postgres.url).toBe(before.postgres.url);
  expect(stack.ports).toEqual(before.ports);
  expect(progress.filter((line) => line.includes('taking over'))).toHaveLength(2);
  expect(await findThings(stack)).toEqual(KEPT);
  await stack.stop();
  expect(await serversLeft(dataDir)).toEqual([]);
});

test('killed with its whole group and both servers, one session still at work: the next start clears up and loses nothing', async () => {
  const child = startChild(program.path, 'hold', dataDir);
  const before = await child.ready();
  await leaveThings(before);
  // A session that computes does not look whether its server is still there.
  const busy = new Client({ connectionString: before.postgres.url });
  busy.on('error', () => undefined);
  await busy.connect();
  const backend = Number((await busy.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid);
  const computing = busy
    .query('SELECT count(*) FROM generate_series(1, 1000000000000)')
    .catch(() => undefined);
  await expect.poll(() => isComputing(before, backend), { timeout: 60_000 }).toBe(true);
  const { temporal, postgres } = recordedPids(dataDir);
  process.kill(-child.pid, 'SIGKILL');
  for (const pid of [temporal, postgres]) process.kill(pid, 'SIGKILL');
  for (const pid of [child.pid, temporal, postgres]) await gone(pid);
  expect(serversOn(dataDir)).toContain(backend);

  const stack = await startHere();
  await computing;
  expect(serversOn(dataDir)).not.toContain(backend);
  expect(await findThings(stack)).toEqual(KEPT);
  await stack.stop();
  expect(await serversLeft(dataDir)).toEqual([]);
});

test('killed while it starts: the next start is not disturbed by what was half done', async () => {
  const child = startChild(program.path, 'hold', dataDir);
  await expect
    .poll(() => child.progress.some((line) => line.startsWith('Temporal: starting')), { timeout: 100_000 })
    .toBe(true);
  process.kill(child.pid, 'SIGKILL');
  await child.ended();

  const stack = await startHere();
  await leaveThings(stack);
  expect(await findThings(stack)).toEqual(KEPT);
  await stack.stop();
  expect(await serversLeft(dataDir)).toEqual([]);
});

test('killed while Temporal made its first tables: the half-made file is not started on again', async () => {
  writeFileSync(join(dataDir, 'temporal.sqlite'), 'half a database');
  const stack = await startHere();
  await leaveThings(stack);
  expect(await findThings(stack)).toEqual(KEPT);
  await stack.stop();
});

test('four starts at once after a kill: one has the data folder, three are told who', async () => {
  const first = startChild(program.path, 'hold', dataDir);
  await first.ready();
  process.kill(first.pid, 'SIGKILL');
  await first.ended();

  const children = [1, 2, 3, 4].map(() => startChild(program.path, 'hold', dataDir));
  await expect
    .poll(() => children.filter(({ said }) => said.some(({ kind }) => kind !== 'progress')).length, {
      timeout: 200_000,
    })
    .toBe(4);
  const ready = children.filter(({ said }) => said.some(({ kind }) => kind === 'ready'));
  expect(ready).toHaveLength(1);
  for (const child of children) {
    if (child === ready[0]) continue;
    expect(await child.failure()).toContain(`is in use by process ${ready[0]?.pid}`);
    expect(await child.ended()).toBe(1);
  }
  process.kill(ready[0]?.pid ?? 0, 'SIGTERM');
  expect(await ready[0]?.ended()).toBe('SIGTERM');
  expect(await serversLeft(dataDir)).toEqual([]);
});
