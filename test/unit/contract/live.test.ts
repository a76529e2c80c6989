import { describe, expect, it } from 'vitest';
import { candidateWeightPct, settle, toLiveConfiguration } from '../../../src/contract/live.ts';
import { applied, canaryWrite, T0, withCandidate } from './support.ts';

const MINUTE_MS = 60_000;

describe('a lease', () => {
  const state = withCandidate(25, { lease_seconds: 60 });

  it('holds until the millisecond it ends', () => {
    expect(toLiveConfiguration(state, T0 + MINUTE_MS - 1)).toMatchObject({ weight_pct: 25 });
  });

  it('leaves the stable configuration, the pair, and the moment it ended', () => {
    expect(toLiveConfiguration(state, T0 + 99 * MINUTE_MS)).toMatchObject({
      weight_pct: 0,
      candidate: null,
      generation: 2,
      revision: 0,
      lease_expires_at: null,
      last_change: { kind: 'leaseExpired', at: T0 + MINUTE_MS },
    });
  });
});

describe('a progression', () => {
  const deployment = {
    strategy: 'CANARY' as const,
    initial_percentage: 5,
    progression: [25, 50],
    progression_interval_minutes: 10,
  };
  const state = withCandidate(5, { deployment });

  it.each([
    [0, 5, 'applied', 0],
    [9.99, 5, 'applied', 0],
    [10, 25, 'progressed', 10],
    [19, 25, 'progressed', 10],
    [20, 50, 'progressed', 20],
    [500, 50, 'progressed', 20],
  ])('after %d minutes serves %d %%: %s at minute %d', (minutes, weightPct, kind, atMinute) => {
    const live = toLiveConfiguration(state, T0 + minutes * MINUTE_MS);
    expect(live).toMatchObject({
      weight_pct: weightPct,
      last_change: { kind, at: T0 + atMinute * MINUTE_MS },
    });
  });

  it('goes on where it stands when the same content is written again', () => {
    const renewed = applied(
      state,
      { kind: 'update', write: canaryWrite(5, { deployment, revision: 1 }) },
      T0 + 15 * MINUTE_MS,
    );
    expect(candidateWeightPct(renewed, T0 + 15 * MINUTE_MS)).toBe(25);
    expect(candidateWeightPct(renewed, T0 + 20 * MINUTE_MS)).toBe(50);
  });

  it('starts anew with another candidate', () => {
    const write = canaryWrite(5, { deployment, revision: 1, configuration: { model: 'other' } });
    const other = applied(state, { kind: 'update', write }, T0 + 15 * MINUTE_MS);
    expect(candidateWeightPct(other, T0 + 15 * MINUTE_MS)).toBe(5);
  });

  it('ends with the lease', () => {
    const leased = withCandidate(5, { deployment, lease_seconds: 900 });
    expect(settle(leased, T0 + 15 * MINUTE_MS)).toMatchObject({
      candidate: null,
      lastChange: { kind: 'leaseExpired', atMs: T0 + 15 * MINUTE_MS },
    });
  });
});
