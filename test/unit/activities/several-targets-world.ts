/** Three targets in memory (cache, limits, route) behind the real composite and the real activities that write to them. */
import { createHash } from 'node:crypto';
import type { ActivityPorts, GatewayWrite } from '../../../activities/index.ts';
import { hashOf } from '../../../activities/hash-of.ts';
import { createCompositeOrchestrator } from '../../../src/adapters/composite-orchestrator/index.ts';
import type { Configuration } from '../../../src/domain/orchestrator-wire.ts';
import { gatewayTargetOf, ROUTE, routePart, supportingPart } from '../../../src/domain/supporting-target.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import { MemoryTarget } from '../../support/memory-target.ts';

export const STABLE: Configuration = { model: 'old', temperature: '0.2', cacheTtlSeconds: '60', rpm: '100' };
export const CANDIDATE: Configuration = {
  model: 'new',
  temperature: '0.2',
  cacheTtlSeconds: '600',
  rpm: '50',
};
export const LEASE_MS = 600_000;

const TARGETS = [
  { name: 'cache', driver: 'rest', url: 'http://cache', keys: ['cacheTtlSeconds'] },
  { name: 'limits', driver: 'rest', url: 'http://limits', keys: ['rpm'] },
] as const;

export const target = gatewayTargetOf({
  orchestrator: { driver: 'rest', url: 'http://route' },
  targets: TARGETS,
});

export class SeveralTargets {
  nowMs = 1_700_000_000_000;
  readonly log: string[] = [];
  readonly route: MemoryTarget;
  readonly cache: MemoryTarget;
  readonly limits: MemoryTarget;
  readonly composite: Orchestrator;
  readonly ports: ActivityPorts;
  databaseIsAway = false;
  fleetIsPaused = false;
  revision = 0;

  constructor() {
    const of = { log: this.log, nowMs: () => this.nowMs };
    const [cache, limits] = TARGETS;
    this.cache = new MemoryTarget('cache', supportingPart(STABLE, cache), of);
    this.limits = new MemoryTarget('limits', supportingPart(STABLE, limits), of);
    this.route = new MemoryTarget('route', routePart(STABLE, TARGETS), of);
    const byUrl = new Map([
      [cache.url, this.cache],
      [limits.url, this.limits],
      ['http://route', this.route],
    ]);
    const driverFor = ({ url }: { readonly url: string }): Orchestrator => {
      const found = byUrl.get(url);
      if (!found) throw new Error(`no target at ${url}`);
      return found;
    };
    this.composite = createCompositeOrchestrator({ ...target, also: target.also ?? [] }, driverFor);
    this.ports = this.#ports();
  }

  get targets(): readonly MemoryTarget[] {
    return [this.cache, this.limits, this.route];
  }

  /** What the next write of the workflow carries. */
  next(): GatewayWrite {
    this.revision += 1;
    const hash = (configuration: Configuration) => hashOf(this.ports, configuration);
    const hashes = (share: (whole: Configuration) => Configuration) => ({
      stableHash: hash(share(STABLE)),
      candidateHash: hash(share(CANDIDATE)),
    });
    return {
      serviceId: 'support-bot',
      target,
      generation: 2,
      revision: this.revision,
      idempotencyKey: `rollout/support-bot/2/${this.revision}`,
      stableHash: hash(STABLE),
      parts: Object.fromEntries([
        ...TARGETS.map((each) => [each.name, hashes((whole) => supportingPart(whole, each))] as const),
        [ROUTE, hashes((whole) => routePart(whole, TARGETS))] as const,
      ]),
      stableGeneration: 1,
      candidateHash: hash(CANDIDATE),
    };
  }

  /** What each target says that it serves, such as `stable 1` or `candidate 2 beside 1`. */
  served(): Record<string, string> {
    return Object.fromEntries(
      this.targets.map(({ name, live }) => [
        name,
        live.candidate
          ? `${live.candidate.generation} beside ${live.stable.configuration['model'] ?? '?'}`
          : `${live.stable.configuration['model'] ?? '?'} alone`,
      ]),
    );
  }

  /** Only what the writing activities need: they run here without a database. */
  #ports(): ActivityPorts {
    const bodies = new Map([
      [1, STABLE],
      [2, CANDIDATE],
    ]);
    const needed = {
      orchestratorFor: () => this.composite,
      nowMs: () => this.nowMs,
      hash: (text: string) => createHash('sha256').update(text).digest('hex'),
      fleet: {
        paused: () =>
          Promise.resolve(this.fleetIsPaused ? { by: 'ann', reason: 'incident 7', atMs: 0 } : null),
      },
      // Freeze windows are in the settings: there are none.
      services: { get: () => Promise.resolve(null) },
      windows: {
        countUnitsAnew: () =>
          this.databaseIsAway ? Promise.reject(new Error('the database is away')) : Promise.resolve(),
      },
      configurations: {
        get: (serviceId: string, generation: number) => {
          if (this.databaseIsAway) return Promise.reject(new Error('the database is away'));
          const body = bodies.get(generation) ?? {};
          return Promise.resolve({
            serviceId,
            generation,
            body,
            hash: hashOf(this.ports, body),
            status: 'trying',
            source: 'rollout/support-bot',
            appliedAtMs: null,
            endedAtMs: null,
          });
        },
      },
    };
    return needed as object as ActivityPorts;
  }
}

export const ALL_STABLE = { cache: 'old alone', limits: 'old alone', route: 'old alone' };
export const ALL_PROMOTED = { cache: 'new alone', limits: 'new alone', route: 'new alone' };
export const ALL_TRIED = { cache: '2 beside old', limits: '2 beside old', route: '2 beside old' };
