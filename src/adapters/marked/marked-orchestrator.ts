/**
 * The orchestrator port over a product without a fence: reads, compares, writes, reads back. The contract's own reducer judges
 * every write against the mark. A change that somebody made by hand is never overwritten: writes are refused as stale, and a
 * rollback takes our candidate away, if it is still there, and leaves the rest as it was found. But for a restore (`overHand`): what it
 * writes was asked for by name.
 */
import { z } from 'zod';
import {
  configurationHash,
  experimentHash,
  reduceWrite,
  servesChange,
  settle,
  toLiveConfiguration,
  type GatewayWrite,
  type ServiceState,
} from '../../contract/index.ts';
import { describeProblem, Failure, type Problem } from '../../domain/failure.ts';
import {
  experimentDeploymentSchema,
  type ExperimentDeployment,
  type LiveConfiguration,
} from '../../domain/orchestrator-wire.ts';
import { parseOrFail } from '../../domain/validate.ts';
import type { Fence, Orchestrator } from '../../ports/orchestrator.ts';
import { driftOf, isOurLateWrite, servesOurChange } from './drift.ts';
import { servedBy, unmarked, type Loaded, type MarkedProduct, type TakenAway } from './marked-product.ts';

const pair = ({ generation, revision }: Fence): string => `(generation ${generation}, revision ${revision})`;

/** @param clock milliseconds since the epoch */
export function createMarkedOrchestrator(product: MarkedProduct, clock: () => number): Orchestrator {
  const loaded = async (serviceId: string): Promise<Loaded> => {
    const found = await product.load(serviceId);
    if (!found) throw new Failure('UnknownService', `the product serves no service ${serviceId}`);
    return found;
  };

  const write = (
    what: string,
    serviceId: string,
    event: FencedWrite,
    overHand = false,
  ): Promise<LiveConfiguration> =>
    product.exclusive(serviceId, async () => {
      const before = await loaded(serviceId);
      const mark = before.mark ?? unmarked(serviceId, before.served, clock());
      const after = judged(what, mark, event, clock());
      const drift = isOurLateWrite(mark, before) ? null : driftOf(mark, before.served, before.unfinished);
      if (drift !== null && !overHand)
        throw await refuseDrift(product, { what, before, mark, after, event, drift });
      await product.store(serviceId, before, after);
      const back = await loaded(serviceId);
      const missed = back.mark === null ? 'the mark' : driftOf(after, back.served);
      if (missed !== null || back.mark?.writeHash !== after.writeHash) {
        throw new Failure(
          'OrchestratorUnavailable',
          `${what}: wrote ${pair(after)}, and ${missed ?? 'the mark'} was not what was written when read back`,
        );
      }
      return toLiveConfiguration(after, clock());
    });

  const configure = (
    what: string,
    strategy: 'CANARY' | 'IMMEDIATE' | 'EXPERIMENT',
    { serviceId, configuration, generation, revision, idempotencyKey, ...rest }: Configure,
  ): Promise<LiveConfiguration> => {
    const event: FencedWrite = {
      kind: 'update',
      write: {
        service_id: serviceId,
        configuration,
        deployment: {
          strategy,
          initial_percentage: rest.weightPct ?? 100,
          ...(rest.experiment && { experiment: rest.experiment }),
        },
        ...(rest.leaseMs !== undefined && { lease_seconds: rest.leaseMs / 1_000 }),
        generation,
        revision,
        idempotency_key: idempotencyKey,
      },
    };
    return write(what, serviceId, event, rest.overHand);
  };

  const setExperiment: NonNullable<Orchestrator['setExperiment']> = async ({ experiment, ...asked }) => {
    const what = `set experiment of ${asked.serviceId}`;
    requireWellFormed(what, experiment);
    for (const [i, { configuration }] of experiment.arms.entries()) {
      await requireServable(
        product,
        what,
        asked.serviceId,
        configuration,
        `experiment.arms[${i}].configuration`,
      );
    }
    const configuration = experiment.arms[0]?.configuration ?? {};
    return configure(what, 'EXPERIMENT', { ...asked, configuration, weightPct: 0, experiment });
  };

  return {
    capabilities: product.capabilities,
    read: async (serviceId) => {
      const { mark, served, unfinished = [], takenAway = [] } = await loaded(serviceId);
      // Until a write of several calls has ended, it counts as not made: nobody may take it for done.
      const [oldest] = unfinished;
      if (mark && oldest && driftOf(mark, served, unfinished) === null) {
        return asServed(oldest, servedBy(oldest), clock());
      }
      const known = mark ?? unmarked(serviceId, served, clock());
      const settled = product.capabilities.leased ? settle(known, clock()) : known;
      const expired = servesChange(known) && !servesChange(settled);
      return asServed(settled, expired ? servedAlone(served) : served, clock(), takenAway);
    },
    validate: async (serviceId, configuration) => {
      await loaded(serviceId);
      return product.validate(serviceId, configuration);
    },
    setCandidate: async (asked) => {
      const what = `set candidate of ${asked.serviceId}`;
      if (asked.copyPct !== undefined) {
        throw rejected(what, 'copyPct', asked.copyPct, 'no shadow: this product cannot copy requests');
      }
      const { smallestWeightPct } = product.capabilities;
      const steps = asked.weightPct / smallestWeightPct;
      if (Math.abs(steps - Math.round(steps)) > 1e-9) {
        throw rejected(what, 'weightPct', asked.weightPct, `a multiple of ${smallestWeightPct}`);
      }
      await requireServable(product, what, asked.serviceId, asked.configuration);
      return configure(what, 'CANARY', asked);
    },
    setStable: async (asked) => {
      const what = `set stable of ${asked.serviceId}`;
      await requireServable(product, what, asked.serviceId, asked.configuration);
      return configure(what, 'IMMEDIATE', asked);
    },
    ...(product.capabilities.experimentArms !== undefined && { setExperiment }),
    removeCandidate: ({ serviceId, generation, revision, idempotencyKey, reason }) =>
      write(`remove candidate of ${serviceId}`, serviceId, {
        kind: 'rollback',
        write: { generation, revision, idempotency_key: idempotencyKey, reason },
      }),
  };
}

type FencedWrite = Extract<GatewayWrite, { kind: 'update' | 'create' | 'rollback' }>;

interface Configure extends Fence {
  readonly serviceId: string;
  readonly configuration: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  readonly weightPct?: number;
  readonly leaseMs?: number;
  readonly overHand?: boolean;
  readonly experiment?: ExperimentDeployment;
}

/** The state after the write, or the failure that the contract has for it. */
function judged(what: string, mark: ServiceState, event: FencedWrite, nowMs: number): ServiceState {
  const outcome = reduceWrite(mark, event, { nowMs, newSalt: mark.salt });
  switch (outcome.kind) {
    case 'changed':
    case 'unchanged':
      return outcome.state;
    case 'stale':
      throw new Failure(
        'StaleGeneration',
        `${what}: ours is ${pair(event.write)}, live is ${pair(outcome.current)}`,
      );
    case 'unknownService':
      throw new Failure('UnknownService', `${what}: the service was removed from the product`);
    case 'invalid':
    default:
      throw refused(what, outcome.problems);
  }
}

interface Drifted {
  readonly what: string;
  readonly before: Loaded;
  readonly mark: ServiceState;
  readonly after: ServiceState;
  readonly event: FencedWrite;
  readonly drift: string;
}

/** A rollback still takes our own candidate or experiment away; nothing else of what was changed by hand is touched. */
async function refuseDrift(product: MarkedProduct, drifted: Drifted): Promise<Failure> {
  const { what, before, mark, after, event, drift } = drifted;
  const by = `${drift} was changed by hand at the product since ${pair(mark)}`;
  if (event.kind !== 'rollback' || !servesOurChange(mark, before)) {
    return new Failure('StaleGeneration', `${what}: ${by}; nothing was written`);
  }
  const { stable } = before.served;
  await product.store(mark.serviceId, before, {
    ...after,
    stable: { configuration: stable, generation: mark.stable.generation, hash: configurationHash(stable) },
  });
  return new Failure(
    'StaleGeneration',
    `${what}: ${by}; our ${mark.experiment ? 'experiment' : 'candidate'} was taken away, the rest was left`,
  );
}

/** What a gateway of the contract checks as the write comes in. */
function requireWellFormed(what: string, experiment: ExperimentDeployment): void {
  try {
    parseOrFail(z.object({ experiment: experimentDeploymentSchema }), { experiment }, what);
  } catch (error) {
    throw error instanceof Failure ? refused(what, error.problems) : error;
  }
}

/** What is served, in the contract's words: the mark's pair and lease, the product's configurations and weight. */
function asServed(
  mark: ServiceState,
  served: Loaded['served'],
  nowMs: number,
  takenAway: readonly TakenAway[] = [],
): LiveConfiguration {
  type Known = Pick<TakenAway, 'hash' | 'generation'>;
  const version = (configuration: Readonly<Record<string, string>>, ours: readonly Known[]) => {
    const hash = configurationHash(configuration);
    return { configuration, hash, generation: ours.find((known) => known.hash === hash)?.generation ?? 0 };
  };
  const tried = mark.candidate === null ? takenAway : [mark.candidate.version, ...takenAway];
  const { experiment, ...live } = toLiveConfiguration({ ...mark, candidate: null }, nowMs);
  return {
    ...live,
    ...(served.experiment && {
      experiment: { ...served.experiment, generation: generationOf(experiment, served.experiment) },
    }),
    stable: version(served.stable, [mark.stable]),
    candidate: served.candidate === null ? null : version(served.candidate, tried),
    weight_pct: served.candidate === null ? 0 : served.weightPct,
    lease_expires_at: (mark.candidate ?? mark.experiment)?.leaseExpiresAtMs ?? null,
  };
}

/** Zero for one that the mark does not name: somebody else's, or ours as somebody changed it. */
function generationOf(marked: LiveConfiguration['experiment'], served: ExperimentDeployment): number {
  return marked && experimentHash(marked) === experimentHash(served) ? marked.generation : 0;
}

/** What is served once the lease has run out. */
function servedAlone({ stable, weightPct }: Loaded['served']): Loaded['served'] {
  return { stable, candidate: null, weightPct };
}

async function requireServable(
  product: MarkedProduct,
  what: string,
  serviceId: string,
  configuration: Readonly<Record<string, string>>,
  at = 'configuration',
): Promise<void> {
  const problems = (await product.validate(serviceId, configuration)).map((problem) => ({
    ...problem,
    field: `${at}.${problem.field}`,
  }));
  if (problems.length > 0) throw refused(what, problems);
}

function rejected(what: string, field: string, value: unknown, expected: string): Failure {
  return refused(what, [{ field, value, expected }]);
}

function refused(what: string, problems: readonly Problem[]): Failure {
  return new Failure(
    'OrchestratorRejected',
    `${what}: ${problems.map(describeProblem).join('; ')}`,
    problems,
  );
}
