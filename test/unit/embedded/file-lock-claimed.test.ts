/** A lock whose dead holder is replaced by somebody else while we look: who is named as its holder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { tryLock } from '../../../src/embedded/file-lock.ts';
import { processToken, type isSameProcess } from '../../../src/embedded/process-identity.ts';

interface Identity {
  readonly isSameProcess: typeof isSameProcess;
}

/** What happens once the first holder was found dead. */
const world = vi.hoisted(() => ({ meanwhile: (): void => undefined }));

vi.mock('../../../src/embedded/process-identity.ts', async (original) => {
  const whole = await original<Identity>();
  const seen: typeof isSameProcess = (pid, token) => {
    const isAlive = whole.isSameProcess(pid, token);
    if (!isAlive) world.meanwhile();
    return isAlive;
  };
  return { ...whole, isSameProcess: seen };
});

it('is the one that has it by now, and not one that claims it too late as well', () => {
  const folder = mkdtempSync(join(tmpdir(), 'file-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lock.json');
  const put = (file: string, id: string, token: string) =>
    writeFileSync(file, JSON.stringify({ id, pid: process.pid, token }));
  put(path, 'dead', 'of another boot');
  world.meanwhile = () => {
    put(path, 'winner', processToken(process.pid) ?? '');
    put(`${path}.claim`, 'late', processToken(process.pid) ?? '');
  };
  expect(tryLock(path, () => ({}))).toMatchObject({ kind: 'refused', by: { id: 'winner' } });
});
