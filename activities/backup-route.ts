/**
 * Mutate. The backup route of a rollout: the service's backup model in the candidate's place, for everybody. The stable configuration is
 * not touched, so whatever takes a candidate away ends it.
 */
import { sameConfiguration } from '../src/domain/change.ts';
import { Failure } from '../src/domain/failure.ts';
import { servesStableAlone } from '../src/domain/live-change.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { BackupRoute } from '../src/state/rollout/index.ts';
import { mismatch, recorded } from './control.ts';
import { hashOf } from './hash-of.ts';
import { requireOurs, type OwnWrite } from './ours.ts';
import type { ActivityPorts } from './ports.ts';
import { requireNotPaused } from './standstill.ts';

const EVERYBODY_PCT = 100;

type RouteWrite = OwnWrite & { readonly route: BackupRoute };

/**
 * Mutate. Serves the backup model to everybody under a lease, or renews that lease, then reads back. Key: `idempotencyKey`; a second run
 * with the same pair changes nothing. Waits while the fleet is paused, except to renew. Final: StaleGeneration when somebody else has
 * changed the service, OrchestratorRejected when the gateway does not take the model, Unauthorized.
 */
export async function routeToBackup(
  ports: ActivityPorts,
  write: RouteWrite & { readonly leaseMs: number },
): Promise<{ readonly atMs: number; readonly leaseExpiresAtMs: number | null }> {
  const { route } = write;
  const gateway = ports.orchestratorFor(write.target);
  const before = await gateway.read(write.serviceId);
  if (!isOverPromotion(ports, write, before)) await requireOurs(ports, write, before, gateway);
  if (!serves(ports, before, route)) await requireNotPaused(ports);
  const configuration = await bodyOf(ports, write, before);
  await gateway.setCandidate({ ...write, configuration, weightPct: EVERYBODY_PCT });
  const live = await gateway.read(write.serviceId);
  if (!serves(ports, live, route))
    throw mismatch(write, live, `the backup model ${route.model} for everybody`);
  return { atMs: ports.nowMs(), leaseExpiresAtMs: live.lease_expires_at };
}

/** The backup route of a rollout; null when there is no model for it but those that serve already, or are tried. */
export function backupOf(
  ports: Pick<ActivityPorts, 'hash'>,
  model: string | undefined,
  { stable, candidate }: { readonly stable: Configuration; readonly candidate: Configuration },
): BackupRoute | null {
  if (model === undefined) return null;
  const configuration = withModel(stable, model);
  return sameConfiguration(configuration, stable) || sameConfiguration(configuration, candidate)
    ? null
    : { model, hash: hashOf(ports, configuration) };
}

/** The stable configuration with another model in it. */
export function withModel(stable: Configuration, model: string): Configuration {
  return { ...stable, model };
}

/** A promotion that had been written when the anomaly came, with or without the backup model beside it. */
function isOverPromotion(ports: ActivityPorts, write: RouteWrite, live: LiveConfiguration): boolean {
  const { candidate, stable } = live;
  return (
    live.generation === write.generation &&
    hashOf(ports, stable.configuration) === write.candidateHash &&
    (servesStableAlone(live) ||
      (candidate !== null && hashOf(ports, candidate.configuration) === write.route.hash))
  );
}

function serves(ports: ActivityPorts, live: LiveConfiguration, route: BackupRoute): boolean {
  const { candidate, weight_pct } = live;
  return (
    candidate !== null &&
    weight_pct === EVERYBODY_PCT &&
    hashOf(ports, candidate.configuration) === route.hash
  );
}

/** From what the gateway serves, so that no database is needed; from the record when a promotion had been written already. */
async function bodyOf(
  ports: ActivityPorts,
  write: RouteWrite,
  live: LiveConfiguration,
): Promise<Configuration> {
  const { serviceId, stableHash, stableGeneration, route } = write;
  const served = live.stable.configuration;
  const stable =
    hashOf(ports, served) === stableHash
      ? served
      : (await recorded(ports, serviceId, stableGeneration, stableHash)).body;
  const configuration = withModel(stable, route.model);
  if (hashOf(ports, configuration) === route.hash) return configuration;
  throw new Failure('InvalidInput', `${serviceId}: the backup route is not the one that was admitted`);
}
