/**
 * The audit entry of a break-glass rollback: written at once when the database answers, kept by the person as a line of JSON and
 * imported later otherwise. Both ways do the same, and a second time changes nothing.
 */
import { z } from 'zod';
import type { AuditEntry, AuditLog, ConfigurationStore } from '../../ports/stores.ts';
import type { GatewayTarget } from '../../domain/gateway-target.ts';
import type { LiveConfiguration } from '../../domain/orchestrator-wire.ts';
import { serviceIdSchema } from '../../domain/service-settings.ts';
import type { DirectRequest, DirectResult } from './direct-rollback.ts';

const pair = z.strictObject({ generation: z.int().min(0), revision: z.int().min(0) });
const served = z.strictObject({
  ...pair.shape,
  stableHash: z.string(),
  /** Generation under which the candidate was admitted; null without one. */
  candidateGeneration: z.int().min(0).nullable(),
  /** Generation under which the arms of an experiment were served; left out without one. */
  experimentGeneration: z.int().min(0).optional(),
  weightPct: z.number(),
});

/** What a line to be imported must hold. */
export const directEntrySchema = z.strictObject({
  id: z.string().startsWith('direct/').max(300),
  serviceId: serviceIdSchema,
  actor: z.string().min(1).max(200),
  action: z.literal('directRollback'),
  detail: z.strictObject({
    reason: z.string().max(2_000),
    driver: z.string(),
    gateway: z.string(),
    before: served,
    after: served,
    tries: z.int().min(1),
  }),
  atMs: z.int().min(0),
});
export type DirectEntry = z.output<typeof directEntrySchema>;

export function entryOf(
  request: DirectRequest,
  target: GatewayTarget,
  { before, after, fence, tries }: DirectResult,
  atMs: number,
): DirectEntry {
  const { serviceId, by, reason } = request;
  return {
    id: `direct/${serviceId}/${fence.generation}/${fence.revision}/${atMs}`,
    serviceId,
    actor: by,
    action: 'directRollback',
    detail: {
      reason,
      driver: target.driver,
      gateway: target.url,
      before: servedOf(before),
      after: servedOf(after),
      tries,
    },
    atMs,
  };
}

const servedOf = (live: LiveConfiguration): z.output<typeof served> => ({
  generation: live.generation,
  revision: live.revision,
  stableHash: live.stable.hash,
  candidateGeneration: live.candidate?.generation ?? null,
  ...(live.experiment && { experimentGeneration: live.experiment.generation }),
  weightPct: live.weight_pct,
});

/**
 * Appends the entry. What was taken away counts as rolled back, so that the optimizer does not try it again by itself for
 * `change.retryAfter`, also when its workflow has found it gone meanwhile and ended `superseded`. One that its workflow has closed otherwise
 * stays as it was closed.
 */
export async function writeDown(
  stores: { readonly audit: AuditLog; readonly configurations: ConfigurationStore },
  entry: DirectEntry,
): Promise<void> {
  await stores.audit.append(entry satisfies AuditEntry);
  const tried = entry.detail.before.candidateGeneration;
  if (tried === null) return;
  const record = await stores.configurations.get(entry.serviceId, tried);
  if (record?.status === 'trying') {
    await stores.configurations.end(entry.serviceId, tried, 'rolledBack', entry.atMs);
  }
  await stores.configurations.wasTakenBack(entry.serviceId, tried);
}
