/** A shadow in the contract: everybody stays with stable, a share of requests is copied, lease and fence are the canary's. */
import { describe, expect, it } from 'vitest';
import { assignArm, isCopied, settle, toLiveConfiguration, weights } from '../../../src/contract/index.ts';
import { liveToMessage, messageToLive } from '../../../src/actuator/index.ts';
import { applied, canaryWrite, created, reduce, T0 } from './support.ts';

const shadowWrite = (copyPct: number, more: object = {}) =>
  canaryWrite(0, { deployment: { strategy: 'SHADOW', initial_percentage: copyPct }, ...more });
const shadow = applied(created, { kind: 'update', write: shadowWrite(20, { lease_seconds: 60 }) });

describe('a shadow', () => {
  it('shows its candidate, no weight, the share that is copied, and its lease', () => {
    const live = toLiveConfiguration(shadow, T0);
    expect(live).toMatchObject({
      strategy: 'SHADOW',
      weight_pct: 0,
      copy_pct: 20,
      candidate: { configuration: { model: 'candidate' }, generation: 2 },
      lease_expires_at: T0 + 60_000,
    });
    expect(messageToLive(liveToMessage(live))).toEqual(live);
  });

  it('assigns nobody to the candidate, and copies a fair share of requests whatever their unit', () => {
    expect(weights(shadow, T0)).toEqual({ stable: 1, candidate: 0 });
    const ids = Array.from({ length: 20_000 }, (_, i) => `request-${i}`);
    expect(ids.every((id) => assignArm(shadow, id, weights(shadow, T0).candidate) === 'stable')).toBe(true);
    const copied = ids.filter((id) => isCopied(shadow, id, 0.2)).length / ids.length;
    expect(Math.abs(copied - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / ids.length));
    expect(ids.some((id) => isCopied(shadow, id, 0))).toBe(false);
  });

  it('is over when its lease is, or when it is rolled back', () => {
    expect(settle(shadow, T0 + 60_000)).toMatchObject({
      candidate: null,
      lastChange: { kind: 'leaseExpired' },
    });
    const back = applied(shadow, {
      kind: 'rollback',
      write: { generation: 2, revision: 1, idempotency_key: 'k' },
    });
    expect(toLiveConfiguration(back, T0)).toMatchObject({ candidate: null, weight_pct: 0 });
    expect(toLiveConfiguration(back, T0)).not.toHaveProperty('copy_pct');
  });

  it('becomes a canary by a greater pair, and is fenced like one', () => {
    const live = applied(shadow, { kind: 'update', write: canaryWrite(5, { revision: 1 }) });
    expect(toLiveConfiguration(live, T0)).toMatchObject({ strategy: 'CANARY', weight_pct: 5 });
    expect(reduce(live, { kind: 'update', write: shadowWrite(50) })).toMatchObject({ kind: 'stale' });
  });

  it.each<[string, object, string]>([
    [
      'that copies nothing',
      { deployment: { strategy: 'SHADOW', initial_percentage: 0 } },
      'deployment.initial_percentage',
    ],
    [
      'with steps of its own',
      {
        deployment: {
          strategy: 'SHADOW',
          initial_percentage: 20,
          progression: [50],
          progression_interval_minutes: 1,
        },
      },
      'deployment.progression',
    ],
    [
      'with an error rate to act on',
      { deployment: { strategy: 'SHADOW', initial_percentage: 20, rollback_on_error_rate: 0.1 } },
      'deployment.rollback_on_error_rate',
    ],
  ])('%s is refused by field', (_what, more, field) => {
    const outcome = reduce(created, { kind: 'update', write: canaryWrite(0, more) });
    expect(outcome).toMatchObject({ kind: 'invalid', problems: [{ field }] });
  });
});
