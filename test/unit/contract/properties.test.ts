import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settle, weights } from '../../../src/contract/live.ts';
import { comparePairs, reduceWrite, type GatewayWrite } from '../../../src/contract/reducer.ts';
import type { ServiceState } from '../../../src/contract/service-state.ts';
import { canaryWrite, configurationWrite, created, T0 } from './support.ts';

const pair = fc.record({
  generation: fc.integer({ min: 0, max: 4 }),
  revision: fc.integer({ min: 0, max: 4 }),
});
const configuration = fc.constantFrom({ model: 'a' }, { model: 'b' });

const event: fc.Arbitrary<GatewayWrite> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('create' as const, 'update' as const),
    write: fc
      .tuple(pair, configuration)
      .map(([fence, body]) => configurationWrite({ ...fence, configuration: body })),
  }),
  fc.record({
    kind: fc.constantFrom('create' as const, 'update' as const),
    write: fc
      .tuple(
        pair,
        configuration,
        fc.integer({ min: 0, max: 100 }),
        fc.option(fc.integer({ min: 1, max: 100 })),
      )
      .map(([fence, body, pct, lease]) =>
        canaryWrite(pct, {
          ...fence,
          configuration: body,
          ...(lease === null ? {} : { lease_seconds: lease }),
        }),
      ),
  }),
  fc.record({
    kind: fc.constant('rollback' as const),
    write: pair.map((fence) => ({ ...fence, idempotency_key: 'k' })),
  }),
  fc.record({ kind: fc.constant('remove' as const), write: pair }),
  fc.constant<GatewayWrite>({ kind: 'errorRateExceeded', candidateHash: 'x' }),
);
const history = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 90_000 })), { maxLength: 40 });

/** Plays events with the time between them; calls `look` after each. */
function play(
  events: readonly (readonly [GatewayWrite, number])[],
  look: (before: ServiceState, after: ServiceState, nowMs: number) => void = () => {},
): { readonly state: ServiceState; readonly nowMs: number } {
  let state = created;
  let nowMs = T0;
  for (const [write, pauseMs] of events) {
    nowMs += pauseMs;
    const outcome = reduceWrite(state, write, { nowMs, newSalt: 'salt' });
    const after = outcome.kind === 'changed' ? outcome.state : state;
    look(state, after, nowMs);
    state = after;
  }
  return { state, nowMs };
}

describe('over any history of writes', () => {
  it('the pair never goes back, and moves whenever a writer changes something', () => {
    fc.assert(
      fc.property(history, (events) => {
        play(events, (before, after) => {
          expect(Math.sign(comparePairs(after, before))).toBe(after === before ? 0 : 1);
        });
      }),
      { seed: 1 },
    );
  });

  it('the weights sum to 1 and lie in 0..1 at every moment', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 10_000_000 }), (events, laterMs) => {
        const { state, nowMs } = play(events);
        const { stable, candidate } = weights(settle(state, nowMs + laterMs), nowMs + laterMs);
        expect(stable + candidate).toBe(1);
        expect(Math.min(stable, candidate)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 2 },
    );
  });

  it('after the lease only stable is served, as before the change, and the pair stays', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { state, nowMs } = play(events);
        const endMs = state.candidate?.leaseExpiresAtMs ?? null;
        fc.pre(endMs !== null);
        const later = settle(state, Math.max(endMs ?? 0, nowMs));
        expect(weights(later, nowMs)).toEqual({ stable: 1, candidate: 0 });
        expect(later.stable).toEqual(state.stable);
        expect(comparePairs(later, state)).toBe(0);
      }),
      { seed: 3 },
    );
  });

  it('a rollback with a greater pair always leaves stable alone live', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { state, nowMs } = play(events);
        fc.pre(!state.deleted);
        const write = { generation: state.generation, revision: state.revision + 1, idempotency_key: 'k' };
        const outcome = reduceWrite(state, { kind: 'rollback', write }, { nowMs, newSalt: 'salt' });
        expect(outcome).toMatchObject({ kind: 'changed', state: { candidate: null, stable: state.stable } });
      }),
      { seed: 4 },
    );
  });

  it('looking twice is looking once', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 200_000 }), (events, laterMs) => {
        const { state, nowMs } = play(events);
        const once = settle(state, nowMs + laterMs);
        expect(settle(once, nowMs + laterMs)).toEqual(once);
      }),
      { seed: 5 },
    );
  });
});
