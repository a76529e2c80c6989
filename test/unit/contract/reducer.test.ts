import { describe, expect, it } from 'vitest';
import type { ConfigurationWrite } from '../../../src/domain/orchestrator-wire.ts';
import { toLiveConfiguration } from '../../../src/contract/live.ts';
import type { ServiceState } from '../../../src/contract/service-state.ts';
import { applied, canaryWrite, configurationWrite, created, reduce, T0, withCandidate } from './support.ts';

const fence = (generation: number, revision: number) => ({ generation, revision, idempotency_key: 'k' });

describe('the fence', () => {
  it.each([
    [1, 0, { kind: 'stale', current: { generation: 1, revision: 0 } }],
    [0, 9, { kind: 'stale', current: { generation: 1, revision: 0 } }],
    [1, 1, { kind: 'changed' }],
    [2, 0, { kind: 'changed' }],
  ])('judges the pair (%d, %d) against the live (1, 0): %j', (generation, revision, expected) => {
    const write = canaryWrite(5, { generation, revision });
    expect(reduce(created, { kind: 'update', write })).toMatchObject(expected);
  });

  it('takes an equal pair with equal content as the same write, whatever its key and the order of its keys', () => {
    const configuration = { model: 'candidate', temperature: '0.2' };
    const state = withCandidate(5, { configuration });
    const again = canaryWrite(5, {
      configuration: { temperature: '0.2', model: 'candidate' },
      idempotency_key: 'other',
    });
    expect(reduce(state, { kind: 'update', write: again })).toEqual({ kind: 'unchanged', state });
  });

  it.each([
    ['weight', canaryWrite(6)],
    ['configuration', canaryWrite(5, { configuration: { model: 'other' } })],
    ['lease', canaryWrite(5, { lease_seconds: 60 })],
    ['strategy', canaryWrite(5, { deployment: { strategy: 'BLUE_GREEN', initial_percentage: 5 } })],
  ])('refuses an equal pair with another %s', (_what, write) => {
    expect(reduce(withCandidate(5), { kind: 'update', write }).kind).toBe('stale');
  });

  it('refuses an equal pair that rolls back instead of configuring', () => {
    expect(reduce(withCandidate(5), { kind: 'rollback', write: fence(2, 0) }).kind).toBe('stale');
  });
});

describe('what a write makes live', () => {
  it.each<[string, ServiceState, Record<string, unknown>]>([
    ['creation', created, { weight_pct: 0, candidate: null, last_change: { kind: 'created', at: T0 } }],
    ['a canary', withCandidate(5), { weight_pct: 5, strategy: 'CANARY', lease_expires_at: null }],
    ['a leased canary', withCandidate(5, { lease_seconds: 60 }), { lease_expires_at: T0 + 60_000 }],
    [
      'blue-green at 100',
      withCandidate(0, { deployment: { strategy: 'BLUE_GREEN', initial_percentage: 100 } }),
      { weight_pct: 100, strategy: 'BLUE_GREEN', stable: created.stable },
    ],
    [
      'an immediate configuration over a candidate',
      applied(withCandidate(50), {
        kind: 'update',
        write: configurationWrite({ configuration: { model: 'candidate' }, generation: 2, revision: 1 }),
      }),
      { weight_pct: 0, candidate: null, stable: { ...withCandidate(5).candidate?.version } },
    ],
    [
      'a rollback',
      applied(withCandidate(50), { kind: 'rollback', write: fence(2, 1) }),
      { weight_pct: 0, candidate: null, stable: created.stable, last_change: { kind: 'rolledBack', at: T0 } },
    ],
  ])('%s', (_name, state, expected) => {
    expect(toLiveConfiguration(state, T0)).toMatchObject(expected);
  });

  it('renews a lease by a write of greater revision and the same content', () => {
    const state = withCandidate(5, { lease_seconds: 60 });
    const renewed = applied(
      state,
      { kind: 'update', write: canaryWrite(5, { lease_seconds: 60, revision: 1 }) },
      T0 + 50_000,
    );
    expect(toLiveConfiguration(renewed, T0 + 100_000)).toMatchObject({
      weight_pct: 5,
      lease_expires_at: T0 + 110_000,
    });
  });

  it('keeps the salt while the service lives, so that units keep their arms', () => {
    const promoted = reduce(
      withCandidate(5),
      { kind: 'update', write: configurationWrite({ generation: 3 }) },
      T0,
    );
    expect(promoted).toMatchObject({ kind: 'changed', state: { salt: created.salt } });
  });
});

describe('what is refused', () => {
  it('an update of, a rollback of and a removal of what does not exist', () => {
    expect(reduce(undefined, { kind: 'update', write: configurationWrite() }).kind).toBe('unknownService');
    expect(reduce(undefined, { kind: 'rollback', write: fence(1, 0) }).kind).toBe('unknownService');
    expect(reduce(undefined, { kind: 'remove', write: fence(1, 0) }).kind).toBe('unknownService');
  });

  it('a candidate for a service without a stable configuration', () => {
    expect(reduce(undefined, { kind: 'create', write: canaryWrite(5) })).toMatchObject({
      kind: 'invalid',
      problems: [{ field: 'deployment.strategy' }],
    });
  });

  it.each<[string, Partial<ConfigurationWrite>, string]>([
    ['a lease on a stable configuration', { lease_seconds: 60 }, 'lease_seconds'],
    [
      'a share of an immediate configuration',
      { deployment: { strategy: 'IMMEDIATE', initial_percentage: 5 } },
      'deployment.initial_percentage',
    ],
    [
      'steps without an interval',
      { deployment: { strategy: 'CANARY', initial_percentage: 5, progression: [25] } },
      'deployment.progression_interval_minutes',
    ],
    [
      'an interval without steps',
      { deployment: { strategy: 'CANARY', initial_percentage: 5, progression_interval_minutes: 1 } },
      'deployment.progression',
    ],
    [
      'an error limit without a candidate',
      { deployment: { strategy: 'IMMEDIATE', initial_percentage: 100, rollback_on_error_rate: 0.1 } },
      'deployment.rollback_on_error_rate',
    ],
  ])('%s', (_name, overrides, field) => {
    const write = configurationWrite({ generation: 2, ...overrides });
    expect(reduce(created, { kind: 'update', write })).toMatchObject({
      kind: 'invalid',
      problems: [{ field }],
    });
  });
});

describe('a removed service', () => {
  const removed = applied(created, { kind: 'remove', write: fence(4, 2) });

  it('refuses the pairs up to its last one, and every write but a creation', () => {
    expect(
      reduce(removed, { kind: 'create', write: configurationWrite({ generation: 4, revision: 2 }) }),
    ).toEqual({
      kind: 'stale',
      current: { generation: 4, revision: 2 },
    });
    expect(reduce(removed, { kind: 'update', write: canaryWrite(5, { generation: 5 }) }).kind).toBe(
      'unknownService',
    );
    expect(applied(removed, { kind: 'create', write: configurationWrite({ generation: 5 }) })).toMatchObject({
      deleted: false,
      generation: 5,
      lastChange: { kind: 'created' },
    });
  });

  it('answers the removal again as before', () => {
    expect(reduce(removed, { kind: 'remove', write: fence(4, 2) })).toEqual({
      kind: 'unchanged',
      state: removed,
    });
  });
});

describe("the gateway's own guard", () => {
  it('takes the candidate back that had the errors, and keeps the pair', () => {
    const state = withCandidate(50);
    const hash = state.candidate?.version.hash ?? '';
    const after = applied(state, { kind: 'errorRateExceeded', candidateHash: hash }, T0 + 5);
    expect(toLiveConfiguration(after, T0 + 5)).toMatchObject({
      generation: 2,
      revision: 0,
      candidate: null,
      last_change: { kind: 'errorRateExceeded', at: T0 + 5 },
    });
  });

  it('leaves a newer candidate alone', () => {
    const state = withCandidate(50);
    expect(reduce(state, { kind: 'errorRateExceeded', candidateHash: 'older' })).toEqual({
      kind: 'unchanged',
      state,
    });
  });
});
