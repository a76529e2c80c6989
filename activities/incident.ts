/**
 * What is done about an anomaly when no change is in flight: the service is put on its backup model, as a recorded configuration of its
 * own. Whether that is asked for is decided by `src/state/incident.ts`; naming `candidates.backup` is the consent to it.
 */
import { sameConfiguration } from '../src/domain/change.ts';
import { Failure } from '../src/domain/failure.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import { servesStableAlone } from '../src/domain/live-change.ts';
import type { Notice, Notify } from '../src/domain/notice.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { cycleInputSchema } from '../src/domain/workflow-input.ts';
import type { Orchestrator, StableWrite } from '../src/ports/orchestrator.ts';
import type { ConfigurationRecord, LeaseHolder } from '../src/ports/stores.ts';
import type { Message } from '../src/state/messages.ts';
import { adoptedService } from './adopted-service.ts';
import { withModel } from './backup-route.ts';
import { mismatch } from './control.ts';
import { hashOf } from './hash-of.ts';
import type { ActivityPorts } from './ports.ts';
import { requireStill, stableOf } from './served-as-recorded.ts';
import { inReverse } from './several-targets.ts';
import { standstillOf } from './standstill.ts';
import { takeLease } from './take-lease.ts';

/** Who put a configuration there, when the backup route did: `backup/<service>`. */
const SOURCE = 'backup/';

export interface IncidentRequest {
  /** The cycle's input. */
  readonly input: unknown;
  readonly anomaly: Extract<Message, { name: 'anomaly' }>;
  readonly holder: LeaseHolder;
}

/** `inFlight`: a change holds the service after all, and the anomaly is its business. */
export type IncidentResponse = { readonly serviceId: string; readonly reason: string } & (
  | { readonly kind: 'routed'; readonly notify: Notify; readonly notice: Notice }
  | { readonly kind: 'left' }
  | { readonly kind: 'inFlight'; readonly workflowId: string }
);

/** Whether the configuration is a backup route that nobody has ended yet. */
export function isBackupRoute({ source }: Pick<ConfigurationRecord, 'source'>): boolean {
  return source.startsWith(SOURCE);
}

/**
 * Mutate. Takes the change lease, serves the backup model as the stable configuration of a new generation, reads it back, records it and
 * gives the lease back. Key: the holder's run; a second run repeats the same write, and one after the end finds the service on its backup
 * route. Final: InvalidInput, UnknownService, ChangeInFlight when the gateway serves what nobody recorded, StaleGeneration,
 * OrchestratorRejected. People end it with `restoreConfiguration`.
 */
export async function respondToIncident(
  ports: ActivityPorts,
  { input, anomaly, holder }: IncidentRequest,
): Promise<IncidentResponse> {
  const { serviceId } = parseOrFail(cycleInputSchema, input, 'input of optimizationCycle');
  const { settings } = await adoptedService(ports, serviceId);
  const left = (reason: string): IncidentResponse => ({ kind: 'left', serviceId, reason });
  const lease = await ports.leases.current(serviceId);
  const isOurs = lease?.holder.workflowId === holder.workflowId && lease.holder.runId === holder.runId;
  if (lease && !isOurs && !(await ports.workflows.isClosed(lease.holder))) {
    const { workflowId } = lease.holder;
    return { kind: 'inFlight', serviceId, workflowId, reason: `${workflowId} holds the service` };
  }
  const why = await whyNot(ports, settings);
  if (why !== null) return left(why);

  const gateway = ports.orchestratorFor(gatewayTargetOf(settings));
  const live = await gateway.read(serviceId);
  const stable = await stableFor(ports, settings, live, isOurs);
  if (stable === null) return left('the service is on its backup route already');
  const route = routeOf(ports, settings, stable);
  if (route === null)
    return left(`the service is served by its backup model ${settings.candidates.backup ?? ''}`);

  const generation = await takeLease(ports, serviceId, holder, live.generation);
  if (!isOurs) await requireStill(ports, stable, holder);
  const nowMs = ports.nowMs();
  await ports.configurations.record(
    { serviceId, generation, ...route, status: 'trying', source: `${SOURCE}${serviceId}` },
    nowMs,
  );
  const write = {
    serviceId,
    generation,
    revision: 1,
    idempotencyKey: `${holder.workflowId}/${generation}/1`,
  };
  try {
    await gateway.setStable({ ...write, configuration: route.body });
    const after = await gateway.read(serviceId);
    if (!servesStableAlone(after) || hashOf(ports, after.stable.configuration) !== route.hash)
      throw mismatch(write, after, 'the backup model as stable');
  } catch (error) {
    if (error instanceof Failure && error.final) {
      await backEverywhere(gateway, write, stable.body);
      await giveUp(ports, serviceId, generation, holder);
    }
    throw error;
  }
  await ports.configurations.promote(serviceId, generation, ports.nowMs());
  const summary = `model ${stable.body['model'] ?? '?'} -> ${route.body['model'] ?? '?'} (backup route)`;
  const reason = `${anomaly.severity} anomaly: ${anomaly.anomalyType}; ${summary}; restoreConfiguration {"to":"previous"} ends it`;
  const id = `${holder.workflowId}/${generation}/backup`;
  await ports.audit.append({
    id,
    serviceId,
    actor: anomaly.by,
    action: 'backupRoute',
    detail: { summary, generation, anomaly },
    atMs: ports.nowMs(),
  });
  await ports.leases.release(serviceId, holder);
  const notice: Notice = {
    id,
    kind: 'held',
    serviceId,
    workflowId: holder.workflowId,
    generation,
    summary,
    weightPct: 100,
    reason,
    by: anomaly.by,
    evidence: route.hash,
    atMs: nowMs,
  };
  return { kind: 'routed', serviceId, reason, notify: settings.notify, notice };
}

/** With several targets: those that took the backup model serve what they did before, in reverse. What fails is left to a person. */
async function backEverywhere(
  { parts }: Orchestrator,
  write: Omit<StableWrite, 'configuration'>,
  stable: Configuration,
): Promise<void> {
  await inReverse(parts ?? [], async (part) => {
    await part.gateway.setStable({
      ...write,
      revision: write.revision + 1,
      configuration: part.share(stable),
    });
  }).catch(() => undefined);
}

/** Why nothing is done about it: nobody consented, or everything stands still. */
async function whyNot(ports: ActivityPorts, settings: ServiceSettings): Promise<string | null> {
  if (settings.mode === 'off') return 'the service is in mode off';
  if (settings.candidates.backup === undefined)
    return 'the service names no backup model (candidates.backup)';
  return standstillOf(ports, settings);
}

/**
 * The recorded stable configuration, null when that is a backup route already. A second run of ours may find the route served and not yet
 * recorded as stable: what is recorded still counts then.
 */
async function stableFor(
  ports: ActivityPorts,
  settings: ServiceSettings,
  live: LiveConfiguration,
  isOurs: boolean,
): Promise<ConfigurationRecord | null> {
  const { serviceId } = settings;
  const recorded = await ports.configurations.stable(serviceId);
  if (recorded && isBackupRoute(recorded) && recorded.body['model'] === settings.candidates.backup)
    return null;
  if (!isOurs || !recorded) return stableOf(ports, serviceId, live);
  const served = live.stable.configuration;
  const isRoute = sameConfiguration(served, withModel(recorded.body, settings.candidates.backup ?? ''));
  return isRoute ? recorded : stableOf(ports, serviceId, live);
}

function routeOf(ports: ActivityPorts, { candidates }: ServiceSettings, stable: ConfigurationRecord) {
  if (candidates.backup === undefined) return null;
  const body = withModel(stable.body, candidates.backup);
  return sameConfiguration(body, stable.body) ? null : { body, hash: hashOf(ports, body) };
}

/** The gateway refused: nothing of it is live, and the next change must not find our lease. */
async function giveUp(
  ports: ActivityPorts,
  serviceId: string,
  generation: number,
  holder: LeaseHolder,
): Promise<void> {
  await ports.configurations.end(serviceId, generation, 'superseded', ports.nowMs());
  await ports.leases.release(serviceId, holder);
}
