/** Gives the embedded gateway the service that it serves at first, as a person would: one POST, once. */
import { describeProblem, Failure } from '../src/domain/failure.ts';
import { orchestratorErrorSchema, type Unit } from '../src/domain/orchestrator-wire.ts';

/** Creates the service unless the gateway has it. Throws when the gateway refuses, with what it found wrong in one line. */
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
  if (created.ok) return;
  const refusal = orchestratorErrorSchema.safeParse(await created.json().catch(() => null));
  const problems = refusal.data?.error.problems?.map(describeProblem).join('; ');
  throw new Failure(
    'OrchestratorRejected',
    `the gateway does not take ${service.serviceId}: ${problems ?? refusal.data?.error.message ?? created.status}`,
  );
}
