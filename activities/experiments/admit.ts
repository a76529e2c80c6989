/**
 * Admits an experiment: validates what was typed, resolves every default, sizes it, takes the change lease and stores the arms. The lease is
 * the last thing but one, so a refused input has changed nothing anywhere.
 */
import { startExperiment, type ExperimentState } from '../../src/analysis/index.ts';
import { experimentIdOf, type ExperimentPlan } from '../../src/state/experiment/index.ts';
import type { AdmitRequest } from '../admission.ts';
import { closeDead } from '../admit-rollout.ts';
import { makeRoomFor, type Room } from '../make-room.ts';
import type { ActivityPorts } from '../ports.ts';
import { requireStill } from '../served-as-recorded.ts';
import { takeLease } from '../take-lease.ts';
import { resolveExperiment } from './resolve.ts';

export interface ExperimentAdmission {
  readonly plan: ExperimentPlan;
  /** What it begins with. */
  readonly evidence: ExperimentState;
}

/**
 * Decide, then mutate (lease and arms in the store). Key: the holder's run; a second run answers with the same generation. Final:
 * InvalidInput, UnknownService, ChangeInFlight, PolicyDenied. A registry that is away keeps nothing from starting.
 */
export async function admitExperiment(
  ports: ActivityPorts,
  request: AdmitRequest,
): Promise<ExperimentAdmission> {
  const { holder } = request;
  const { live, stable, arms, plan: sized } = await resolveExperiment(ports, request);
  const { serviceId, admittedAtMs: nowMs } = sized;
  const generation = await takeLease(ports, serviceId, holder, live.generation, request.parent);
  await requireStill(ports, stable, holder);
  const plan = { ...sized, generation };
  await ports.experiments.recordArms(
    serviceId,
    generation,
    plan.arms.map(({ id, hash }) => ({
      armId: id,
      hash,
      body: arms.find((arm) => arm.id === id)?.body ?? stable.body,
    })),
  );
  await closeDead(ports, serviceId, generation, nowMs);
  await ports.experiments.upsert({
    workflowId: holder.workflowId,
    runId: holder.runId,
    serviceId,
    generation,
    name: plan.name,
    phase: 'admitted',
    outcome: null,
    winner: null,
    startedAtMs: nowMs,
    endedAtMs: null,
    reason: plan.reason,
    state: { arms: plan.arms, sizing: plan.sizing, allocation: plan.allocation },
  });
  await ports.audit.append({
    id: `${holder.workflowId}/${holder.runId}/admitted`,
    serviceId,
    actor: plan.requestedBy,
    action: 'abExperiment',
    detail: {
      name: plan.name,
      hypothesis: plan.hypothesis,
      arms: plan.arms,
      sizing: plan.sizing,
      generation,
      reason: plan.reason,
      forced: plan.forcedStart,
    },
    atMs: nowMs,
  });
  await tellRegistry(ports, plan);
  return { plan, evidence: startExperiment(plan.design) };
}

/** Decide, then tell: as `makeRoom`, for an experiment. Nothing is ended for an input that would be refused. */
export async function makeRoomForExperiment(
  ports: ActivityPorts,
  request: AdmitRequest & { readonly toldRunId: string | null },
): Promise<Room> {
  const { plan } = await resolveExperiment(ports, request);
  const { serviceId, requestedBy: by, reason, name } = plan;
  return makeRoomFor(ports, request, { serviceId, by, reason, summary: `experiment ${name}` });
}

async function tellRegistry(ports: ActivityPorts, plan: ExperimentPlan): Promise<void> {
  const { serviceId, name, hypothesis, arms, admittedAtMs: startedAtMs, requestedBy } = plan;
  const id = experimentIdOf(plan);
  try {
    await ports.registry.begun({ id, serviceId, name, hypothesis, arms, startedAtMs, requestedBy });
  } catch (error) {
    await ports.audit.append({
      id: `registry/${id}/begun`,
      serviceId,
      actor: 'optimizer',
      action: 'registryNotTold',
      detail: { experiment: id, why: String(error) },
      atMs: startedAtMs,
    });
  }
}
