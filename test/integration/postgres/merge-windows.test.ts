/** Old windows merged by the hour: nothing is lost or counted twice, and nothing that is open is touched. */
import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import type { Stores } from '../../../src/adapters/postgres/index.ts';
import { expectSame } from '../../support/expect-window.ts';
import { feedbackEvent, randomFeedback } from '../../support/feedback.ts';
import { testSettings } from '../../support/settings.ts';
import { DAY, HOUR, KEPT, useUpkeep } from './support/upkeep.ts';

const START = Date.parse('2026-01-01T10:00:00Z');
const NOW = START + 40 * DAY;
const SERVICE = 'support-bot';
const ALL = { rowsAtOnce: 1_000, enough: () => false };

let pool: Pool;
let stores: Stores;

useUpkeep(async (made) => {
  ({ pool, stores } = made);
  await stores.services.put(testSettings(SERVICE, { rollout: { block: '10s', look: '10s' } }));
});

/** Three hours of traffic of sessions and requests, long ago. */
const traffic = () =>
  randomFeedback(1, 900, { startMs: START + 1_234, spanMs: 3 * HOUR - 5_000 }).map((event, i) =>
    i % 2 === 0
      ? event
      : { ...event, data: { ...event.data, unit: { kind: 'session' as const, id: `session-${i % 40}` } } },
  );

const summary = (arm: 'stable' | 'candidate', fromMs = START, toMs = START + 3 * HOUR) =>
  stores.windows.summary({ serviceId: SERVICE, arm, generation: null, fromMs, toMs });

const lengths = async (): Promise<Readonly<Record<string, number>>> => {
  const { rows } = await pool.query<{ window_ms: number; rows: number }>(
    'SELECT window_ms, count(*)::int AS rows FROM metric_windows GROUP BY 1 ORDER BY 1',
  );
  return Object.fromEntries(rows.map((row) => [String(row.window_ms), row.rows]));
};

describe('windows that are old enough', () => {
  it('become windows of an hour with the same counts, sums, extremes and sketches, in both scopes', async () => {
    const events = traffic();
    await stores.ingest.recordFeedback(events, START + 3 * HOUR);
    const before = { stable: await summary('stable'), candidate: await summary('candidate') };
    const fine = (await lengths())['10000'] ?? 0;
    expect(await stores.maintenance.mergeWindows(KEPT, NOW, ALL)).toEqual({ rows: fine, more: false });

    expect(Object.keys(await lengths())).toEqual([String(HOUR)]);
    for (const arm of ['stable', 'candidate'] as const) {
      const after = await summary(arm);
      expectSame(
        after.all,
        events.filter((event) => event.data.arm === arm),
      );
      expect(after.unitFirst.error?.count).toBe(before[arm].unitFirst.error?.count);
      for (const scope of ['all', 'unitFirst'] as const) {
        for (const metric of ['latencyMs', 'costUsd', 'quality'] as const) {
          const [was, is] = [before[arm][scope][metric], after[scope][metric]];
          expect({ ...is, sum: 0, sumOfSquares: 0 }).toEqual({ ...was, sum: 0, sumOfSquares: 0 });
          expect(is?.sum).toBeCloseTo(was?.sum ?? Number.NaN, 6);
        }
      }
    }
    const hours = await summary('stable', START + HOUR, START + 2 * HOUR);
    const second = events.filter(({ data }) => {
      const at = Date.parse(data.timestamp);
      return data.arm === 'stable' && at >= START + HOUR && at < START + 2 * HOUR;
    });
    expectSame(hours.all, second);
    expect(await stores.maintenance.mergeWindows(KEPT, NOW, ALL)).toEqual({ rows: 0, more: false });
  });

  it('are merged once by any number of runs at once, while ingest goes on', async () => {
    const events = traffic();
    await stores.ingest.recordFeedback(events, START + 3 * HOUR);
    const fine = (await lengths())['10000'] ?? 0;
    const live = Array.from({ length: 200 }, (_, i) =>
      feedbackEvent(`live-${i}`, { timestamp: new Date(NOW - 60_000 + i).toISOString() }),
    );
    const [merged] = await Promise.all([
      Promise.all([1, 2, 3].map(() => stores.maintenance.mergeWindows(KEPT, NOW, ALL))),
      (async () => {
        for (const event of live) await stores.ingest.recordFeedback([event], NOW);
      })(),
    ]);
    expect(merged.reduce((sum, { rows }) => sum + rows, 0)).toBe(fine);
    const stable = events.filter((event) => event.data.arm === 'stable');
    expectSame((await summary('stable')).all, stable);
    expectSame((await summary('stable', START, NOW + 1)).all, [...stable, ...live]);
  });

  it('take in what was written into a merged hour afterwards', async () => {
    const [first, second] = [traffic(), randomFeedback(2, 50, { startMs: START, spanMs: HOUR })];
    await stores.ingest.recordFeedback(first, START + 3 * HOUR);
    await stores.maintenance.mergeWindows(KEPT, NOW, ALL);
    await stores.ingest.recordFeedback(second, START + 3 * HOUR);
    await stores.maintenance.mergeWindows(KEPT, NOW, ALL);
    expect(Object.keys(await lengths())).toEqual([String(HOUR)]);
    const candidate = [...first, ...second].filter((event) => event.data.arm === 'candidate');
    expectSame((await summary('candidate')).all, candidate);
  });

  it('are merged an hour at a time when a portion is over, and the next portion goes on', async () => {
    await stores.ingest.recordFeedback(traffic(), START + 3 * HOUR);
    const portions: number[] = [];
    for (let more = true; more;) {
      const done = await stores.maintenance.mergeWindows(KEPT, NOW, { rowsAtOnce: 1, enough: () => true });
      portions.push(done.rows);
      ({ more } = done);
    }
    expect(portions.length).toBeGreaterThanOrEqual(3);
    expect(Object.keys(await lengths())).toEqual([String(HOUR)]);
  });
});

describe('windows stay as they are', () => {
  const open: readonly (readonly [string, string])[] = [
    [
      'an experiment that runs',
      `INSERT INTO experiments (service_id, generation, workflow_id, run_id, name, phase, started_at_ms, state)
       VALUES ('${SERVICE}', 5, 'w', 'r', 'n', 'running', ${START + 2 * DAY}, '{}')`,
    ],
    [
      'a rollout that runs',
      `INSERT INTO rollouts (workflow_id, run_id, service_id, generation, phase, step_index, weight_pct, started_at_ms, state)
       VALUES ('w', 'r', '${SERVICE}', 5, 'soaking', 0, 5, ${START + 2 * DAY}, '{}')`,
    ],
    [
      'a watch that looks on after a promotion',
      `INSERT INTO rollouts (workflow_id, run_id, service_id, generation, phase, step_index, weight_pct, started_at_ms, ended_at_ms, state)
       VALUES ('w', 'r', '${SERVICE}', 5, 'ended', 0, 100, ${START + 2 * DAY}, ${NOW - 30 * DAY},
         '{"watchMs":${60 * DAY}}')`,
    ],
    [
      'a lease that somebody holds',
      `INSERT INTO change_leases (service_id, workflow_id, first_run_id, run_id, generation, acquired_at_ms)
       VALUES ('${SERVICE}', 'w', 'f', 'r', 5, ${START + 2 * DAY})`,
    ],
  ];

  it.each(open)('beside %s, and are merged when it has long ended', async (_what, sql) => {
    await stores.ingest.recordFeedback(traffic(), START + 3 * HOUR);
    const fine = await lengths();
    await pool.query(sql);
    expect(await stores.maintenance.mergeWindows(KEPT, NOW, ALL)).toEqual({ rows: 0, more: false });
    expect(await lengths()).toEqual(fine);
    await pool.query('DELETE FROM change_leases');
    for (const table of ['experiments', 'rollouts']) {
      await pool.query(`UPDATE ${table} SET ended_at_ms = $1, state = '{}'`, [NOW - 8 * DAY]);
    }
    expect((await stores.maintenance.mergeWindows(KEPT, NOW, ALL)).rows).toBe(fine['10000']);
  });

  it.each([
    [
      'while its generation holds the lease',
      `INSERT INTO change_leases VALUES ('${SERVICE}', 'w', 'f', 'r', 5, ${NOW}, NULL)`,
      0,
    ],
    ['not when nobody has it any more', 'SELECT', 1],
  ])('beside a rollout of long ago whose end nobody wrote down: %s', async (_what, sql, merged) => {
    const later = NOW + 100 * DAY;
    await stores.ingest.recordFeedback(traffic(), START + 3 * HOUR);
    await pool.query(
      `INSERT INTO rollouts (workflow_id, run_id, service_id, generation, phase, step_index, weight_pct, started_at_ms, state)
       VALUES ('w', '5', '${SERVICE}', 5, 'soaking', 0, 5, ${START + DAY}, '{}')`,
    );
    await pool.query(sql);
    const { rows } = await stores.maintenance.mergeWindows(KEPT, later, ALL);
    expect(Math.sign(rows)).toBe(merged);
  });

  it('while they are younger, and when the hour is not over', async () => {
    await stores.ingest.recordFeedback(traffic(), START + 3 * HOUR);
    const justBefore = START + 35 * DAY + HOUR - 1;
    expect((await stores.maintenance.mergeWindows(KEPT, justBefore, ALL)).rows).toBe(0);
    expect((await stores.maintenance.mergeWindows(KEPT, justBefore + 1, ALL)).rows).toBeGreaterThan(0);
    expect(Object.keys(await lengths())).toEqual(['10000', String(HOUR)]);
  });
});
