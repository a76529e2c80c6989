/** Writes and states for the gateway's unit tests. */
import type { ConfigurationWrite } from '../../../src/domain/orchestrator-wire.ts';
import { reduceWrite, type GatewayWrite, type Outcome } from '../../../src/contract/reducer.ts';
import type { ServiceState } from '../../../src/contract/service-state.ts';

export const T0 = 1_700_000_000_000;

export function configurationWrite(overrides: Partial<ConfigurationWrite> = {}): ConfigurationWrite {
  return {
    service_id: 'support-bot',
    configuration: { model: 'incumbent' },
    deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
    generation: 1,
    revision: 0,
    idempotency_key: 'k',
    ...overrides,
  };
}

export function canaryWrite(pct: number, overrides: Partial<ConfigurationWrite> = {}): ConfigurationWrite {
  return configurationWrite({
    configuration: { model: 'candidate' },
    deployment: { strategy: 'CANARY', initial_percentage: pct },
    generation: 2,
    ...overrides,
  });
}

export function reduce(before: ServiceState | undefined, write: GatewayWrite, nowMs = T0): Outcome {
  return reduceWrite(before, write, { nowMs, newSalt: 'salt' });
}

/** The state after a write that must be accepted. */
export function applied(before: ServiceState | undefined, write: GatewayWrite, nowMs = T0): ServiceState {
  const outcome = reduce(before, write, nowMs);
  if (outcome.kind !== 'changed') throw new Error(`expected a change, got ${JSON.stringify(outcome)}`);
  return outcome.state;
}

export const created = applied(undefined, { kind: 'create', write: configurationWrite() });

export function withCandidate(pct: number, overrides: Partial<ConfigurationWrite> = {}): ServiceState {
  return applied(created, { kind: 'update', write: canaryWrite(pct, overrides) });
}
