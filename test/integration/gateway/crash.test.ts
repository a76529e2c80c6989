import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BASE, canary, send, SERVICE, temporaryFolder, write } from './support.ts';

const root = join(import.meta.dirname, '../../..');
const compiled = join(root, '.cache/test/gateway-child');

interface Child {
  readonly url: string;
  kill(): Promise<void>;
}

async function startChild(stateDir: string): Promise<Child> {
  const script = join(compiled, 'test/integration/gateway/gateway-child.js');
  const child: ChildProcess = spawn(process.execPath, [script, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('no output');
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

beforeAll(async () => {
  const options = [
    '--ignoreConfig',
    '--outDir',
    compiled,
    '--rootDir',
    root,
    '--types',
    'node',
    '--skipLibCheck',
  ];
  const modern = ['--module', 'nodenext', '--target', 'es2023', '--rewriteRelativeImportExtensions'];
  const source = join(import.meta.dirname, 'gateway-child.ts');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, source, ...options, ...modern], { cwd: root });
});

describe('a gateway that is killed with kill -9', () => {
  it('has every write it answered, and of those it was busy with none in part', async () => {
    const stateDir = await temporaryFolder();
    let child = await startChild(stateDir);
    await send(child, 'POST', BASE, write({ generation: 0 }));
    let live = 0;
    for (let round = 0; round < 8; round++) {
      const { url } = child;
      const burst = Array.from({ length: 20 }, async (_, i) => {
        const revision = live + 1 + i;
        const body = canary(revision % 100, { generation: 1, revision, lease_seconds: 1_000 + revision });
        return { revision, status: (await send({ url }, 'PUT', SERVICE, body)).status };
      });
      await Promise.any(burst);
      await child.kill();
      const ended = await Promise.allSettled(burst);
      const answered = ended.flatMap((end) =>
        end.status === 'fulfilled' && end.value.status === 200 ? [end.value.revision] : [],
      );

      child = await startChild(stateDir);
      const { body } = await send(child, 'GET', SERVICE);
      const revision = Number(body['revision']);
      expect(revision).toBeGreaterThanOrEqual(Math.max(...answered));
      expect(revision).toBeLessThanOrEqual(live + 20);
      expect(body).toMatchObject({ generation: 1, weight_pct: revision % 100 });
      live = revision;
    }
    expect(live).toBeGreaterThanOrEqual(8);
  });

  it('refuses a stale writer after it has come back', async () => {
    const stateDir = await temporaryFolder();
    const child = await startChild(stateDir);
    await send(child, 'POST', BASE, write({ generation: 7, revision: 3 }));
    await child.kill();
    const again = await startChild(stateDir);
    expect(await send(again, 'PUT', SERVICE, canary(5, { generation: 7, revision: 2 }))).toMatchObject({
      status: 409,
      body: { error: { generation: 7, revision: 3 } },
    });
  });
});
