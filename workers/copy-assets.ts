// A step of the build: copies what is not TypeScript, and is read at run time, beside its compiled readers in `dist`.
import { cp, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ASSETS = [
  'deploy/migrations',
  'deploy/services',
  'src/actuator/proto',
  'src/ingest/proto',
  'src/replay/data',
] as const;

const dist = new URL('..', import.meta.url);
const sources = new URL('..', dist);

for (const folder of ASSETS) {
  const [from, to] = [new URL(folder, sources), new URL(folder, dist)].map((url) => fileURLToPath(url));
  if (from === undefined || to === undefined) continue;
  await rm(to, { recursive: true, force: true });
  if ((await stat(from).catch(() => undefined))?.isDirectory() === true)
    await cp(from, to, { recursive: true });
}
