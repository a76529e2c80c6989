/** The upkeep: no clock is believed alone, one partition in use holds up no other, and a portion that is cancelled ends. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { CancelledFailure } from '@temporalio/activity';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maintain, planMaintenance } from '../../../activities/maintenance.ts';
import { readRetention } from '../../../src/config/retention-settings.ts';
import type { Partition } from '../../../src/domain/retention.ts';
import type { MaintenanceStore } from '../../../src/ports/maintenance.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const NOW = Date.parse('2026-03-10T12:30:00Z');
const PLAN = { nowMs: NOW, kept: readRetention({}) };

describe('the time by which a run removes', () => {
  const planAt = (oursMs: number, theirsMs = NOW) =>
    planMaintenance(
      {
        retention: () => PLAN.kept,
        nowMs: () => oursMs,
        maintenance: { nowMs: () => Promise.resolve(theirsMs) },
      },
      { input: {} },
    );

  it.each([
    ['20 days ahead', 20 * DAY, '2026-03-30T12:30:00.000Z'],
    ['20 days behind', -20 * DAY, '2026-02-18T12:30:00.000Z'],
    ['a little more than 5 minutes ahead', 5 * MINUTE + 1, '2026-03-10T12:35:00.001Z'],
  ])('is not settled while the worker is %s of the database: it is tried again', async (_what, by, ours) => {
    await expect(planAt(NOW + by)).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringMatching(
        new RegExp(`2026-03-10T12:30:00\\.000Z.*${ours.replaceAll('.', '\\.')}`, 'u'),
      ) as string,
    });
  });

  it('is not settled while the database has none', async () => {
    await expect(planAt(NOW, Number.NaN)).rejects.toMatchObject({ type: 'StoreUnavailable' });
  });

  it('is the earlier of both', async () => {
    expect(await planAt(NOW + 4 * MINUTE)).toEqual(PLAN);
    expect(await planAt(NOW - 4 * MINUTE)).toEqual({ ...PLAN, nowMs: NOW - 4 * MINUTE });
  });
});

const never = () => Promise.reject(new Error('nobody asks for this'));
const nobody: MaintenanceStore = {
  nowMs: never,
  partitions: never,
  makePartitions: never,
  dropPartition: never,
  mergeWindows: never,
  removeOld: never,
};

describe('partitions that are too old', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  /** A store of these partitions, each with its age in days; `inUse` cannot be locked. A try takes a tenth of a second. */
  function storeOf(ages: Readonly<Record<string, number>>, inUse: Set<string>) {
    const dropped: string[] = [];
    const partitions: Partition[] = Object.entries(ages).map(([name, days]) => {
      const toMs = NOW - days * DAY;
      const holds = name.startsWith('ids') ? ('identities' as const) : ('events' as const);
      return { table: 't', holds, name, fromMs: toMs - DAY, toMs };
    });
    const store: MaintenanceStore = {
      ...nobody,
      partitions: () => Promise.resolve(partitions.filter(({ name }) => !dropped.includes(name))),
      dropPartition: async ({ name }) => {
        vi.setSystemTime(Date.now() + 100);
        if (!inUse.has(name)) dropped.push(name);
        return !inUse.has(name);
      },
    };
    const run = async () => {
      const portion = maintain({ maintenance: store, nowMs: Date.now }, { step: 'rawEvents', plan: PLAN });
      portion.catch(() => undefined);
      await vi.advanceTimersByTimeAsync(60_000);
      return portion;
    };
    return { dropped, run };
  }

  it('go whatever holds another one, events first, and those that are left are told', async () => {
    const { dropped, run } = storeOf({ ids: 90, a: 30, b: 20, c: 10, d: 1 }, new Set(['a', 'b']));
    expect(await run()).toEqual({ count: 2, more: true });
    expect(dropped).toEqual(['c', 'ids']);
    await expect(run()).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringMatching(/^a, b: in use/u) as string,
    });
  });

  it('go when whoever held them has gone', async () => {
    const inUse = new Set(['a']);
    const { dropped, run } = storeOf({ a: 30, b: 20 }, inUse);
    expect(await run()).toEqual({ count: 1, more: true });
    inUse.clear();
    expect(await run()).toEqual({ count: 1, more: false });
    expect(dropped).toEqual(['b', 'a']);
  });

  it('are a portion of ten seconds', async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`p${i}`, 300 - i]));
    const { run } = storeOf(many, new Set());
    expect(await run()).toEqual({ count: 100, more: true });
    expect(await run()).toEqual({ count: 50, more: false });
  });
});

it('a portion ends at its next statement when it is cancelled', async () => {
  const environment = new MockActivityEnvironment();
  let asked = 0;
  const store: MaintenanceStore = {
    ...nobody,
    removeOld: async (_what, _kept, _nowMs, { enough }) => {
      for (;;) {
        asked += 1;
        if (asked === 3) environment.cancel();
        if (enough() || asked === 10) return { rows: asked, more: true };
      }
    },
  };
  const ran = environment.run(() =>
    maintain({ maintenance: store, nowMs: () => NOW }, { step: 'windows', plan: PLAN }),
  );
  await expect(ran).rejects.toThrow(CancelledFailure);
  expect(asked).toBe(3);
});
