/**
 * Adopts a service: reads what its gateway serves now and records it as generation 1, stable. Nothing acts on a service
 * before. A service that is adopted already keeps its record; only its settings are replaced.
 */
import { Failure } from '../domain/failure.ts';
import type { LiveConfiguration } from '../domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../domain/service-settings.ts';
import type { OrchestratorFor } from '../ports/orchestrator.ts';
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
 * Records settings and, at the first time, what is live. Throws `ChangeInFlight` when a candidate is being served: it
 * cannot be told whose it is.
 */
export async function adoptService(
  ports: AdoptPorts,
  settings: ServiceSettings,
  by: string,
): Promise<LiveConfiguration> {
  const { serviceId } = settings;
  const live = await ports.orchestratorFor(settings.orchestrator).read(serviceId);
  const known = await ports.services.get(serviceId);
  const adopted = known !== null && known.adoptedAtMs !== null;
  if (live.candidate && !adopted) {
    throw new Failure(
      'ChangeInFlight',
      `${serviceId}: the gateway serves a candidate (generation ${live.candidate.generation}); take it away before adopting`,
    );
  }
  await ports.services.put(settings);
  if (adopted) return live;
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
