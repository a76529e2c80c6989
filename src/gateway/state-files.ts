/**
 * One JSON file per service, written so that a crash at any moment leaves the old content or the new one: temporary
 * file, fsync, rename, fsync of the folder. A file that cannot be read back whole is an error that names it; it is
 * never taken for "no such service", because that would forget the fencing pair.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile, TEMPORARY } from './durable-file.ts';
import { serviceStateSchema } from '../contract/service-state.ts';
import type { ServiceState } from '../contract/service-state.ts';

const SUFFIX = '.service.json';
/** Configurations hold prompts, which are private. */
const OWNER_ONLY = 0o600;
const envelopeSchema = z.strictObject({
  format: z.literal(1),
  sha256: z.string(),
  state: serviceStateSchema,
});

export interface StateFiles {
  /** Returns once the state is on disk. Calls for one service must not overlap. */
  write(state: ServiceState): Promise<void>;
}

/**
 * Reads every service under `folder` (created when missing).
 * @throws Error naming the file that is torn, altered or of another format
 */
export async function openStateFiles(
  folder: string,
): Promise<{ readonly files: StateFiles; readonly services: readonly ServiceState[] }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => name.endsWith(TEMPORARY)).map((name) => rm(join(folder, name), { force: true })),
  );
  const services = await Promise.all(
    names.filter((name) => name.endsWith(SUFFIX)).map((name) => readState(folder, name)),
  );
  return { files: { write: (state) => writeState(folder, state) }, services };
}

async function readState(folder: string, name: string): Promise<ServiceState> {
  const path = join(folder, name);
  const unreadable = (why: string): Error =>
    new Error(
      `gateway state ${path} ${why}: restore it from a backup, or move it away to forget what the service is serving`,
    );
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw unreadable(`is torn or not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const parsed = envelopeSchema.safeParse(content);
  if (!parsed.success)
    throw unreadable(`has not the format of a service (${parsed.error.issues[0]?.message})`);
  const { sha256, state } = parsed.data;
  if (sha256 !== checksum(state)) throw unreadable('does not match its checksum');
  if (`${state.serviceId}${SUFFIX}` !== name) throw unreadable(`is the state of ${state.serviceId}`);
  return state;
}

async function writeState(folder: string, state: ServiceState): Promise<void> {
  const path = join(folder, `${state.serviceId}${SUFFIX}`);
  const content = JSON.stringify({ format: 1, sha256: checksum(state), state }, null, 2);
  await replaceFile(path, `${content}\n`, OWNER_ONLY);
}

/** Over the state as the schema reads it back, so that the order of keys in the file does not matter. */
function checksum(state: ServiceState): string {
  return createHash('sha256')
    .update(JSON.stringify(serviceStateSchema.parse(state)))
    .digest('hex');
}
