import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Pool } from 'pg';
import { createStores, type Stores } from '../../../src/adapters/postgres/index.ts';
import type { ConfigurationStatus } from '../../../src/ports/stores.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

let postgres: TestPostgres;
let pool: Pool;
let stores: Stores;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  ({ pool } = await postgres.createDatabase());
  stores = createStores(pool);
  await stores.services.put(testSettings('bot'));
});

const configuration = (generation: number, status: ConfigurationStatus = 'trying') => ({
  serviceId: 'bot',
  generation,
  body: { temperature: '0.2', model: `model-${generation}` },
  hash: `hash-${generation}`,
  status,
  source: status === 'stable' ? 'adoption' : 'rollout/bot',
});

describe('services', () => {
  it('keep adoption and reference when settings change, and are adopted once', async () => {
    await stores.services.adopt('bot', { nowMs: 5, qualityReference: 0.8 });
    await stores.services.adopt('bot', { nowMs: 6, qualityReference: 0.1 });
    const settings = testSettings('bot', { mode: 'auto' });
    await stores.services.put(settings);
    const record = { serviceId: 'bot', settings, adoptedAtMs: 5, qualityReference: 0.8 };
    expect(await stores.services.get('bot')).toEqual(record);
    await stores.services.put(testSettings('another'));
    expect((await stores.services.list()).map((one) => one.serviceId)).toEqual(['another', 'bot']);
    expect(await stores.services.get('nobody')).toBeNull();
  });
});

describe('configurations', () => {
  const statuses = async () =>
    (await stores.configurations.list('bot')).map((one) => `${one.generation} ${one.status}`);

  it('go from trying to stable, retire the one before, and know the previous stable one', async () => {
    await stores.configurations.record(configuration(1, 'stable'), 10);
    await stores.configurations.record(configuration(2), 20);
    expect(await stores.configurations.get('bot', 2)).toEqual({
      ...configuration(2),
      appliedAtMs: null,
      endedAtMs: null,
    });
    await stores.configurations.promote('bot', 2, 30);
    await stores.configurations.promote('bot', 2, 99);
    expect(await stores.configurations.stable('bot')).toMatchObject({ generation: 2, appliedAtMs: 30 });
    expect(await stores.configurations.previousStable('bot')).toMatchObject({
      generation: 1,
      status: 'retired',
      endedAtMs: 30,
    });
    expect(await statuses()).toEqual(['2 stable', '1 retired']);
  });

  it('are recorded once: the same hash changes nothing, another one is refused', async () => {
    await stores.configurations.record(configuration(1, 'stable'), 10);
    await stores.configurations.record(configuration(1, 'stable'), 11);
    await expect(
      stores.configurations.record({ ...configuration(1), hash: 'other' }, 12),
    ).rejects.toMatchObject({ type: 'StaleGeneration', message: expect.stringContaining('hash-1') });
    expect(await stores.configurations.get('bot', 1)).toMatchObject({ hash: 'hash-1', appliedAtMs: 10 });
  });

  it('that were taken back cannot become stable, nor can one that a newer stable one overtook', async () => {
    await stores.configurations.record(configuration(1, 'stable'), 10);
    await stores.configurations.record(configuration(2), 20);
    await stores.configurations.record(configuration(3), 30);
    await stores.configurations.end('bot', 2, 'rolledBack', 40);
    await stores.configurations.end('bot', 2, 'superseded', 41);
    await stores.configurations.record(configuration(4), 50);
    await stores.configurations.promote('bot', 4, 60);
    for (const generation of [2, 3, 9]) {
      await expect(stores.configurations.promote('bot', generation, 70)).rejects.toMatchObject({
        type: 'StaleGeneration',
      });
    }
    expect(await statuses()).toEqual(['4 stable', '3 trying', '2 rolledBack', '1 retired']);
  });

  it('give the place back to the one before when a stable one is rolled back', async () => {
    await stores.configurations.record(configuration(1, 'stable'), 10);
    await stores.configurations.record(configuration(2), 20);
    await stores.configurations.promote('bot', 2, 30);
    await stores.configurations.end('bot', 2, 'rolledBack', 40);
    await stores.configurations.end('bot', 2, 'rolledBack', 41);
    expect(await statuses()).toEqual(['2 rolledBack', '1 stable']);
    expect(await stores.configurations.stable('bot')).toMatchObject({ appliedAtMs: 10, endedAtMs: null });
  });

  it('raise the generation that the next lease builds on, and need a known service', async () => {
    await stores.configurations.record(configuration(4, 'stable'), 10);
    const holder = { workflowId: 'w', firstRunId: 'r', runId: 'r' };
    expect(await stores.leases.acquire({ serviceId: 'bot', holder, gatewayGeneration: 0, nowMs: 1 })).toEqual(
      { kind: 'acquired', generation: 5 },
    );
    await expect(
      stores.configurations.record({ ...configuration(1), serviceId: 'nobody' }, 10),
    ).rejects.toMatchObject({ type: 'UnknownService' });
  });
});

describe('logs', () => {
  const decision = (n: number, more = {}) => ({
    id: `rollout/bot/run/look/${n}`,
    serviceId: 'bot',
    workflowId: 'rollout/bot',
    runId: 'run',
    kind: 'look',
    outcome: 'healthy',
    reason: 'all guardrails passed',
    detail: { z: 0.1 + 0.2, a: [1e-320, 1.7976931348623157e308], text: 'a\u0000b' },
    hash: 'h',
    atMs: n,
    ...more,
  });

  it('read a decision back bit for bit, newest first, once per id', async () => {
    await stores.decisions.append(decision(1));
    await stores.decisions.append(decision(1, { outcome: 'harm' }));
    await stores.decisions.append(decision(2, { kind: 'step', serviceId: 'other' }));
    const [newest, oldest] = await stores.decisions.list({ workflowId: 'rollout/bot' });
    expect(newest?.kind).toBe('step');
    expect(oldest).toEqual(decision(1));
    expect(JSON.stringify(oldest?.detail)).toBe(JSON.stringify(decision(1).detail));
    expect(await stores.decisions.list({ serviceId: 'bot', kind: 'step' })).toEqual([]);
    expect(await stores.decisions.list({ limit: 1 })).toHaveLength(1);
    expect(await stores.decisions.get(decision(1).id)).toEqual(decision(1));
    expect(await stores.decisions.get('no such id')).toBeNull();
  });

  it('refuse to change, delete or empty the audit log, in the database itself', async () => {
    const entry = { id: 'a', serviceId: 'bot', actor: 'ada', action: 'rollback', detail: { n: 1 }, atMs: 1 };
    await stores.audit.append(entry);
    await stores.audit.append({ ...entry, actor: 'eve' });
    for (const statement of [
      `UPDATE audit_log SET actor = 'eve'`,
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
    ]) {
      await expect(pool.query(statement)).rejects.toThrow('append only');
    }
    expect(await stores.audit.list('bot')).toEqual([entry]);
  });
});

describe('rollouts and recorded outcomes', () => {
  it('keep one row per run, newest start first', async () => {
    const row = {
      workflowId: 'rollout/bot',
      runId: 'r1',
      serviceId: 'bot',
      generation: 2,
      phase: 'soaking',
      stepIndex: 0,
      weightPct: 5,
      startedAtMs: 1,
      endedAtMs: null,
      reason: null,
      state: { b: 1, a: null },
    };
    await stores.rollouts.upsert(row);
    await stores.rollouts.upsert({ ...row, phase: 'rolledBack', endedAtMs: 9, reason: 'harm' });
    await stores.rollouts.upsert({ ...row, runId: 'r2', startedAtMs: 5 });
    const rows = await stores.rollouts.list('bot');
    expect(rows.map((one) => [one.runId, one.phase, one.endedAtMs])).toEqual([
      ['r2', 'soaking', null],
      ['r1', 'rolledBack', 9],
    ]);
    expect(rows[0]).toEqual({ ...row, runId: 'r2', startedAtMs: 5 });
  });

  it('replace all outcomes of a service at once and answer those of the models that have any, by query', async () => {
    const outcome = (queryId: string, quality: number) => ({ queryId, taskType: 't', quality, costUsd: 0.5 });
    await stores.outcomes.replace('bot', { old: [outcome('q', 1)] });
    await stores.outcomes.replace('bot', {
      a: [outcome('q2', 0), outcome('q10', 1)],
      b: [outcome('q1', 0.5)],
    });
    expect(await stores.outcomes.outcomes('bot', ['a', 'old', 'missing'])).toEqual({
      a: [outcome('q10', 1), outcome('q2', 0)],
    });
  });
});

describe('a database that cannot be reached', () => {
  it('is StoreUnavailable, for a statement and for a transaction', async () => {
    const unreachable = new Pool({ host: '127.0.0.1', port: 1, connectionTimeoutMillis: 60_000 });
    const away = createStores(unreachable);
    const holder = { workflowId: 'w', firstRunId: 'r', runId: 'r' };
    await expect(away.services.get('bot')).rejects.toMatchObject({ type: 'StoreUnavailable', final: false });
    await expect(
      away.leases.acquire({ serviceId: 'bot', holder, gatewayGeneration: 0, nowMs: 1 }),
    ).rejects.toMatchObject({ type: 'StoreUnavailable' });
    await unreachable.end();
  });

  it('that drops the connection in the middle of a transaction is StoreUnavailable, and the next call works', async () => {
    const blocker = await pool.connect();
    await blocker.query('BEGIN; LOCK TABLE change_leases IN ACCESS EXCLUSIVE MODE');
    const holder = { workflowId: 'w', firstRunId: 'r', runId: 'r' };
    const waiting = stores.leases
      .acquire({ serviceId: 'bot', holder, gatewayGeneration: 0, nowMs: 1 })
      .catch((error: unknown) => error);
    const waiters = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    let pid: number | undefined;
    while (pid === undefined) pid = (await pool.query<{ pid: number }>(waiters)).rows[0]?.pid;
    await blocker.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await waiting).toMatchObject({ type: 'StoreUnavailable' });
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(
      await stores.leases.acquire({ serviceId: 'bot', holder, gatewayGeneration: 0, nowMs: 1 }),
    ).toMatchObject({ kind: 'acquired', generation: 1 });
  });
});
