import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { cacheFolder } from '../../../src/embedded/cache-folder.ts';
import { EmbeddedStackError, reasonOf } from '../../../src/embedded/errors.ts';
import { choosePorts, withPorts } from '../../../src/embedded/free-ports.ts';
import { lastLine } from '../../../src/embedded/log-tail.ts';
import { poll } from '../../../src/embedded/poll.ts';
import { processToken } from '../../../src/embedded/process-identity.ts';
import { runCommand } from '../../../src/embedded/run-command.ts';
import { childrenLeft, readPorts, USUAL_PORTS, writePorts } from '../../../src/embedded/stack-files.ts';
import { onPath } from '../../../src/embedded/tools.ts';
import { reservePort } from '../../support/ports.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-parts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A listener on a port of the system's choice, for as long as `use` runs. */
async function whileTaken(use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await use(typeof address === 'object' ? (address?.port ?? 0) : 0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('ports', () => {
  test('a wish is granted when the port is free, and all ports differ', async () => {
    const taken = await reservePort();
    const chosen = await choosePorts({ first: taken, second: taken, third: 0 });
    expect(chosen.first).toBe(taken);
    expect(new Set(Object.values(chosen)).size).toBe(3);
  });

  test('any port is one that no outgoing connection of anybody takes', async () => {
    const { free } = await choosePorts({ free: 0 });
    expect(free).toBeGreaterThanOrEqual(20_000);
    expect(free).toBeLessThan(32_768);
  });

  test('a taken port is replaced by another', async () => {
    await whileTaken(async (port) => {
      const { chosen } = await choosePorts({ chosen: port });
      expect(chosen).not.toBe(port);
      expect(chosen).toBeGreaterThan(0);
    });
  });

  test('a server that failed on a port which is taken by now starts on another', async () => {
    await whileTaken(async (port) => {
      const tried: number[] = [];
      const ports = await withPorts({ server: port }, async ({ server }) => {
        tried.push(server);
        if (server === port) throw new Error('address in use');
      });
      expect(tried).toEqual([port, ports.server]);
    });
  });

  test('a server that failed for another reason is not started again', async () => {
    let starts = 0;
    const failing = withPorts({ server: 0 }, async () => {
      starts++;
      throw new Error('no disk');
    });
    await expect(failing).rejects.toThrow('no disk');
    expect(starts).toBeLessThanOrEqual(3);
  });
});

describe('remembered ports and records', () => {
  test('ports are read back as written; a file that is not ours is as good as none', () => {
    writePorts(folder, USUAL_PORTS);
    expect(readPorts(folder)).toEqual(USUAL_PORTS);
    writeFileSync(join(folder, 'stack.json'), '{"version":1,"ports":{"temporal":"7233"}}');
    expect(readPorts(folder)).toBeUndefined();
  });

  test('records of servers that an earlier run left are read from its notes, and only from sound ones', () => {
    const record = { pid: 7, token: 'boot:1', args: ['-D', 'x'], ports: [1], stopping: false };
    expect(childrenLeft({ id: 'a', children: { postgres: record } })).toEqual({ postgres: record });
    expect(childrenLeft({ children: { postgres: { ...record, pid: -7 } } })).toEqual({});
    expect(childrenLeft(undefined)).toEqual({});
  });
});

describe('processes', () => {
  test('a process keeps its token, and a number that nobody has has none', () => {
    expect(processToken(process.pid)).toBe(processToken(process.pid));
    expect(processToken(process.ppid)).not.toBe(processToken(process.pid));
    expect(processToken(2 ** 30)).toBeUndefined();
  });

  test('a command gives its output; one that fails, its last words in one line', async () => {
    expect(await runCommand('/bin/sh', ['-c', 'echo hello'], { timeoutMs: 10_000 })).toBe('hello\n');
    const failing = runCommand('/bin/sh', ['-c', 'echo a >&2; echo b >&2; exit 3'], { timeoutMs: 10_000 });
    await expect(failing).rejects.toThrow(new EmbeddedStackError('/bin/sh: a b'));
  });

  test('a command that takes too long is ended with all it started', async () => {
    const pidFile = join(folder, 'sleeper');
    const script = `sleep 600 & echo $! > ${pidFile}; wait`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const ended = runCommand('/bin/sh', ['-c', script], { timeoutMs: 2_000 }).catch(reasonOf);
    const pid = await poll(() => Number(lastLine(pidFile)) || undefined, { timeoutMs: 60_000 });
    expect(pid).toBeGreaterThan(1);
    vi.advanceTimersByTime(2_000);
    expect(await ended).toContain('no end after 2 s');
    const isGone = () => (processToken(pid ?? 0) === undefined ? true : undefined);
    expect(await poll(isGone, { timeoutMs: 60_000 })).toBe(true);
  });

  test('a heartbeat may end a command with its reason', async () => {
    const hung = runCommand('/bin/sh', ['-c', 'sleep 600'], {
      name: 'download',
      timeoutMs: 60_000,
      heartbeatMs: 20,
      onHeartbeat: (elapsedMs) => (elapsedMs > 40 ? 'stalled' : undefined),
    });
    await expect(hung).rejects.toThrow(new EmbeddedStackError('download: stalled'));
  });

  test('an abort ends a command with the reason of the abort', async () => {
    const abort = new AbortController();
    const running = runCommand('/bin/sh', ['-c', 'sleep 600'], { timeoutMs: 60_000, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });
});

test('a poll that never sees anything gives up, and one that throws says so', async () => {
  expect(await poll(() => undefined, { timeoutMs: 30, everyMs: 5 })).toBeUndefined();
  await expect(poll(() => Promise.reject(new Error('broken')), { timeoutMs: 30 })).rejects.toThrow('broken');
});

test('the cache folder follows its variables, in order', () => {
  expect(cacheFolder({ LLM_OPTIMIZER_CACHE: folder, XDG_CACHE_HOME: '/nowhere' })).toBe(folder);
  expect(cacheFolder({ XDG_CACHE_HOME: folder }, 'tool')).toBe(join(folder, 'llm-auto-optimizer', 'tool'));
});

test('a command is found along the PATH, and its absence is said', () => {
  expect(onPath('sh', { PATH: `/nowhere:/bin` })).toBe('/bin/sh');
  expect(() => onPath('sh', { PATH: '/nowhere' })).toThrow('no sh');
});

test('reasons are one line, also those of several errors at once', () => {
  expect(reasonOf(new Error('a\n  b'))).toBe('a b');
  expect(reasonOf(new AggregateError([new Error('one'), new Error('two')]))).toBe('one; two');
});
