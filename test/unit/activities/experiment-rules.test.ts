/** What an experiment is refused or given at admission: a rollout that a workflow may not start, and a grid of whole milliseconds. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ActivityPorts } from '../../../activities/index.ts';
import { hashOf } from '../../../activities/hash-of.ts';
import { problemsOfGraduation } from '../../../activities/experiments/graduation-rules.ts';
import { gridOf } from '../../../activities/experiments/plan.ts';
import { nextOnGrid } from '../../../src/state/experiment/ticked.ts';
import { testSettings } from '../../support/settings.ts';

const MINUTE_MS = 60_000;
const stable = { model: 'old' };
const body = { model: 'new' };
const arms = [
  { id: 'control', body: stable, change: null },
  { id: 'other', body, change: body },
];

const portsOf = (decisions: readonly object[] = []) => {
  const needed = {
    nowMs: () => 0,
    hash: (text: string) => createHash('sha256').update(text).digest('hex'),
    decisions: { list: () => Promise.resolve(decisions) },
  };
  return needed as object as ActivityPorts;
};

describe('a winner that is to be rolled out', () => {
  const asked = async (
    rollout: Record<string, unknown>,
    decisions: readonly object[] = [],
    graduate = true,
  ) =>
    problemsOfGraduation(portsOf(decisions), testSettings('support-bot', { rollout }), {
      graduate,
      stable,
      arms,
    });

  it.each<readonly [string, Record<string, unknown>, RegExp | null]>([
    ['canary', {}, null],
    ['immediate', { strategy: 'immediate' }, /no workflow may start .* immediate/u],
    ['blueGreen', { strategy: 'blueGreen' }, /rollout of other with strategy blueGreen .* nothing/u],
    ['one step', { steps: [100] }, /rollout of other with strategy canary and steps 100 .* nothing/u],
  ])('is refused by field where its rollout would be: %s', async (_name, rollout, why) => {
    const found = await asked(rollout);
    expect(found.map(({ field, value }) => [field, value])).toEqual(why ? [['graduate', true]] : []);
    expect(found[0]?.expected ?? '').toMatch(why ?? /^$/u);
    expect(await asked(rollout, [], false)).toEqual([]);
  });

  it('is not refused where shadow evidence of it is there', async () => {
    const ports = portsOf();
    const detail = { stableHash: hashOf(ports, stable), candidateHash: hashOf(ports, body) };
    expect(await asked({ steps: [100] }, [{ atMs: 0, outcome: 'healthy', detail }])).toEqual([]);
  });
});

describe('the grid of ticks', () => {
  it.each([
    [31 * MINUTE_MS, 20 * MINUTE_MS, 31 * MINUTE_MS],
    [15 * MINUTE_MS, 20 * MINUTE_MS, 15 * MINUTE_MS],
    [2_000, 120_000, 2_000],
    // A prime: as much longer as the rounding of its ticks.
    [1_000_003, 7_001, 1_000_428],
  ])('has whole milliseconds, and each look on a tick: %i, lease %i', (lookMs, leaseMs, expected) => {
    const grid = gridOf(lookMs, leaseMs);
    expect(grid.lookMs).toBe(expected);
    expect([Number.isInteger(grid.tickMs), grid.lookMs % grid.tickMs]).toEqual([true, 0]);
    expect(grid.tickMs).toBeLessThanOrEqual(Math.ceil(Math.min(300_000, leaseMs / 4)));
  });

  it('has whole milliseconds also of an experiment that was planned without', () => {
    expect(nextOnGrid(1_000, 265_714.29, 1_000)).toBe(266_715);
  });
});
