/** Writes down how an experiment ended, and gives the change lease back. */
import type { LeaseHolder } from '../../src/ports/stores.ts';
import { experimentIdOf, type ExperimentRunState } from '../../src/state/experiment/index.ts';
import { auditActs } from '../audit-acts.ts';
import { learnFromExperiment } from '../learn.ts';
import type { ActivityPorts } from '../ports.ts';
import { recordRow } from './record.ts';
import { segmentsOf } from './segments.ts';

/**
 * Record. Key: workflow and generation; a second run changes nothing. Its failure never decides an experiment. A lease that the winner's
 * rollout has inherited by now is its own: then there is nothing to give back. A registry that is away is told nothing, and that is logged.
 */
export async function finishExperiment(
  ports: ActivityPorts,
  { state, holder }: { readonly state: ExperimentRunState; readonly holder: LeaseHolder },
): Promise<void> {
  const { plan, conclusion, totals, verdict, log, periods, graduation, evidenceHash } = state;
  const { serviceId, generation } = plan;
  const outcome = state.outcome ?? 'failed';
  const reason = state.ending?.reason ?? log.at(-1)?.why ?? '';
  const winner = outcome === 'adopted' ? (conclusion?.variant ?? null) : null;
  const nowMs = ports.nowMs();
  const id = `${holder.workflowId}/${generation}/ended`;
  const segments = state.looks > 0 ? await segmentsOf(ports, state) : null;
  await ports.decisions.append({
    id,
    serviceId,
    workflowId: holder.workflowId,
    runId: holder.runId,
    kind: 'experimentEnd',
    outcome,
    reason,
    detail: {
      name: plan.name,
      arms: plan.arms,
      conclusion,
      totals,
      verdict,
      periods,
      graduation,
      segments,
      log,
    },
    hash: evidenceHash,
    atMs: nowMs,
  });
  await auditActs(ports, state, holder);
  await ports.audit.append({
    id,
    serviceId,
    actor: state.ending?.by ?? log.at(-1)?.by ?? 'optimizer',
    action: outcome,
    detail: { reason, generation, name: plan.name, winner },
    atMs: nowMs,
  });
  await recordRow(ports, state, holder, nowMs);
  await learnFromExperiment(ports, state, holder, nowMs);
  if (await isStillOurs(ports, state, holder)) {
    await ports.windows.countUnitsAnew({ serviceId, key: id, atMs: nowMs, every: 'hour' });
  }
  await ports.leases.release(serviceId, holder);
  await tellRegistry(ports, state, nowMs);
}

/** How units are counted is whoever's changes the service next: the winner's rollout counts them by its steps. */
async function isStillOurs(
  { leases }: Pick<ActivityPorts, 'leases'>,
  { plan, graduation, outcome }: ExperimentRunState,
  { workflowId, firstRunId }: LeaseHolder,
): Promise<boolean> {
  if (graduation !== null || outcome === 'superseded') return false;
  const lease = await leases.current(plan.serviceId);
  return lease?.holder.workflowId === workflowId && lease.holder.firstRunId === firstRunId;
}

/** A registry that is away keeps nothing open: what it was not told is in the audit log. */
async function tellRegistry(
  ports: ActivityPorts,
  state: ExperimentRunState,
  endedAtMs: number,
): Promise<void> {
  const { plan, conclusion, totals } = state;
  const outcome = state.outcome ?? 'failed';
  const reason = conclusion?.sentence ?? state.ending?.reason ?? '';
  const winner = outcome === 'adopted' ? (conclusion?.variant ?? null) : null;
  const id = experimentIdOf(plan);
  try {
    await ports.registry.ended(id, { outcome, winner, reason, conclusion, totals, endedAtMs });
  } catch (error) {
    await ports.audit.append({
      id: `registry/${id}/ended`,
      serviceId: plan.serviceId,
      actor: 'optimizer',
      action: 'registryNotTold',
      detail: { experiment: id, why: String(error) },
      atMs: endedAtMs,
    });
  }
}
