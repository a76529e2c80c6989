// The bootstrap of a namespace and the migrations, against real servers.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client as TemporalClient, Connection, ScheduleClient } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrap, checkBootstrap, FLEET_SWEEP, MAINTENANCE } from '../../../deploy/bootstrap.ts';
import { migrate, MIGRATIONS_DIR } from '../../../deploy/migrate.ts';
import { ensureDatabase } from '../../../src/embedded/index.ts';
import { temporaryFolder, useServers } from '../../support/servers.ts';

const servers = useServers();

describe('bootstrap', () => {
  const namespace = 'team-a';
  let connection: Connection;
  beforeAll(async () => {
    connection = await Connection.connect({ address: servers.temporal.address });
  });
  afterAll(() => connection.close());

  test('a new namespace is named as missing, made, then whole; its search attributes work at once; a second run does nothing', async () => {
    const { address } = servers.temporal;
    expect(await checkBootstrap({ address, namespace })).toEqual({
      missing: ['namespace team-a'],
      command: `node dist/deploy/bootstrap.js --address ${address} --namespace team-a`,
    });
    const first = await bootstrap({ address, namespace });
    expect(first.changes).toHaveLength(4);
    const client = new TemporalClient({ connection, namespace });
    const key = defineSearchAttributeKey('OptimizerService', SearchAttributeType.KEYWORD);
    await client.workflow.start('any', {
      workflowId: 'any',
      taskQueue: 'nobody',
      args: [],
      typedSearchAttributes: [{ key, value: 'support-bot' }],
    });
    await expect
      .poll(async () => (await client.workflow.count(`OptimizerService = 'support-bot'`)).count, {
        timeout: 60_000,
      })
      .toBe(1);
    expect(await checkBootstrap({ address, namespace, connection })).toMatchObject({ missing: [] });
    expect(await bootstrap({ address, namespace })).toEqual({ changes: [] });
  });

  test('a schedule that differs is mended and stays paused when somebody paused it', async () => {
    const { address } = servers.temporal;
    const handle = new ScheduleClient({ connection, namespace }).getHandle(FLEET_SWEEP.scheduleId);
    await handle.pause('by hand');
    const { changes } = await bootstrap({ address, namespace, sweepEveryMs: 30_000 });
    expect(changes).toEqual(['updated schedule fleet-sweep, every 30s']);
    const { spec, state, policies, action } = await handle.describe();
    expect(spec.intervals).toEqual([{ every: 30_000 }]);
    expect(spec.jitter).toBe(3_000);
    expect(state).toMatchObject({ paused: true, note: 'by hand' });
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
    expect(action).toMatchObject({
      workflowType: 'fleetSweep',
      workflowId: 'fleet-sweep',
      taskQueue: 'llm-optimizer',
    });
  });

  test('a schedule that starts its workflow with another input is mended', async () => {
    const { address } = servers.temporal;
    const handle = new ScheduleClient({ connection, namespace }).getHandle(MAINTENANCE.scheduleId);
    await handle.update(({ action, ...rest }) => ({ ...rest, action: { ...action, args: [{ raw: '1d' }] } }));
    const options = { address, namespace, sweepEveryMs: null };
    expect(await bootstrap(options)).toEqual({ changes: ['updated schedule maintenance, every 1d'] });
    expect((await handle.describe()).action).toMatchObject({ args: [{}] });
    expect(await bootstrap(options)).toEqual({ changes: [] });
  });

  test('two bootstraps of one new namespace at once both succeed', async () => {
    const { address } = servers.temporal;
    const options = { address, namespace: 'team-b', sweepEveryMs: null, maintenanceEveryMs: null };
    await Promise.all([bootstrap(options), bootstrap(options)]);
    expect(await checkBootstrap(options)).toMatchObject({ missing: [] });
  });

  test('a server that is not there is named', async () => {
    await expect(bootstrap({ address: '127.0.0.1:1', namespace, timeoutMs: 500 })).rejects.toThrow(
      'No Temporal server answers at 127.0.0.1:1',
    );
  });
});

describe('migrate', () => {
  let dir: string;
  let url: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(temporaryFolder(), 'migrations-'));
    await ensureDatabase(servers.databaseUrl, 'migrated');
    url = servers.databaseUrl.replace(/[^/]+$/, 'migrated');
    writeFileSync(join(dir, '0001_first.sql'), 'CREATE TABLE first (id integer);\r\n');
    writeFileSync(join(dir, '0002_second.sql'), 'ALTER TABLE first ADD COLUMN name text;');
  });
  afterAll(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

  const columns = async (): Promise<readonly string[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'first' ORDER BY name`,
    );
    await client.end();
    return rows.map(({ name }) => name);
  };

  test('three at once apply each file once, in order; a later run finds nothing to do', async () => {
    const results = await Promise.all([1, 2, 3].map(() => migrate(url, { dir })));
    expect(results.flatMap(({ applied }) => applied)).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await columns()).toEqual(['id', 'name']);
    expect(await migrate(url, { dir })).toEqual({ applied: [] });
  });

  test('other line ends are no change, another statement is', async () => {
    writeFileSync(join(dir, '0001_first.sql'), 'CREATE TABLE first (id integer);\n');
    expect(await migrate(url, { dir })).toEqual({ applied: [] });
    writeFileSync(join(dir, '0001_first.sql'), 'CREATE TABLE first (id bigint);\n');
    await expect(migrate(url, { dir })).rejects.toThrow(
      '0001_first.sql was changed after it had been applied',
    );
    writeFileSync(join(dir, '0001_first.sql'), 'CREATE TABLE first (id integer);\n');
  });

  test('a file that fails is undone as a whole and tried again when it is mended', async () => {
    const file = join(dir, '0003_third.sql');
    writeFileSync(file, 'ALTER TABLE first ADD COLUMN extra text; SELECT nothing;');
    await expect(migrate(url, { dir })).rejects.toThrow('0003_third.sql failed and was undone');
    expect(await columns()).toEqual(['id', 'name']);
    writeFileSync(file, 'ALTER TABLE first ADD COLUMN extra text;');
    expect(await migrate(url, { dir })).toEqual({ applied: ['0003_third.sql'] });
  });

  test.each([
    [
      'a database that is newer than the program',
      { '0003_third.sql': null },
      'which this version does not know',
    ],
    ['two files of one number', { '0003_also.sql': '' }, 'have the same number'],
    ['a name without a number', { 'fourth.sql': '' }, 'expected a name such as'],
  ])('%s is refused', async (_, changes: Readonly<Record<string, string | null>>, message) => {
    const changed = mkdtempSync(join(dir, '..', 'changed-'));
    cpSync(dir, changed, { recursive: true });
    for (const [file, text] of Object.entries(changes)) {
      if (text === null) rmSync(join(changed, file));
      else writeFileSync(join(changed, file), text);
    }
    await expect(migrate(url, { dir: changed })).rejects.toThrow(message);
  });

  test('the migrations of this version are found beside the program and apply to an empty database', async () => {
    const fresh = await servers.freshDatabase();
    expect(await migrate(fresh, { dir: MIGRATIONS_DIR })).toEqual({ applied: [] });
  });
});
