// Starts that cannot succeed say why, in one line that names what to do.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTemporalCli, startEmbeddedStack } from '../../../src/embedded/index.ts';
import { temporaryFolder, useServers, withoutServers } from '../../support/servers.ts';

const servers = useServers();
let dataDir: string;

const refusal = async (env: NodeJS.ProcessEnv, folder = dataDir): Promise<string> => {
  const start = startEmbeddedStack({
    dataDir: folder,
    env: { ...withoutServers(process.env), ...env },
    ports: 'any',
    onProgress: () => undefined,
  });
  const error: unknown = await start.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof Error)) throw new Error('it started');
  return error.message;
};

beforeAll(() => {
  dataDir = temporaryFolder();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

test('a TEMPORAL_ADDRESS where nothing answers', async () => {
  const message = await refusal({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(message).toMatch(
    /^No Temporal server answers at TEMPORAL_ADDRESS=127\.0\.0\.1:1 \(.+\): start it, mend the address, or unset it\.$/,
  );
});

test('a DATABASE_URL where nothing answers; its password is not shown', async () => {
  const message = await refusal({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none' });
  expect(message).toMatch(
    /^No PostgreSQL answers at DATABASE_URL=postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/none \(.+\): start it, mend the address, or unset it\.$/,
  );
});

test('a data folder that cannot be made', async () => {
  expect(await refusal({}, '/dev/null/data')).toMatch(
    /^The data folder \/dev\/null\/data cannot be used: ENOTDIR.+\.$/,
  );
});

test('configured servers that answer are used and not owned', async () => {
  const stack = await startEmbeddedStack({
    dataDir,
    env: {
      ...withoutServers(process.env),
      TEMPORAL_ADDRESS: servers.temporal.address,
      DATABASE_URL: servers.databaseUrl,
    },
    ports: 'any',
    onProgress: () => undefined,
  });
  expect(stack.temporal).toEqual({
    address: servers.temporal.address,
    namespace: 'default',
    uiUrl: null,
    owned: false,
  });
  expect(stack.postgres).toEqual({ url: servers.databaseUrl, owned: false });
  await stack.stop();
});

test('no temporal anywhere, no way to fetch it: every way is named with its reason, and what to install', async () => {
  const cache = temporaryFolder();
  try {
    const found = findTemporalCli({
      env: {
        PATH: '/usr/bin:/bin',
        HOME: cache,
        LLM_OPTIMIZER_CACHE: cache,
        HTTPS_PROXY: 'http://127.0.0.1:1',
      },
      onProgress: () => undefined,
    });
    await expect(found).rejects.toThrow(
      /^No Temporal server: install the Temporal CLI \(\S+\) or Go 1\.25 or newer, or set TEMPORAL_ADDRESS\. Tried the PATH: no temporal; the cache: empty; download: .+; go install: no go\.$/,
    );
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});
