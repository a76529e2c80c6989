/** Gives the embedded gateway the service that it serves at first, as a person would: one POST, once. */
import type { Unit } from '../src/domain/orchestrator-wire.ts';

/** Creates the service unless the gateway has it. Throws when the gateway refuses, with its answer. */
export async function seedGateway(
  gatewayUrl: string,
  service: { readonly serviceId: string; readonly model: string; readonly unit: Unit },
): Promise<void> {
  const url = `${gatewayUrl}/api/v1/configurations`;
  const known = await fetch(`${url}/${service.serviceId}`);
  if (known.ok) return;
  const created = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      service_id: service.serviceId,
      configuration: { model: service.model },
      deployment: { strategy: 'IMMEDIATE', initial_percentage: 100 },
      unit: service.unit,
      generation: 1,
      revision: 0,
      idempotency_key: `seed/${service.serviceId}`,
    }),
  });
  if (!created.ok) throw new Error(`the gateway refused ${service.serviceId}: ${await created.text()}`);
}
