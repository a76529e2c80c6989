import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryLock, type HeldLock } from '../../../src/embedded/file-lock.ts';
import { processToken } from '../../../src/embedded/process-identity.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-optimizer-lock-'));
  path = join(folder, 'lock.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function held(notes: object = {}): HeldLock<object> {
  const attempt = tryLock<object>(path, () => notes);
  if (attempt.kind === 'refused') throw new Error(`refused by ${attempt.by.pid}`);
  return attempt.lock;
}

const written = (): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
const holder = (pid: number, token: string): string =>
  JSON.stringify({ id: 'other', pid, token, children: 'left' });

test('a free lock is held, a held one is refused with its holder, a released one is free again', () => {
  const lock = held({ note: 1 });
  expect(lock.left).toBeUndefined();
  expect(written()).toMatchObject({ pid: process.pid, note: 1 });
  expect(tryLock(path, () => ({}))).toMatchObject({ kind: 'refused', by: { pid: process.pid } });
  lock.release();
  expect(existsSync(path)).toBe(false);
  held().release();
});

test('notes are rewritten, and nothing but the lock file is left in the folder', () => {
  const lock = held({ note: 1 });
  lock.write({ note: 2 });
  expect(written()['note']).toBe(2);
  expect(readdirSync(folder)).toEqual(['lock.json']);
  lock.release();
});

test('a holder whose number belongs to a younger process by now is dead; what it left is handed over', () => {
  writeFileSync(path, holder(process.pid, 'a start time of long ago'));
  const attempt = tryLock(path, (left) => ({ before: left }));
  expect(attempt).toMatchObject({ kind: 'held', lock: { left: { id: 'other', children: 'left' } } });
  expect(written()).toMatchObject({ pid: process.pid, before: { children: 'left' } });
});

test('a living holder is respected until it has ended', async () => {
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(other, 'spawn');
  const pid = other.pid ?? 0;
  writeFileSync(path, holder(pid, processToken(pid) ?? ''));
  expect(tryLock(path, () => ({}))).toMatchObject({ kind: 'refused', by: { pid } });
  other.stdin.end();
  await once(other, 'close');
  held().release();
});

test.each(['', '{"pid":', '[]', '{"pid":1}'])(
  'a file that says nothing useful (%j) holds no lock',
  (text) => {
    writeFileSync(path, text);
    expect(held().left).toBeUndefined();
  },
);

test('a claim that a dead process left in the middle of a takeover is taken over too', () => {
  writeFileSync(path, holder(process.pid, 'dead'));
  writeFileSync(`${path}.claim`, holder(process.pid, 'dead as well'));
  held().release();
  expect(readdirSync(folder)).toEqual([]);
});

test('while another process takes over a dead lock, this one is refused', async () => {
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(other, 'spawn');
  const pid = other.pid ?? 0;
  writeFileSync(path, holder(process.pid, 'dead'));
  writeFileSync(`${path}.claim`, holder(pid, processToken(pid) ?? ''));
  expect(tryLock(path, () => ({}))).toMatchObject({ kind: 'refused', by: { pid } });
  other.stdin.end();
  await once(other, 'close');
});

test('release leaves the lock of another holder alone', () => {
  const lock = held();
  writeFileSync(path, holder(1, 'somebody'));
  lock.release();
  expect(existsSync(path)).toBe(true);
});
