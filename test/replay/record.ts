/**
 * `npm run record-histories`: plays every story on the development server and keeps its history under `histories/`, in the
 * form that the replayer reads. Run it after a change of a workflow that is meant to alter its commands, and say why in the
 * commit; with `-- NAME` it records that story only.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '../../workers/build-bundle.ts';
import { startDevelopment } from '../support/temporal-environment.ts';
import { startWorkers, Temporal } from '../workflow/support/environment.ts';
import { historyToJson } from './history-json.ts';
import { STORIES } from './stories.ts';

const folder = new URL('./histories/', import.meta.url);
const wanted = process.argv.slice(2);

/** Stack traces name paths of this machine, and replay does not read them. */
const withoutPaths = (key: string, value: unknown): unknown => (key === 'stackTrace' ? '' : value);

const env = await startDevelopment([], { identity: 'test-client' });
const temporal = new Temporal(env);
const workers = await startWorkers(temporal, { code: await buildBundle() });
try {
  mkdirSync(folder, { recursive: true });
  for (const [name, play] of Object.entries(STORIES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const handle = await play(temporal, temporal.service(name));
    await handle.result().catch(() => undefined);
    const history = await handle.fetchHistory();
    const json = JSON.stringify(historyToJson(history), withoutPaths, 1);
    writeFileSync(fileURLToPath(new URL(`${name}.json`, folder)), `${json}\n`);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  }
} finally {
  await workers.stop();
  await env.teardown();
}
