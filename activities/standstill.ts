/** Whether a service may be changed now: the fleet's pause and its own freeze windows. A rollback never asks. */
import { Failure } from '../src/domain/failure.ts';
import { frozenBecause } from '../src/domain/freeze.ts';
import type { GateReport } from '../src/domain/gate.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import type { ActivityPorts } from './ports.ts';

type Ports = Pick<ActivityPorts, 'fleet' | 'nowMs'>;

/** Why nothing may change now, null when it may. */
export async function standstillOf(ports: Ports, settings: ServiceSettings): Promise<string | null> {
  return (await fleetPause(ports)) ?? frozenBecause(settings.change.freeze, ports.nowMs());
}

/** The fleet's pause alone, in words. */
export async function fleetPause(ports: Pick<ActivityPorts, 'fleet'>): Promise<string | null> {
  const pause = await ports.fleet.paused();
  return pause ? `the fleet is paused by ${pause.by}: ${pause.reason}` : null;
}

/** @throws Failure GovernanceUnavailable, which is tried again: a write that is due when the fleet is paused waits for it */
export async function requireNotPaused(ports: Pick<ActivityPorts, 'fleet'>): Promise<void> {
  const paused = await fleetPause(ports);
  if (paused !== null) throw new Failure('GovernanceUnavailable', paused);
}

/**
 * A change that waited for an approval, or goes on, may find itself in a freeze that was not there when it was admitted.
 * @throws Failure GovernanceUnavailable, which is tried again
 */
export async function requireNotFrozen(
  ports: Pick<ActivityPorts, 'services' | 'nowMs'>,
  serviceId: string,
): Promise<void> {
  const service = await ports.services.get(serviceId);
  const frozen = service && frozenBecause(service.settings.change.freeze, ports.nowMs());
  if (typeof frozen === 'string') throw new Failure('GovernanceUnavailable', `${serviceId} is ${frozen}`);
}

/** The gate of a look: no step goes on while a standstill lasts. */
export async function standstillGate(
  ports: Ports & Pick<ActivityPorts, 'services'>,
  serviceId: string,
): Promise<GateReport> {
  const service = await ports.services.get(serviceId);
  const why = service ? await standstillOf(ports, service.settings) : null;
  const report = { id: 'standstill', observed: null, limit: null } as const;
  return why === null
    ? { ...report, outcome: 'pass', reason: 'neither a pause nor a freeze' }
    : { ...report, outcome: 'waiting', reason: why };
}
