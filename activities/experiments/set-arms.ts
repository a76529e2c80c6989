/** Mutate: what an experiment writes to a gateway, but for the renewal of its lease (`tick.ts`) and for taking it away (`control.ts`). */
import { Failure } from '../../src/domain/failure.ts';
import type { ExperimentDeployment, LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import type { Orchestrator } from '../../src/ports/orchestrator.ts';
import { onlyFalls } from '../../src/state/experiment/index.ts';
import { mismatch } from '../control.ts';
import { requireWatched } from '../lease-keeper.ts';
import type { ActivityPorts } from '../ports.ts';
import { requireNotFrozen, requireNotPaused } from '../standstill.ts';
import {
  areOurs,
  requireOurArms,
  requireShares,
  sharedAs,
  type ArmsWrite,
  type OwnArmsWrite,
  type Shares,
} from './our-arms.ts';

export interface ArmsSet extends Shares {
  readonly atMs: number;
  readonly leaseExpiresAtMs: number | null;
}

export type SetArmsRequest = OwnArmsWrite &
  Shares & {
    readonly leaseMs: number;
    /** What the last read-back showed; null before the first write and while the arms are away. */
    readonly servedAs: Shares | null;
    /** What was written since and never read back; left out by workflows from before. */
    readonly unread?: readonly Shares[];
    readonly forced: Readonly<Record<string, string>>;
    /** The first write of the experiment: units are counted anew from here. */
    readonly begins: boolean;
    /** And it waits for the end of a freeze. */
    readonly starts: boolean;
  };

/**
 * Mutate. Serves the arms by their weights under a lease, then reads back. Key: `idempotencyKey`; a second run with the same pair changes
 * nothing. Waits while the fleet is paused or the service frozen, unless exposure only falls or the start was forced in a freeze, and while the watchdog that it relies on is away. Final:
 * StaleGeneration when somebody else has changed the service, LeaseMoved, OrchestratorRejected, Unauthorized.
 */
export async function setArms(ports: ActivityPorts, write: SetArmsRequest): Promise<ArmsSet> {
  await requireWatched(ports, write);
  const gateway = ports.orchestratorFor(write.target);
  const before = await gateway.read(write.serviceId);
  const found = await requireOurArms(ports, write, before);
  const { servedAs, unread = [] } = write;
  if (found === 'ours') requireShares(write, before, [...(servedAs ? [servedAs] : []), ...unread, write]);
  // Less exposure waits for nobody.
  if (found !== 'ours' || servedAs === null || !onlyFalls(servedAs, write)) {
    await requireNotPaused(ports);
    const isForced = write.begins && !write.starts;
    if (!isForced) await requireNotFrozen(ports, write.serviceId);
  }
  const live = await writeArms(ports, gateway, write, await deploymentOf(ports, write));
  const atMs = ports.nowMs();
  const { serviceId, generation, weights, exposedPct } = write;
  // After the write: a database that is away has it tried again, and takes nothing back.
  if (write.begins) {
    const key = `experiment/${generation}/begins`;
    await ports.windows.countUnitsAnew({ serviceId, key, atMs, every: 'hour' });
  }
  return { atMs, weights, exposedPct, leaseExpiresAtMs: live.lease_expires_at };
}

/** Writes the arms under the pair, and reads back until they are served as asked. */
export async function writeArms(
  ports: Pick<ActivityPorts, 'hash'>,
  gateway: Orchestrator,
  write: ArmsWrite & Shares & { readonly leaseMs: number },
  experiment: ExperimentDeployment,
): Promise<LiveConfiguration> {
  if (!gateway.setExperiment)
    throw new Failure('OrchestratorRejected', `${write.serviceId}: its gateway serves no experiments`);
  await gateway.setExperiment({ ...write, experiment });
  const live = await gateway.read(write.serviceId);
  const served = live.experiment ?? null;
  if (!served || !areOurs(ports, served, write.experiment) || !sharedAs(served, write))
    throw mismatch(write, live, `the arms of ${write.experiment.id} to ${write.exposedPct} %`);
  return live;
}

/** The recorded arms as they go over the wire. Throws InvalidInput when they are not those that were admitted. */
async function deploymentOf(
  ports: Pick<ActivityPorts, 'experiments'>,
  { serviceId, generation, experiment, weights, exposedPct, forced }: SetArmsRequest,
): Promise<ExperimentDeployment> {
  const recorded = await ports.experiments.arms(serviceId, generation);
  return {
    id: experiment.id,
    salt: experiment.salt,
    exposed_pct: exposedPct,
    arms: experiment.arms.map(({ id, hash }) => {
      const body = recorded.find((each) => each.armId === id && each.hash === hash)?.body;
      if (!body)
        throw new Failure(
          'InvalidInput',
          `arm ${id} of ${serviceId}, generation ${generation}, is not recorded`,
        );
      return { id, weight: weights[id] ?? 0, configuration: body };
    }),
    ...(Object.keys(forced).length > 0 && { forced: { ...forced } }),
  };
}
