/**
 * Adopts a service: reads what its gateway serves now and records it as generation 1, stable. Nothing acts on a service
 * before. A service that is adopted already keeps its record; only its settings are replaced.
 */
import { sameConfiguration } from '../domain/change.ts';
import { Failure } from '../domain/failure.ts';
import { servesStableAlone, whatIsTried } from '../domain/live-change.ts';
import type { LiveConfiguration } from '../domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../domain/service-settings.ts';
import { gatewayTargetOf } from '../domain/supporting-target.ts';
import type { Orchestrator, OrchestratorFor } from '../ports/orchestrator.ts';
import type { OutcomeCatalogue } from '../ports/outcomes.ts';
import type { AuditLog, ConfigurationStore, ServiceStore } from '../ports/stores.ts';
import type { Configuration } from '../domain/orchestrator-wire.ts';

export interface AdoptPorts {
  readonly services: ServiceStore;
  readonly configurations: ConfigurationStore;
  readonly outcomes: OutcomeCatalogue;
  readonly audit: AuditLog;
  readonly orchestratorFor: OrchestratorFor;
  readonly nowMs: () => number;
  readonly hash: (configuration: Configuration) => string;
}

/**
 * Records settings and, at the first time, what is live. Throws `ChangeInFlight` when a candidate or an experiment is being served: it
 * cannot be told whose it is.
 */
export async function adoptService(
  ports: AdoptPorts,
  settings: ServiceSettings,
  by: string,
): Promise<LiveConfiguration> {
  const { serviceId } = settings;
  const gateway = ports.orchestratorFor(gatewayTargetOf(settings));
  const live = await gateway.read(serviceId);
  await requireFitting(gateway, serviceId, live);
  const known = await ports.services.get(serviceId);
  const adopted = known !== null && known.adoptedAtMs !== null;
  if (!servesStableAlone(live) && !adopted) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves ${whatIsTried(live) ?? ''}; take it away before adopting`,
    );
  }
  await ports.services.put(settings);
  if (adopted) {
    await recordNewKeys(ports, settings, live);
    return live;
  }
  const nowMs = ports.nowMs();
  const generation = Math.max(1, live.stable.generation);
  const body = live.stable.configuration;
  await ports.configurations.record(
    { serviceId, generation, body, hash: ports.hash(body), status: 'trying', source: 'adoption' },
    nowMs,
  );
  await ports.configurations.promote(serviceId, generation, nowMs);
  await ports.services.adopt(serviceId, {
    nowMs,
    qualityReference: await referenceOf(ports, serviceId, body['model']),
  });
  await ports.audit.append({
    id: `adoption/${serviceId}`,
    serviceId,
    actor: by,
    action: 'adopt',
    detail: { generation, model: body['model'] ?? null },
    atMs: nowMs,
  });
  return live;
}

/** Several targets are adopted as one configuration: each must serve its share of it and nothing else. */
async function requireFitting(
  gateway: Orchestrator,
  serviceId: string,
  live: LiveConfiguration,
): Promise<void> {
  for (const part of gateway.parts ?? []) {
    const served = (await part.gateway.read(serviceId)).stable.configuration;
    const expected = part.share(live.stable.configuration);
    if (sameConfiguration(served, expected)) continue;
    const shown = (configuration: Configuration) => Object.keys(configuration).toSorted().join(', ');
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the target ${part.name} serves ${shown(served)}, expected ${shown(expected)}, and the model of the route (${live.stable.configuration['model'] ?? 'none'})`,
    );
  }
}

/**
 * A target that is named for a service that was adopted before brings keys that nobody recorded: what is served is recorded anew. Anything
 * else that differs from the record was changed by hand, and stays for a person to settle.
 */
async function recordNewKeys(
  ports: AdoptPorts,
  settings: ServiceSettings,
  live: LiveConfiguration,
): Promise<void> {
  const { serviceId, targets } = settings;
  const body = live.stable.configuration;
  const stable = await ports.configurations.stable(serviceId);
  if (!stable || !servesStableAlone(live) || sameConfiguration(stable.body, body)) return;
  const isNew = (key: string) =>
    stable.body[key] === undefined && targets.some(({ keys }) => keys.includes(key));
  const known = Object.fromEntries(Object.entries(body).filter(([key]) => !isNew(key)));
  if (!sameConfiguration(stable.body, known)) return;
  const [newest] = await ports.configurations.list(serviceId);
  const generation = Math.max(newest?.generation ?? 0, live.generation) + 1;
  const nowMs = ports.nowMs();
  await ports.configurations.record(
    { serviceId, generation, body, hash: ports.hash(body), status: 'trying', source: 'adoption' },
    nowMs,
  );
  await ports.configurations.promote(serviceId, generation, nowMs);
}

/** Recorded quality of the incumbent: every later change is held against it. */
async function referenceOf(
  ports: AdoptPorts,
  serviceId: string,
  model: string | undefined,
): Promise<number | null> {
  if (model === undefined) return null;
  const recorded = (await ports.outcomes.outcomes(serviceId, [model]))[model];
  if (!recorded || recorded.length === 0) return null;
  return recorded.reduce((sum, each) => sum + each.quality, 0) / recorded.length;
}
