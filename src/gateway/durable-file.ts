/**
 * Replaces a file so that a crash at any moment leaves the old content or the new one: temporary file, fsync, rename, fsync of
 * the folder. Calls for one path must not overlap.
 */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a temporary file left by a crash ends in. */
export const TEMPORARY = '.tmp';

const FOLDERS_CAN_BE_SYNCED = process.platform !== 'win32';

/** Returns once the content is on disk. `mode` are the permissions of the file. */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}${TEMPORARY}`;
  await synced(temporary, 'w', mode, (file) => file.writeFile(content));
  await rename(temporary, path);
  if (FOLDERS_CAN_BE_SYNCED) await synced(dirname(path), 'r', mode, async () => {});
}

async function synced(
  path: string,
  flags: string,
  mode: number,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
