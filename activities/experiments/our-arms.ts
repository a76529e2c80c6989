/**
 * Whether a gateway still serves the arms that an experiment left there: asked before each write, because the fence knows only who is newer.
 * What somebody wrote by hand under the live generation is found here and never overwritten.
 */
import { servesStableAlone } from '../../src/domain/live-change.ts';
import type { ExperimentDeployment, LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import type { LeaseHolder } from '../../src/ports/stores.ts';
import type { Weights } from '../../src/state/experiment/index.ts';
import { hashOf } from '../hash-of.ts';
import { requireRecorded, requireRun, stale, type Served } from '../ours.ts';
import type { ActivityPorts, GatewayWrite } from '../ports.ts';
import { isRecordedExperiment } from '../recorded-experiment.ts';

/** What an experiment serves, by hash: the bodies are in the store. */
export interface ArmsServed {
  /** Of the experiment, on the wire and in events. */
  readonly id: string;
  readonly salt: string;
  /** The control first. */
  readonly arms: readonly { readonly id: string; readonly hash: string }[];
}

/** What every write of an experiment carries. `leftNothing`: the arms were taken away by the experiment itself. */
export type ArmsWrite = Pick<
  GatewayWrite,
  'serviceId' | 'target' | 'generation' | 'revision' | 'idempotencyKey' | 'stableHash' | 'leftNothing'
> & { readonly experiment: ArmsServed };
/** One that only the lease's own run may make. */
export type OwnArmsWrite = ArmsWrite & { readonly holder: LeaseHolder };

/** How traffic is shared among the arms, and how much of it takes part. */
export interface Shares {
  readonly weights: Weights;
  readonly exposedPct: number;
}

type Ports = Pick<ActivityPorts, 'hash' | 'configurations' | 'experiments' | 'leases'>;

/**
 * What is live of this experiment: its arms, nothing any more since the lease ran out or the arms were taken away, or nothing yet.
 * @throws Failure StaleGeneration when somebody else has changed the service, LeaseMoved when this run is not the lease's (a reset)
 */
export async function requireOurArms(
  ports: Ports,
  write: OwnArmsWrite,
  live: LiveConfiguration,
): Promise<Served> {
  const found = await armsServedBy(ports, write, live);
  await requireRun(ports, write);
  return found;
}

/** The same of the gateway alone. */
export async function armsServedBy(
  ports: Pick<Ports, 'hash' | 'configurations' | 'experiments'>,
  write: ArmsWrite,
  live: LiveConfiguration,
): Promise<Served> {
  const { serviceId, generation, experiment } = write;
  const served = live.experiment ?? null;
  if (live.generation > generation)
    throw stale(`${serviceId}: generation ${live.generation} is live, this experiment is ${generation}`);
  if (hashOf(ports, live.stable.configuration) !== write.stableHash)
    throw stale(`${serviceId}: the stable configuration was changed at the gateway by somebody else`);
  if (served && areOurs(ports, served, experiment))
    return live.generation === generation ? 'ours' : 'unwritten';
  if (live.generation === generation) {
    const isGone = live.last_change.kind === 'leaseExpired' || write.leftNothing === true;
    if (servesStableAlone(live) && isGone) return 'leaseLost';
    const what = served ? 'another experiment is served' : 'the arms were taken away';
    throw stale(
      `${serviceId}: ${live.candidate ? 'a candidate is served' : what} (${live.last_change.kind})`,
    );
  }
  if (live.candidate) await requireRecorded(ports, serviceId, live.candidate);
  if (served && !(await isRecordedExperiment(ports, serviceId, served))) {
    throw stale(
      `${serviceId}: the gateway serves an experiment (${served.id}, generation ${served.generation}) that nobody recorded`,
    );
  }
  return 'unwritten';
}

/** Whether these are the arms of the experiment, whatever their weights. */
export function areOurs(
  ports: Pick<ActivityPorts, 'hash'>,
  served: ExperimentDeployment,
  { id, salt, arms }: ArmsServed,
): boolean {
  return (
    served.id === id &&
    served.salt === salt &&
    served.arms.length === arms.length &&
    served.arms.every((arm, i) => arm.id === arms[i]?.id && hashOf(ports, arm.configuration) === arms[i].hash)
  );
}

/** Whether traffic is shared as asked. Weights are the very numbers that were written. */
export function sharedAs(served: ExperimentDeployment, { weights, exposedPct }: Shares): boolean {
  return served.exposed_pct === exposedPct && served.arms.every(({ id, weight }) => weights[id] === weight);
}

/** The shares that the last read-back showed must still be served, or those that are being written: others are somebody's. */
export function requireShares(
  { serviceId }: ArmsWrite,
  live: LiveConfiguration,
  allowed: readonly Shares[],
): void {
  const { experiment } = live;
  if (!experiment || allowed.some((shares) => sharedAs(experiment, shares))) return;
  const shown = experiment.arms.map(({ id, weight }) => `${id} ${weight}`).join(', ');
  throw stale(
    `${serviceId}: arms are served as ${shown} to ${experiment.exposed_pct} %, this experiment left them otherwise: somebody else has changed it`,
  );
}
