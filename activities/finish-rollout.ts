/** Writes down how a rollout ended, and gives the change lease back. */
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';
import type { ActivityPorts } from './ports.ts';

/**
 * Record. Key: workflow and generation; a second run changes nothing. Its failure never decides a rollout: a lease that was
 * not given back is replaced once its holder is reported closed.
 */
export async function finishRollout(
  ports: ActivityPorts,
  request: { readonly state: RolloutState; readonly holder: LeaseHolder },
): Promise<void> {
  const { state, holder } = request;
  const { plan } = state;
  const outcome = state.outcome ?? 'rolledBack';
  const reason = state.ending?.reason ?? state.log.at(-1)?.why ?? '';
  const nowMs = ports.nowMs();
  if (outcome === 'promoted') await ports.configurations.promote(plan.serviceId, plan.generation, nowMs);
  else {
    const status = outcome === 'superseded' ? 'superseded' : 'rolledBack';
    await ports.configurations.end(plan.serviceId, plan.generation, status, nowMs);
  }
  await ports.decisions.append({
    id: `${holder.workflowId}/${plan.generation}/ended`,
    serviceId: plan.serviceId,
    workflowId: holder.workflowId,
    runId: holder.runId,
    kind: 'rollout',
    outcome,
    reason,
    detail: { summary: plan.summary, steps: state.steps, verdict: state.verdict, log: state.log },
    hash: state.evidenceHash,
    atMs: nowMs,
  });
  await ports.audit.append({
    id: `${holder.workflowId}/${plan.generation}/ended`,
    serviceId: plan.serviceId,
    actor: state.ending?.by ?? 'optimizer',
    action: outcome,
    detail: { reason, generation: plan.generation },
    atMs: nowMs,
  });
  await ports.rollouts.upsert({
    workflowId: holder.workflowId,
    runId: String(plan.generation),
    serviceId: plan.serviceId,
    generation: plan.generation,
    phase: outcome,
    stepIndex: state.stepIndex,
    weightPct: state.weightPct,
    startedAtMs: plan.admittedAtMs,
    endedAtMs: nowMs,
    reason,
    state: { verdict: state.verdict, looks: state.looks, steps: state.steps, summary: plan.summary },
  });
  await ports.leases.release(plan.serviceId, holder);
}

/** Mutate. After continue-as-new the lease names the new run. A second run changes nothing. */
export async function renewLeaseRun(
  ports: ActivityPorts,
  request: { readonly serviceId: string; readonly holder: LeaseHolder },
): Promise<void> {
  await ports.leases.renewRun(request.serviceId, request.holder);
}
