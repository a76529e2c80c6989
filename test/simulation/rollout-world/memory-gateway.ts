/** A gateway in memory: the contract's own rules of writing, fence and lease, over the clock of the simulation. It can be slow to follow. */
import {
  candidateWeightPct,
  reduceWrite,
  settle,
  toLiveConfiguration,
  type GatewayWrite,
  type ServiceState,
} from '../../../src/contract/index.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { ConfigurationWrite } from '../../../src/domain/orchestrator-wire.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';

export interface MemoryGateway extends Orchestrator {
  /** The candidate's share of the traffic, 0 to 1, as it is served at this moment. */
  shareAt(atMs: number): number;
}

const SALT = 'simulation';

/** @param followsAfterMs how long it goes on serving the weight of before, after it has said that the new one is live */
export const memoryGateway = (setting: {
  readonly serviceId: string;
  readonly model: string;
  readonly nowMs: () => number;
  readonly followsAfterMs?: number;
}): MemoryGateway => {
  const { serviceId, nowMs, followsAfterMs = 0 } = setting;
  let state: ServiceState | undefined;
  /** The weights that were written, and when, for a gateway that follows late. */
  const written: { readonly atMs: number; readonly pct: number }[] = [];
  const write = (event: GatewayWrite) => {
    const outcome = reduceWrite(state, event, { nowMs: nowMs(), newSalt: SALT });
    if (outcome.kind === 'stale')
      throw new Failure('StaleGeneration', `${serviceId}: a greater pair is live`);
    if (!('state' in outcome)) throw new Failure('OrchestratorRejected', `${serviceId}: ${outcome.kind}`);
    state = outcome.state;
    const pct = candidateWeightPct(settle(state, nowMs()), nowMs());
    if (written.at(-1)?.pct !== pct) written.push({ atMs: nowMs(), pct });
    return toLiveConfiguration(state, nowMs());
  };
  const configure = (
    kind: 'create' | 'update',
    of: Pick<ConfigurationWrite, 'configuration' | 'generation' | 'revision'> & {
      readonly idempotencyKey: string;
    },
    deployment: ConfigurationWrite['deployment'],
    lease: { readonly lease_seconds?: number } = {},
  ) => {
    const { configuration, generation, revision, idempotencyKey } = of;
    const fence = { generation, revision, idempotency_key: idempotencyKey };
    return write({ kind, write: { service_id: serviceId, configuration, deployment, ...fence, ...lease } });
  };
  const immediate = { strategy: 'IMMEDIATE', initial_percentage: 100 } as const;
  const first = {
    configuration: { model: setting.model },
    generation: 1,
    revision: 1,
    idempotencyKey: 'first',
  };
  configure('create', first, immediate);

  return {
    capabilities: {
      compareAndSwap: true,
      leased: true,
      sticky: true,
      live: true,
      convergenceMs: followsAfterMs,
      smallestWeightPct: 0.01,
    },
    shareAt: (atMs) => {
      if (!state) return 0;
      if (followsAfterMs === 0) return candidateWeightPct(settle(state, atMs), atMs) / 100;
      return (written.findLast((each) => each.atMs + followsAfterMs <= atMs)?.pct ?? 0) / 100;
    },
    read: async () => {
      if (!state) throw new Failure('UnknownService', serviceId);
      return toLiveConfiguration(state, nowMs());
    },
    validate: async () => [],
    setCandidate: async (of) =>
      configure(
        'update',
        of,
        { strategy: 'CANARY', initial_percentage: of.weightPct },
        {
          lease_seconds: of.leaseMs / 1_000,
        },
      ),
    setStable: async (of) => configure('update', of, immediate),
    removeCandidate: async ({ generation, revision, idempotencyKey, reason }) =>
      write({ kind: 'rollback', write: { generation, revision, idempotency_key: idempotencyKey, reason } }),
  };
};
