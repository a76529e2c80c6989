/**
 * A product that serves configurations but knows neither pairs nor leases. What the contract needs (the whole service state) is
 * kept inside the product, as a mark: so it is there when our database is not, and a rollback needs the product alone.
 */
import { configurationHash, liveExperiment, type ServiceState } from '../../contract/index.ts';
import type { Problem } from '../../domain/failure.ts';
import type { Configuration, ExperimentDeployment, Unit } from '../../domain/orchestrator-wire.ts';
import type { Capabilities } from '../../ports/orchestrator.ts';

/** What the product serves by its own words, whatever the mark says. `weightPct` is the candidate's share, 0..100. */
export interface Served {
  readonly stable: Configuration;
  readonly candidate: Configuration | null;
  readonly weightPct: number;
  /** Where the product can serve one (`capabilities.experimentArms`) and does. */
  readonly experiment?: ExperimentDeployment;
  /** What is assigned to an arm, and the salt of the assignment, where the product knows them. */
  readonly unit?: Unit;
  readonly salt?: string;
}

/** One reading. `mark` is null before our first write. `version` is what the product has to tell one reading from another. */
export interface Loaded {
  readonly mark: ServiceState | null;
  readonly served: Served;
  readonly version: string;
  /**
   * Where serving takes several calls: the states before writes that may have stopped half-way, oldest first. The mark is written
   * first, so what is found is a mixture of these and the mark, and it is ours.
   */
  readonly unfinished?: readonly ServiceState[];
  /** The last candidates of ours that were taken away, newest first, where a write can land late (`takenAwayOf`). */
  readonly takenAway?: readonly TakenAway[];
}

/** A candidate that was taken away at `atMs`, ms since the epoch. `hash` and `generation` are its version's. */
export interface TakenAway {
  readonly hash: string;
  readonly generation: number;
  readonly atMs: number;
}

/** More writes than this that stop one after the other are told by the oldest and the newest. */
const LONGEST_UNFINISHED = 3;

/** What a write of several calls has to keep beside its mark until it has ended. */
export function unfinishedOf(before: Loaded, after: ServiceState): readonly ServiceState[] {
  const last = before.mark ?? unmarked(after.serviceId, before.served, after.lastChange.atMs);
  const isSameWrite = last.generation === after.generation && last.revision === after.revision;
  const earlier = before.unfinished ?? [];
  const all = isSameWrite && earlier.length > 0 ? earlier : [...earlier, last];
  return all.length <= LONGEST_UNFINISHED ? all : [...all.slice(0, 1), ...all.slice(1 - LONGEST_UNFINISHED)];
}

/** What a driver implements. Every method throws `Failure` as the orchestrator port says. */
export interface MarkedProduct {
  readonly capabilities: Capabilities;
  /** Null: the product does not know the service. */
  load(serviceId: string): Promise<Loaded | null>;
  validate(serviceId: string, configuration: Configuration): Promise<readonly Problem[]>;
  /**
   * Makes the product serve `after` and keeps it as the mark, as one step where the product can. `before` is the reading that
   * was judged: a product that can tell refuses when it has changed since. Where only the mark differs, what is served is not touched.
   * What takes several calls writes the mark first, beside what was served before (`unfinished`), and clears that last.
   */
  store(serviceId: string, before: Loaded, after: ServiceState): Promise<void>;
  /** Runs `run` while no other process of ours writes this service. */
  exclusive<T>(serviceId: string, run: () => Promise<T>): Promise<T>;
}

/** What a product has to serve for this state. The candidate's progression plays no part: the optimizer drives the steps. */
export const servedBy = ({ stable, candidate, experiment }: ServiceState): Served => ({
  stable: stable.configuration,
  candidate: candidate?.version.configuration ?? null,
  weightPct: candidate?.initialPct ?? 0,
  ...(experiment && { experiment: liveExperiment(experiment) }),
});

/** The state of a service that nobody of ours has written to: pair (0, 0), so that any write of ours is greater. */
export const unmarked = (serviceId: string, served: Served, nowMs: number): ServiceState => {
  const version = (configuration: Configuration) => ({
    configuration,
    generation: 0,
    hash: configurationHash(configuration),
  });
  return {
    serviceId,
    unit: served.unit ?? 'request',
    salt: served.salt ?? serviceId,
    generation: 0,
    revision: 0,
    writeHash: '',
    strategy: served.candidate === null ? 'IMMEDIATE' : 'CANARY',
    stable: version(served.stable),
    candidate:
      served.candidate === null
        ? null
        : {
            version: version(served.candidate),
            strategy: 'CANARY',
            initialPct: served.weightPct,
            leaseExpiresAtMs: null,
            progression: null,
            maxErrorRate: null,
          },
    // Nobody of ours wrote it, so nobody renews it: it is told until somebody takes it away.
    ...(served.experiment && {
      experiment: { ...served.experiment, generation: 0, leaseExpiresAtMs: Number.MAX_SAFE_INTEGER },
    }),
    lastChange: { kind: 'applied', atMs: nowMs },
    deleted: false,
  };
};
