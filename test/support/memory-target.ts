/** A target in memory that judges writes by the contract's own reducer, and fails where a test says so. It keeps a log of what it did. */
import { reduceWrite, settle, toLiveConfiguration, type ServiceState } from '../../src/contract/index.ts';
import { Failure, type FailureType } from '../../src/domain/failure.ts';
import type {
  Configuration,
  ConfigurationWrite,
  LiveConfiguration,
} from '../../src/domain/orchestrator-wire.ts';
import type { Fence, Orchestrator } from '../../src/ports/orchestrator.ts';

/** `before`: nothing was done. `after`: it was done, and the answer was lost. */
export interface Fault {
  readonly when: 'before' | 'after';
  readonly type: FailureType;
}

export class MemoryTarget implements Orchestrator {
  readonly capabilities = {
    compareAndSwap: true,
    leased: true,
    sticky: true,
    live: true,
    convergenceMs: 0,
    smallestWeightPct: 0.01,
  };
  readonly name: string;
  readonly log: string[];
  /** What goes wrong with the next call. `what` is `read` or a write. */
  fault: (what: string) => Fault | null = () => null;
  /** Whether it can hold a shadow. */
  copies = true;
  /** Called after each change. */
  changed: () => void = () => undefined;
  #state: ServiceState;
  readonly #nowMs: () => number;

  constructor(
    name: string,
    stable: Configuration,
    of: { readonly log: string[]; readonly nowMs: () => number },
  ) {
    this.name = name;
    this.log = of.log;
    this.#nowMs = of.nowMs;
    const created = reduceWrite(
      undefined,
      {
        kind: 'create',
        write: {
          service_id: 'support-bot',
          configuration: { ...stable },
          deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
          generation: 1,
          revision: 0,
          idempotency_key: 'create',
        },
      },
      { nowMs: of.nowMs(), newSalt: 'salt' },
    );
    if (created.kind !== 'changed') throw new Error(`could not create: ${created.kind}`);
    this.#state = created.state;
  }

  /** What is live, past any fault. */
  get live(): LiveConfiguration {
    return toLiveConfiguration(this.#state, this.#nowMs());
  }

  read(): Promise<LiveConfiguration> {
    return this.#call('read', () => this.live);
  }

  validate(): Promise<readonly []> {
    return this.#call('validate', () => []);
  }

  setCandidate(write: Parameters<Orchestrator['setCandidate']>[0]): Promise<LiveConfiguration> {
    if (write.copyPct !== undefined && !this.copies) {
      return Promise.reject(new Failure('OrchestratorRejected', `${this.name} cannot copy requests`));
    }
    return this.#configure('candidate', write, {
      deployment:
        write.copyPct === undefined
          ? { strategy: 'CANARY', initial_percentage: write.weightPct }
          : { strategy: 'SHADOW', initial_percentage: write.copyPct },
      lease_seconds: write.leaseMs / 1_000,
    });
  }

  setStable(write: Parameters<Orchestrator['setStable']>[0]): Promise<LiveConfiguration> {
    return this.#configure('stable', write, {
      deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
    });
  }

  removeCandidate({ generation, revision }: Fence): Promise<LiveConfiguration> {
    const write = { generation, revision, idempotency_key: 'remove' };
    return this.#call('remove', () => this.#write('remove', { kind: 'rollback', write }));
  }

  #configure(
    what: 'candidate' | 'stable',
    write: Fence & { readonly configuration: Configuration },
    how: Pick<ConfigurationWrite, 'deployment'> & Partial<Pick<ConfigurationWrite, 'lease_seconds'>>,
  ): Promise<LiveConfiguration> {
    return this.#call(what, () =>
      this.#write(what, {
        kind: 'update',
        write: {
          service_id: 'support-bot',
          configuration: { ...write.configuration },
          generation: write.generation,
          revision: write.revision,
          idempotency_key: what,
          ...how,
        },
      }),
    );
  }

  #write(what: string, event: Parameters<typeof reduceWrite>[1]): LiveConfiguration {
    const nowMs = this.#nowMs();
    const outcome = reduceWrite(this.#state, event, { nowMs, newSalt: 'salt' });
    switch (outcome.kind) {
      case 'changed':
        this.#state = settle(outcome.state, nowMs);
        this.log.push(`${this.name} ${what}`);
        this.changed();
        return this.live;
      case 'unchanged':
        return this.live;
      case 'stale':
        throw new Failure('StaleGeneration', `live is (${this.#state.generation}, ${this.#state.revision})`);
      default:
        throw new Failure('OrchestratorRejected', `${outcome.kind}: ${JSON.stringify(outcome)}`);
    }
  }

  async #call<T>(what: string, run: () => T): Promise<T> {
    const fault = this.fault(what);
    const failure = fault && new Failure(fault.type, `${what} fails, as the test says`);
    if (failure && fault.when === 'before') throw failure;
    const done = run();
    if (failure) throw failure;
    return Promise.resolve(done);
  }
}
