/**
 * Who takes a candidate away when the optimizer is gone: the gateway by itself, a watchdog that is there to be asked, or nobody, where
 * that was accepted in the settings. A watchdog counts by what it answers, never by being named.
 */
import { Failure, type Problem } from '../src/domain/failure.ts';
import type { GateReport } from '../src/domain/gate.ts';
import { targetOf, type GatewayTarget } from '../src/domain/gateway-target.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import type { LeasedBy, RolloutPlan } from '../src/state/rollout/index.ts';
import type { ActivityPorts } from './ports.ts';

type Ports = Pick<ActivityPorts, 'orchestratorFor' | 'watchdogs'>;

/** Its last good look may be this many of its rounds old. */
const FRESH_ROUNDS = 3;

export type LeaseKeeper =
  { readonly kind: 'kept'; readonly by: LeasedBy } | { readonly kind: 'refused'; readonly problem: Problem };

/** Of the route alone: supporting targets are of drivers that keep leases. A watchdog that sees another stable configuration watches another product. */
export async function leaseKeeperOf(
  ports: Ports,
  { serviceId, orchestrator }: ServiceSettings,
): Promise<LeaseKeeper> {
  const gateway = ports.orchestratorFor(targetOf(orchestrator));
  if (gateway.capabilities.leased) return { kind: 'kept', by: 'gateway' };
  const { driver, watchdog, unleased } = orchestrator;
  const missing =
    watchdog === undefined
      ? null
      : await watchdogFailure(ports, watchdog, serviceId, (await gateway.read(serviceId)).stable.hash);
  if (watchdog !== undefined && missing === null) return { kind: 'kept', by: 'watchdog' };
  if (unleased === 'accepted') return { kind: 'kept', by: 'unleased' };
  const problem =
    watchdog === undefined
      ? {
          field: 'orchestrator.watchdog',
          value: watchdog,
          expected: `the address of a watchdog, since ${driver} keeps no leases, or orchestrator.unleased: accepted`,
        }
      : {
          field: 'orchestrator.watchdog',
          value: watchdog,
          expected: `a watchdog that watches: ${missing ?? ''}`,
        };
  return { kind: 'refused', problem };
}

/** Null: it watches this service on this product, and looked lately. */
async function watchdogFailure(
  { watchdogs }: Pick<ActivityPorts, 'watchdogs'>,
  url: string,
  serviceId: string,
  stableHash: string | null,
): Promise<string | null> {
  try {
    const watched = await watchdogs.ask(url, serviceId);
    const { ageMs, everyMs, failure } = watched;
    if (ageMs === null || ageMs > FRESH_ROUNDS * everyMs) {
      const age = ageMs === null ? 'it has never read the product' : `its last good look is ${ageMs} ms old`;
      return `${age}${failure === null ? '' : ` (${failure})`}`;
    }
    const same = stableHash === null || watched.stableHash === stableHash;
    return same ? null : 'it sees another stable configuration: it watches another product';
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/** @throws Failure OrchestratorUnavailable, which is tried again: no weight is set while the watchdog that it relies on is away */
export async function requireWatched(
  ports: Pick<ActivityPorts, 'watchdogs'>,
  { serviceId, target }: { readonly serviceId: string; readonly target: GatewayTarget },
): Promise<void> {
  if (target.watchdog === undefined) return;
  const failure = await watchdogFailure(ports, target.watchdog, serviceId, null);
  if (failure !== null) {
    throw new Failure(
      'OrchestratorUnavailable',
      `${serviceId}: no weight is set without its watchdog: ${failure}`,
    );
  }
}

/** The gate of a look, where the gateway keeps no lease by itself. */
export async function leaseGate(
  ports: Pick<ActivityPorts, 'watchdogs'>,
  { serviceId, target, leasedBy }: RolloutPlan,
): Promise<readonly GateReport[]> {
  const report = { id: 'lease', observed: null, limit: null } as const;
  if (leasedBy === 'unleased') {
    const reason = 'unleased, as accepted: nothing takes the candidate away when the optimizer is gone';
    return [{ ...report, outcome: 'unknown', reason }];
  }
  if (target.watchdog === undefined) return [];
  const failure = await watchdogFailure(ports, target.watchdog, serviceId, null);
  return failure === null
    ? [{ ...report, outcome: 'pass', reason: `the watchdog at ${target.watchdog} keeps the lease` }]
    : [{ ...report, outcome: 'waiting', reason: `the watchdog at ${target.watchdog}: ${failure}` }];
}
