// An exclusive lock that is a file: who holds it is written in it, and a holder that is dead no longer holds it.
// It must never let two processes believe that they hold the same lock, however they start, race and die.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { isSameProcess, processToken } from './process-identity.ts';

/** What every lock file says about its holder. */
export interface LockHolder {
  readonly id: string;
  readonly pid: number;
  readonly token: string;
}

export interface HeldLock<T extends object> {
  /** What the dead holder before us had written, if there was one. */
  readonly left: unknown;
  /** Rewrites our notes in one step. Synchronous, so that it can follow a spawn at once, and run while we exit. */
  write(notes: T): void;
  release(): void;
}

export type LockAttempt<T extends object> =
  | { readonly kind: 'held'; readonly lock: HeldLock<T> }
  | { readonly kind: 'refused'; readonly by: LockHolder };

/**
 * Tries once. A new file is created whole (a hard link to a finished draft), so no reader sees half of one. A dead
 * holder's file is replaced under a lock of the same kind on `PATH.claim`, after a second look at what it says: so of
 * two processes that saw the same dead holder only one replaces it. That lock may itself be left by a dead process,
 * and is then replaced in the same way. `firstNotes` makes our notes of those that the dead holder left (`undefined` when
 * there was none), so that they are never lost between the two.
 */
export function tryLock<T extends object>(path: string, firstNotes: (left: unknown) => T): LockAttempt<T> {
  const token = processToken(process.pid);
  if (token === undefined) throw new Error('cannot read our own start time');
  const self: LockHolder = { id: randomUUID(), pid: process.pid, token };
  const draft = `${path}.${self.id}`;
  const write = (notes: T): void => {
    writeFileSync(draft, `${JSON.stringify({ ...self, ...notes }, null, 2)}\n`, { mode: 0o600 });
  };
  const held = (left: unknown): LockAttempt<T> => ({
    kind: 'held',
    lock: {
      left,
      write: (notes) => {
        write(notes);
        renameSync(draft, path);
      },
      release: () => {
        if (read(path)?.holder.id === self.id) rmSync(path, { force: true });
      },
    },
  });

  write(firstNotes(undefined));
  try {
    for (;;) {
      if (createFrom(draft, path)) return held(undefined);
      const found = read(path);
      if (found === undefined) continue;
      if (isSameProcess(found.holder.pid, found.holder.token)) return { kind: 'refused', by: found.holder };
      const claim = tryLock(`${path}.claim`, () => ({}));
      if (claim.kind === 'refused') return { kind: 'refused', by: holderNow(path) ?? claim.by };
      try {
        if (read(path)?.holder.id !== found.holder.id) continue;
        write(firstNotes(found.notes));
        renameSync(draft, path);
        return held(found.notes);
      } finally {
        claim.lock.release();
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who holds it by now: whoever claims it may have come too late, and is not the one to name. */
function holderNow(path: string): LockHolder | undefined {
  const holder = read(path)?.holder;
  return holder && isSameProcess(holder.pid, holder.token) ? holder : undefined;
}

function createFrom(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** An unreadable file (torn by a power cut, edited by hand) reads as one whose holder is dead. */
function read(path: string): { holder: LockHolder; notes: unknown } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const notes: unknown = JSON.parse(text);
    if (isHolder(notes)) return { holder: notes, notes };
  } catch {
    // Not JSON: falls through to the dead holder.
  }
  return { holder: { id: text, pid: -1, token: '' }, notes: undefined };
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false;
  const { id, pid, token } = value as Partial<Record<keyof LockHolder, unknown>>;
  return typeof id === 'string' && typeof pid === 'number' && typeof token === 'string';
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
