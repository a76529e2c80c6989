/**
 * Tells a registry of experiments: `POST /api/v1/experiments` at the start, `PUT /api/v1/experiments/{id}/results` at the end. It never retries.
 */
import { Failure } from '../../domain/failure.ts';
import type { ExperimentRegistry } from '../../ports/experiment-registry.ts';

const TIMEOUT_MS = 5_000;
/** It knows this experiment already. */
const CONFLICT = 409;

/** @param url of the registry, without the path */
export function createRestRegistry(url: string): ExperimentRegistry {
  const send = async (method: 'POST' | 'PUT', path: string, body: unknown, fine: readonly number[]) => {
    const where = new URL(path, url);
    let status: number;
    try {
      const answer = await fetch(where, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      status = answer.status;
      await answer.body?.cancel();
    } catch (error) {
      throw new Failure('RegistryUnavailable', `${method} ${where.href}: ${String(error)}`);
    }
    if (status < 300 || fine.includes(status)) return;
    throw new Failure('RegistryUnavailable', `${method} ${where.href} answered ${status}`);
  };
  return {
    begun: ({ id, serviceId, name, hypothesis, arms, startedAtMs, requestedBy }) =>
      send(
        'POST',
        '/api/v1/experiments',
        {
          id,
          service_id: serviceId,
          name,
          hypothesis,
          variants: arms.map((arm) => ({ id: arm.id, summary: arm.summary, configuration_hash: arm.hash })),
          started_at: new Date(startedAtMs).toISOString(),
          started_by: requestedBy,
        },
        [CONFLICT],
      ),
    ended: (id, { outcome, winner, reason, conclusion, totals, endedAtMs }) =>
      send(
        'PUT',
        `/api/v1/experiments/${encodeURIComponent(id)}/results`,
        {
          outcome,
          winner,
          reason,
          conclusion,
          variants: totals,
          ended_at: new Date(endedAtMs).toISOString(),
        },
        [],
      ),
  };
}
