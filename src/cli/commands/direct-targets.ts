/**
 * The break-glass rollback of a service with several targets: each one as `direct-rollback.ts` does it, the route first, past one that does
 * not answer. All are written beyond the greatest generation that any of them tells, so that no workflow can bring one back.
 */
import { Failure } from '../../domain/failure.ts';
import { ROUTE } from '../../domain/supporting-target.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';
import { directRollback, type DirectRequest, type DirectResult } from './direct-rollback.ts';

export interface TargetResult {
  readonly name: string;
  readonly outcome:
    { readonly ok: true; readonly result: DirectResult } | { readonly ok: false; readonly failure: Failure };
}

type Clock = Parameters<typeof directRollback>[2];

/** One entry per target, the route first. Throws what is no `Failure`. */
export async function directEverywhere(
  gateway: Orchestrator,
  request: DirectRequest,
  clock: Clock,
): Promise<readonly TargetResult[]> {
  const parts = gateway.parts ?? [{ name: ROUTE, gateway }];
  const leaseGeneration =
    parts.length === 1
      ? request.leaseGeneration
      : await greatestKnown(
          parts.map((part) => part.gateway),
          request,
        );
  const results: TargetResult[] = [];
  for (const part of parts.toReversed()) {
    try {
      const result = await directRollback(part.gateway, { ...request, leaseGeneration }, clock);
      results.push({ name: part.name, outcome: { ok: true, result } });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      results.push({ name: part.name, outcome: { ok: false, failure: error } });
    }
  }
  return results;
}

async function greatestKnown(
  gateways: readonly Orchestrator[],
  { serviceId, leaseGeneration }: DirectRequest,
): Promise<number | null> {
  const read = await Promise.allSettled(gateways.map((gateway) => gateway.read(serviceId)));
  const known = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value.generation] : []));
  return known.length === 0 ? leaseGeneration : Math.max(...known, leaseGeneration ?? 0);
}
