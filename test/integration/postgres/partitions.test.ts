/** Partitions are made ahead and dropped when all in them is old, while ingest goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { maintain } from '../../../activities/maintenance.ts';
import type { Stores } from '../../../src/adapters/postgres/index.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { MaintenanceStore } from '../../../src/ports/maintenance.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { DAY, HOUR, KEPT, NOW, useUpkeep, type UpkeepDatabase } from './support/upkeep.ts';

const PLAN = { nowMs: NOW, kept: KEPT };

let pool: Pool;
let stores: Stores;
let column: UpkeepDatabase['column'];

useUpkeep((made) => void ({ pool, stores, column } = made));

type Step = Parameters<typeof maintain>[1]['step'];

/** A portion that ends with its work, not with its time: the clock stands still. */
const run = (step: Step, maintenance: MaintenanceStore = stores.maintenance) =>
  maintain({ maintenance, nowMs: () => NOW }, { step, plan: PLAN });

/** All of a step, as its workflow does it: portion by portion, and again where a lock was not to be had in time. */
async function whole(step: Step, maintenance?: MaintenanceStore): Promise<number> {
  let count = 0;
  for (let more = true; more;) {
    try {
      const portion = await run(step, maintenance);
      count += portion.count;
      ({ more } = portion);
    } catch (error) {
      if (!(error instanceof Failure && error.type === 'StoreUnavailable')) throw error;
    }
  }
  return count;
}
const chunks = async () =>
  (await stores.maintenance.partitions()).filter(({ table }) => table === 'feedback_chunks');
const daysKept = async () => (await chunks()).map(({ fromMs }) => dayOf(fromMs));
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const eventAt = (id: string, ms: number) => feedbackEvent(id, { timestamp: new Date(ms).toISOString() });

describe('partitions', () => {
  it('of the next days are made before anybody needs them, once', async () => {
    expect(await run('partitionsAhead')).toEqual({ count: 5, more: false });
    const expected = ['2026-03-09', '2026-03-10', '2026-03-11', '2026-03-12', '2026-03-13'];
    expect(await daysKept()).toEqual(expected);
    expect(await run('partitionsAhead')).toEqual({ count: 0, more: false });
  });

  it('that are older than seven days are dropped with their events, the others stay', async () => {
    for (const days of [40, 9, 8, 7, 1, 0]) {
      const at = NOW - days * DAY;
      await stores.ingest.recordFeedback([eventAt(`day-${days}`, at)], at);
    }
    // Three days, and the weeks before last in which the oldest of them arrived.
    expect(await run('rawEvents')).toMatchObject({ more: false });
    expect(await daysKept()).toEqual(['2026-03-03', '2026-03-09', '2026-03-10']);
    expect(await column('SELECT id FROM feedback_events')).toEqual(['day-0', 'day-1', 'day-7']);
    expect(await run('rawEvents')).toEqual({ count: 0, more: false });
  });

  it('of identities hold for a week at least after the week in which the events arrived', async () => {
    const arrivals = [NOW - 28 * DAY, NOW - 14 * DAY, NOW - 7 * DAY, NOW];
    for (const at of arrivals) await stores.ingest.recordFeedback([eventAt(`at ${at}`, at)], at);
    await run('rawEvents');
    const weeks = (await stores.maintenance.partitions()).filter(({ holds }) => holds === 'identities');
    expect(weeks.length).toBeLessThan(arrivals.length);
    for (const { toMs } of weeks) expect(toMs).toBeGreaterThan(NOW - 7 * DAY - HOUR);
    const again = eventAt(`at ${NOW - 7 * DAY}`, NOW - 7 * DAY);
    expect(await stores.ingest.recordFeedback([again], NOW)).toMatchObject({ stored: 0, duplicates: 1 });
  });

  it('are dropped and made while ingest goes on, which waits for none of it for long', async () => {
    for (let days = 60; days >= 8; days -= 1) await stores.maintenance.makePartitions([NOW - days * DAY]);
    for (let weeks = 30; weeks >= 3; weeks -= 1) {
      await pool.query('SELECT ensure_event_period($1)', [Math.floor(NOW / (7 * DAY)) - weeks]);
    }
    const over = new AbortController();
    let [drops, batches] = [0, 0];
    /** Partitions that were dropped while no batch was stored: since the last one, and at most. */
    let [alone, most] = [0, 0];
    const sending = [1, 2, 3].map(async (sender) => {
      for (let i = 0; !over.signal.aborted; i += 1) {
        const events = Array.from({ length: 20 }, (_, k) => eventAt(`live-${sender}-${i}-${k}`, NOW - k));
        const { stored } = await stores.ingest.recordFeedback(events, NOW);
        expect(stored).toBe(20);
        [batches, alone] = [batches + 1, 0];
      }
    });
    const maintenance: MaintenanceStore = {
      ...stores.maintenance,
      dropPartition: async (partition) => {
        const dropped = await stores.maintenance.dropPartition(partition);
        [drops, alone] = [drops + 1, alone + 1];
        most = Math.max(most, alone);
        return dropped;
      },
    };
    const dropped = await whole('rawEvents', maintenance);
    const during = batches;
    const made = await whole('partitionsAhead');
    over.abort();
    await Promise.all(sending);
    // Days of raw events, and weeks of identities, which ingest reads one by one.
    expect(dropped).toBe(53 + 28);
    expect(drops).toBeGreaterThanOrEqual(dropped);
    expect(made).toBe(4);
    // Told by what comes after what, not by a clock: how fast either of them is, is this machine's. Held up by all of the drops, ingest would store
    // nothing between the first and the last.
    expect(during).toBeGreaterThan(20);
    expect(most).toBeLessThan(dropped / 2);
  });

  it('are not waited for while somebody uses the table, and are dropped as soon as nobody does', async () => {
    await stores.ingest.recordFeedback([eventAt('old', NOW - 9 * DAY)], NOW);
    await run('partitionsAhead');
    const [partition] = await chunks();
    const other = await pool.connect();
    onTestFinished(() => other.release());
    await other.query('BEGIN');
    await other.query('SELECT count(*) FROM feedback_events');
    const triesMs: number[] = [];
    for (let tries = 0; tries < 5; tries += 1) {
      const startMs = performance.now();
      expect(await stores.maintenance.dropPartition(partition!)).toBe(false);
      triesMs.push(performance.now() - startMs);
    }
    // It gives up after a tenth of a second; of five tries one at least is not held up by anything else.
    expect(Math.min(...triesMs)).toBeLessThan(2_000);
    // Who comes after it does not wait for the other one.
    expect((await stores.ingest.recordFeedback([eventAt('new', NOW)], NOW)).stored).toBe(1);
    const dropping = whole('rawEvents');
    await delay(300);
    await other.query('COMMIT');
    expect(await dropping).toBe(1);
    expect(await stores.maintenance.dropPartition(partition!)).toBe(true);
  });

  it('of identities are not dropped between the moment a batch lists them and the moment it looks into them', async () => {
    const at = NOW - 28 * DAY;
    await stores.ingest.recordFeedback([eventAt('old', at)], at);
    const identities = (await stores.maintenance.partitions()).filter(({ holds }) => holds === 'identities');
    const batch = await pool.connect();
    onTestFinished(() => batch.release());
    await batch.query('BEGIN');
    // What `remember_events` does first.
    await batch.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('event_ids', 0))`);
    expect(await stores.maintenance.dropPartition(identities[0]!)).toBe(false);
    await batch.query('ROLLBACK');
    expect(await stores.maintenance.dropPartition(identities[0]!)).toBe(true);
  });

  it('of another table than those that are cut by time are nobody’s to drop', async () => {
    const wrong = { table: 'services', holds: 'events' as const, name: 'services', fromMs: 0, toMs: 1 };
    await expect(stores.maintenance.dropPartition(wrong)).rejects.toThrow(RangeError);
  });
});

/** An event so old that its partition goes is set aside; one that is as late as it may be finds its partition. */
it('keep every event that ingest takes for as long as it takes it', async () => {
  await run('partitionsAhead');
  const latest = NOW - KEPT.late;
  await stores.ingest.recordFeedback([eventAt('as late as it may be', latest)], NOW);
  expect(await run('rawEvents')).toEqual({ count: 0, more: false });
  expect(await stores.ingest.recordFeedback([eventAt('as late as it may be', latest)], NOW)).toMatchObject({
    duplicates: 1,
  });
});
