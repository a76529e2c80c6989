/** Rows that are old go, and those that somebody needs stay, table by table. */
import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import type { Stores } from '../../../src/adapters/postgres/index.ts';
import type { OldRows } from '../../../src/ports/maintenance.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { testSettings } from '../../support/settings.ts';
import { ALL, DAY, HOUR, KEPT, NOW, useUpkeep, type UpkeepDatabase } from './support/upkeep.ts';

let pool: Pool;
let stores: Stores;
let column: UpkeepDatabase['column'];

useUpkeep((made) => void ({ pool, stores, column } = made));

const remove = (what: OldRows, portion = ALL) => stores.maintenance.removeOld(what, KEPT, NOW, portion);

const windowAt = (service: string, ms: number, length = HOUR) => `('${service}', ${ms}, ${length})`;
const insertWindows = (...rows: readonly string[]) =>
  pool.query(
    `INSERT INTO metric_windows (service_id, window_start_ms, window_ms, arm, generation, metric, task_type,
       count, sum, sum_of_squares, first_count, first_sum, first_sum_of_squares)
     SELECT s, w, l, 'stable', 1, 'error', 'any', 1, 0, 0, 1, 0, 0 FROM (VALUES ${rows.join(', ')}) AS v(s, w, l)`,
  );
const experiment = (service: string, generation: number, startedMs: number, endedMs: number | null) =>
  pool.query(
    `INSERT INTO experiments (service_id, generation, workflow_id, run_id, name, phase, started_at_ms, ended_at_ms, state)
     VALUES ($1, $2, 'w', $5, 'n', 'any', $3, $4, '{}')`,
    [service, generation, startedMs, endedMs, String(generation)],
  );
const rollout = (service: string, generation: number, startedMs: number, endedMs: number | null) =>
  pool.query(
    `INSERT INTO rollouts (workflow_id, run_id, service_id, generation, phase, step_index, weight_pct, started_at_ms, ended_at_ms, state)
     VALUES ('w', $5, $1, $2, 'any', 0, 5, $3, $4, '{"watchMs":86400000}')`,
    [service, generation, startedMs, endedMs, String(generation)],
  );
const hour = (ms: number): number => Math.floor(ms / HOUR) * HOUR;

describe('windows', () => {
  it('older than a year go, a few at a time, of services that nobody registered too', async () => {
    const [old, young] = [hour(NOW - 366 * DAY), hour(NOW - 364 * DAY)];
    await insertWindows(
      ...Array.from({ length: 250 }, (_, i) => windowAt('busy', old - i * HOUR)),
      windowAt('busy', young),
      windowAt('stranger', old),
    );
    expect(await remove('windows', { rowsAtOnce: 100, enough: () => true })).toEqual({
      rows: 100,
      more: true,
    });
    expect(await remove('windows')).toEqual({ rows: 151, more: false });
    expect(await column('SELECT window_start_ms::float8 FROM metric_windows')).toEqual([young]);
  });

  it('go row by row where somebody has cut the table into parts, and no row of another part with them', async () => {
    const [old, young] = [hour(NOW - 366 * DAY), hour(NOW - DAY)];
    await pool.query(`ALTER TABLE metric_windows RENAME TO plain;
      CREATE TABLE metric_windows (LIKE plain INCLUDING DEFAULTS INCLUDING INDEXES) PARTITION BY RANGE (window_start_ms);
      CREATE TABLE old_part PARTITION OF metric_windows FOR VALUES FROM (0) TO (${young});
      CREATE TABLE young_part PARTITION OF metric_windows FOR VALUES FROM (${young}) TO (${NOW})`);
    await insertWindows(windowAt('a', old), windowAt('a', young));
    expect(await remove('windows')).toEqual({ rows: 1, more: false });
    expect(await column('SELECT window_start_ms::float8 FROM metric_windows')).toEqual([young]);
  });

  it('of a shadow and blocks that a rollout has folded go after a year', async () => {
    const [old, young] = [hour(NOW - 366 * DAY), hour(NOW - DAY)];
    for (const at of [old, young]) {
      await pool.query(
        `INSERT INTO shadow_pair_windows VALUES ('a', 1, $1, 60000, 'error', 1, 0, 0, 0, 0, 0, 0, 0, 0)`,
        [at],
      );
      await pool.query(`INSERT INTO rollout_blocks VALUES ('a', 1, 60000, $1, 1, '{}')`, [at / 60_000]);
    }
    expect([await remove('shadowPairWindows'), await remove('rolloutBlocks')]).toMatchObject([
      { rows: 1 },
      { rows: 1 },
    ]);
    expect(await column('SELECT window_start_ms::float8 FROM shadow_pair_windows')).toEqual([young]);
    expect(await column('SELECT no::float8 FROM rollout_blocks')).toEqual([young / 60_000]);
  });
});

describe('units', () => {
  const LONG_AGO = hour(NOW - 50 * DAY);
  const units = (table: string, ...rows: readonly (readonly [string, number, number, string])[]) =>
    Promise.all(
      rows.map((row) =>
        pool.query(
          `INSERT INTO ${table} (service_id, generation, epoch_ms, unit_kind, unit_id, first_exposed_at_ms, labelled)
           VALUES ($1, $2, $3, 'user', $4, $3, true)`,
          [...row],
        ),
      ),
    );

  it('of epochs that are over go; those of the step that has lasted for months stay', async () => {
    await units(
      'exposure_units',
      ['idle', 1, LONG_AGO, 'of an hour long ago'],
      ['idle', 1, 0, 'of before there were epochs'],
      ['idle', 1, hour(NOW - 34 * DAY), 'of an hour that is young'],
      ['step', 2, LONG_AGO, 'of the step before'],
      ['step', 2, LONG_AGO + DAY, 'of the step'],
      ['open', 1, LONG_AGO, 'beside a change'],
    );
    const epochs = [
      ['step', 'the step before', LONG_AGO, 'step'],
      ['step', 'the step', LONG_AGO + DAY, 'step'],
      ['open', 'one', LONG_AGO, 'hour'],
      ['open', 'two', LONG_AGO + 7 * DAY, 'hour'],
    ];
    for (const epoch of epochs) await pool.query('INSERT INTO unit_epochs VALUES ($1, $2, $3, $4)', epoch);
    await experiment('open', 1, NOW - 40 * DAY, null);
    expect(await remove('exposureUnits')).toEqual({ rows: 3, more: false });
    expect(await column('SELECT unit_id FROM exposure_units')).toEqual([
      'beside a change',
      'of an hour that is young',
      'of the step',
    ]);
    expect(await remove('unitEpochs')).toEqual({ rows: 1, more: false });
    expect(await column('SELECT key FROM unit_epochs')).toEqual(['one', 'the step', 'two']);
  });

  it('are counted as before after the removal: a user of the epoch in force is still no first', async () => {
    await stores.services.put(testSettings('support-bot'));
    await stores.windows.countUnitsAnew({
      serviceId: 'support-bot',
      key: 'a step',
      atMs: NOW - 60 * DAY,
      every: 'step',
    });
    const user = (id: string, ms: number) =>
      feedbackEvent(id, { timestamp: new Date(ms).toISOString(), unit: { kind: 'user', id: 'u' } });
    await stores.ingest.recordFeedback([user('first', NOW - 59 * DAY)], NOW - 59 * DAY);
    expect(await remove('exposureUnits')).toEqual({ rows: 0, more: false });
    expect(await remove('unitEpochs')).toEqual({ rows: 0, more: false });
    await stores.ingest.recordFeedback([user('again', NOW)], NOW);
    const range = { serviceId: 'support-bot', arm: 'stable', generation: null } as const;
    const { all, unitFirst } = await stores.windows.summary({ ...range, fromMs: NOW - DAY, toMs: NOW + 1 });
    expect([all.error?.count, unitFirst.error?.count]).toEqual([1, undefined]);
  });

  const ofExperiment = (generation: number, id: string) =>
    pool.query(
      `INSERT INTO experiment_units (service_id, generation, unit_kind, unit_id, arm, first_exposed_at_ms, task_type)
       VALUES ('a', $1, 'user', $2, 'control', 0, 'any')`,
      [generation, id],
    );
  const ofShadow = (generation: number, id: string) =>
    pool.query(`INSERT INTO shadow_units VALUES ('a', $1, 'user', $2)`, [generation, id]);

  it.each([
    ['experimentUnits', 'experiment_units', experiment, ofExperiment],
    ['shadowUnits', 'shadow_units', rollout, ofShadow],
  ] as const)('%s go when their change has ended long ago', async (what, table, change, insert) => {
    await insert(1, 'taken over by the next generation');
    await change('a', 2, NOW - 90 * DAY, NOW - 60 * DAY);
    await insert(2, 'ended long ago');
    await change('a', 3, NOW - 50 * DAY, null);
    await insert(3, 'still open');
    await change('a', 4, NOW - 49 * DAY, NOW - 10 * DAY);
    await insert(4, 'ended lately');
    await insert(5, 'of nobody yet');
    expect(await remove(what)).toEqual({ rows: 2, more: false });
    expect(await column(`SELECT unit_id FROM ${table}`)).toEqual([
      'ended lately',
      'of nobody yet',
      'still open',
    ]);
  });

  it('and what answered in an experiment too, but not while somebody holds its generation', async () => {
    for (const generation of [2, 3]) {
      await experiment('a', generation, NOW - 90 * DAY, NOW - 60 * DAY);
      await pool.query(`INSERT INTO experiment_providers VALUES ('a', $1, 0, 60000, 'control', 'x')`, [
        generation,
      ]);
    }
    await pool.query(`INSERT INTO change_leases VALUES ('a', 'w', 'f', 'r', 3, 0, NULL)`);
    expect(await remove('experimentProviders')).toEqual({ rows: 1, more: false });
    expect(await column('SELECT generation::int FROM experiment_providers')).toEqual([3]);
  });
});

describe('notes', () => {
  const OLD = NOW - 31 * DAY;

  it('alerts go with their delivery once that was taken; what waits stays however old it is', async () => {
    const delivery = (id: string, ms: number, delivered: boolean) =>
      pool.query(
        `INSERT INTO alert_deliveries (service_id, kind, severity, security, alerts, message_id, assigned_at_ms, next_try_at_ms, delivered_at_ms, delivered_to)
         VALUES ('a', 'k', 'low', false, 1, $1, $2, $2, $3, $4) RETURNING no`,
        [id, ms, delivered ? ms : null, delivered ? 'cycle/a' : null],
      );
    const alert = (id: string, ms: number, state: string, no: number | null) =>
      pool.query(
        `INSERT INTO alerts (source, id, service_id, kind, severity, security, received_at_ms, data, state, delivery_no)
         VALUES ('', $1, 'a', 'k', 'low', false, $2, '{}', $3, $4)`,
        [id, ms, state, no],
      );
    const places: (readonly [string, number, boolean])[] = [
      ['taken', OLD, true],
      ['not taken', OLD, false],
      ['young', NOW, true],
    ];
    for (const [id, ms, taken] of places) {
      const { rows } = await delivery(id, ms, taken);
      await alert(id, ms, 'assigned', (rows[0] as { no: number }).no);
    }
    await alert('waits', OLD, 'waiting', null);
    await alert('of no service', OLD, 'unknownService', null);
    expect(await remove('alertDeliveries')).toEqual({ rows: 0, more: false });
    expect(await remove('alerts')).toEqual({ rows: 2, more: false });
    expect(await remove('alertDeliveries')).toEqual({ rows: 1, more: false });
    expect(await column('SELECT id FROM alerts')).toEqual(['not taken', 'waits', 'young']);
    expect(await column('SELECT message_id FROM alert_deliveries')).toEqual(['not taken', 'young']);
  });

  it('what was set aside goes; dead letters go when their topic will never have them', async () => {
    for (const [body, ms] of [
      ['old', OLD],
      ['young', NOW],
    ] as const) {
      await stores.ingest.setAside([{ source: 's', reason: 'r', body }], ms);
      for (const refused of [null, 'too large']) {
        await pool.query(
          `INSERT INTO dead_letters (topic, partition, message_offset, headers, reason, set_aside_at_ms, refused)
           VALUES ('t', 0, 0, '{}', $1, $2, $3)`,
          [`${body}, ${refused ?? 'to be sent'}`, ms, refused],
        );
      }
    }
    expect([await remove('setAside'), await remove('deadLetters')]).toMatchObject([{ rows: 1 }, { rows: 1 }]);
    expect(await column('SELECT body FROM ingest_set_aside')).toEqual(['young']);
    expect(await column('SELECT reason FROM dead_letters')).toEqual([
      'old, to be sent',
      'young, to be sent',
      'young, too large',
    ]);
  });

  it('a cumulative stream is remembered longer than one whose points stand for themselves', async () => {
    for (const [kind, value] of [
      ['cumulative', { kind: 'number', value: 1 }],
      ['delta', null],
      ['instrument', '1'],
    ] as const) {
      for (const days of [100, 50, 10]) {
        await pool.query('INSERT INTO otlp_streams VALUES ($1, $2, $3)', [
          `${kind}, ${days} days`,
          JSON.stringify({ startNano: '1', timeNano: '1', value }),
          NOW - days * DAY,
        ]);
      }
    }
    expect(await remove('otlpStreams')).toEqual({ rows: 4, more: false });
    expect(await column('SELECT stream_key FROM otlp_streams')).toEqual([
      'cumulative, 10 days',
      'cumulative, 50 days',
      'delta, 10 days',
      'instrument, 10 days',
      'instrument, 50 days',
    ]);
  });
});

it('leave no trace in what is kept for ever', async () => {
  await stores.services.put(testSettings('a'));
  await experiment('a', 1, 0, 1);
  await rollout('a', 1, 0, 1);
  await pool.query(
    `INSERT INTO optimization_decisions VALUES ('d', 'a', 'w', 'r', 'k', 'o', 'why', '{}', 'h', 0)`,
  );
  await pool.query(`INSERT INTO audit_log VALUES ('x', 'a', 'ann', 'did', '{}', 0)`);
  await pool.query(`INSERT INTO configurations VALUES ('a', 1, '{}', 'h', 'retired', 's', 0, 0, 1)`);
  const steps = ['windows', 'shadowPairWindows', 'rolloutBlocks', 'exposureUnits', 'unitEpochs'] as const;
  for (const what of steps) await remove(what);
  for (const table of ['experiments', 'rollouts', 'optimization_decisions', 'audit_log', 'configurations']) {
    expect(await column(`SELECT count(*)::int FROM ${table}`)).toEqual([1]);
  }
});
