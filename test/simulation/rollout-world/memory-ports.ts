/** What the rollout's activities touch, in memory, for one service: records without a database. Decides nothing. */
import { readRetention } from '../../../src/config/retention-settings.ts';
import { createHash } from 'node:crypto';
import type { ActivityPorts } from '../../../activities/index.ts';
import { withoutRegistry } from '../../../src/adapters/rest-registry/index.ts';
import { adoptService } from '../../../src/client/adopt-service.ts';
import { canonicalJson } from '../../../src/decision/index.ts';
import type { ServiceSettings } from '../../../src/domain/service-settings.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import type { ChangeLease, ConfigurationRecord, ServiceRecord } from '../../../src/ports/stores.ts';
import type { WindowStore } from '../../../src/ports/windows.ts';

/** Ports with an adopted service. What a simulated rollout never asks for refuses by name. */
export const memoryPorts = async (parts: {
  readonly settings: ServiceSettings;
  readonly gateway: Orchestrator;
  readonly windows: WindowStore;
  readonly nowMs: () => number;
}): Promise<ActivityPorts> => {
  const { settings, gateway, windows, nowMs } = parts;
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const never = (what: string) => async (): Promise<never> => {
    throw new RangeError(`${what}: no simulated rollout asks for it`);
  };
  const none = async (): Promise<readonly []> => [];
  const nothing = async (): Promise<void> => undefined;
  let service: ServiceRecord | null = null;
  const configurations = new Map<number, ConfigurationRecord>();
  const stableOf = () => [...configurations.values()].findLast(({ status }) => status === 'stable') ?? null;
  const become = (generation: number, status: ConfigurationRecord['status']) => {
    const known = configurations.get(generation);
    if (known) configurations.set(generation, { ...known, status });
  };
  let generations = 1;
  let lease: ChangeLease | null = null;
  const ports: ActivityPorts = {
    services: {
      put: async (given) => {
        service = { serviceId: given.serviceId, settings: given, adoptedAtMs: null, qualityReference: null };
      },
      get: async () => service,
      list: async () => (service ? [service] : []),
      adopt: async (_serviceId, at) => {
        if (service) service = { ...service, adoptedAtMs: at.nowMs, qualityReference: at.qualityReference };
      },
    },
    configurations: {
      record: async (entry, atMs) => {
        configurations.set(entry.generation, { ...entry, appliedAtMs: atMs, endedAtMs: null });
      },
      get: async (_serviceId, generation) => configurations.get(generation) ?? null,
      stable: async () => stableOf(),
      previousStable: async () => null,
      list: async () => [...configurations.values()].toReversed(),
      promote: async (_serviceId, generation) => {
        const before = stableOf();
        if (before) become(before.generation, 'retired');
        become(generation, 'stable');
      },
      end: async (_serviceId, generation, status) => become(generation, status),
      wasTakenBack: never('wasTakenBack'),
    },
    leases: {
      acquire: async ({ serviceId, holder, nowMs: acquiredAtMs }) => {
        lease = { serviceId, holder, generation: (generations += 1), acquiredAtMs };
        return { kind: 'acquired', generation: generations };
      },
      seize: never('seize'),
      renewRun: nothing,
      release: nothing,
      current: async () => lease,
    },
    decisions: { append: nothing, get: async () => null, list: none },
    audit: { append: nothing, list: none },
    rollouts: { upsert: nothing, list: none },
    registry: withoutRegistry,
    windows,
    mergedWindows: { merged: never('merge windows') },
    pairs: { freezeLimits: nothing, carryLimits: nothing, blocks: none },
    outcomes: { outcomes: async () => ({}), replace: nothing },
    experiments: {
      recordArms: never('record arms'),
      arms: never('read arms'),
      carryUnits: never('carry units'),
      upsert: never('record an experiment'),
      list: none,
    },
    experimentWindows: {
      experimentWindows: never('read an experiment'),
      experimentScores: never('read scores'),
      experimentSegments: never('read segments'),
      prePeriod: never('read a pre-period'),
    },
    fleet: { paused: async () => null, pause: nothing, resume: nothing },
    notifier: { send: nothing },
    orchestratorFor: () => gateway,
    workflows: {
      isClosed: async () => true,
      endOf: async () => null,
      startCycle: async () => false,
      tellCycle: nothing,
      startRestore: async () => false,
      running: () => Promise.resolve(null),
      firstRunOf: async () => null,
      signalRollback: async () => false,
    },
    openChanges: { list: none },
    maintenance: {
      nowMs: never('tell its time'),
      partitions: none,
      makePartitions: never('make partitions'),
      dropPartition: never('drop a partition'),
      mergeWindows: never('merge windows'),
      removeOld: never('remove rows'),
    },
    retention: () => readRetention({}),
    learned: { record: nothing, list: none },
    tokens: { count: never('count tokens') },
    promptWriter: { write: never('write a prompt') },
    watchdogs: { ask: never('ask a watchdog') },
    nowMs,
    hash,
  };
  await adoptService({ ...ports, hash: (body) => hash(canonicalJson(body)) }, settings, 'the simulation');
  return ports;
};
