/**
 * Builds the program before the end-to-end tests, unless the build is newer than every source: `npm test` has just built it,
 * a person who runs one project alone has perhaps not.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/embedded/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = ['src', 'workflows', 'activities', 'workers', 'deploy'];

/** Vitest's global set-up. */
export default async function buildOnce(): Promise<void> {
  const builtMs = changedMs(join(ROOT, 'dist/workflow-bundle.js'));
  if (Math.max(...SOURCES.map(newestMs)) <= builtMs) return;
  process.stderr.write('[build] npm run build (about 15 seconds)\n');
  await runCommand('npm', ['run', '--silent', 'build'], { cwd: ROOT, timeoutMs: 300_000 });
}

function newestMs(folder: string): number {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const changes = files
    .filter((file) => file.isFile())
    .map((file) => changedMs(join(file.parentPath, file.name)));
  return Math.max(0, ...changes);
}

function changedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
