/** Writes down how a rollout ended, and gives the change lease back. */
import { Failure } from '../src/domain/failure.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutOutcome, RolloutState } from '../src/state/rollout/index.ts';
import { auditActs } from './audit-acts.ts';
import type { ActivityPorts } from './ports.ts';
import { wasTakenAway } from './taken-away.ts';
import { recordStepsLeft } from './verdict-record.ts';

/**
 * Record. Key: workflow, generation and, for one that was written down as something else before, how it has ended; a second run changes nothing. Its failure never decides a rollout: a lease that was
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
  await closeConfiguration(ports, request, outcome, nowMs);
  await recordStepsLeft(ports, state, holder);
  const ended = `${holder.workflowId}/${plan.generation}/ended`;
  const earlier = await ports.decisions.get(ended);
  const id = earlier === null || earlier.outcome === outcome ? ended : `${ended}/${outcome}`;
  await ports.decisions.append({
    id,
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
  await auditActs(ports, state, holder);
  await ports.audit.append({
    id,
    serviceId: plan.serviceId,
    actor: state.ending?.by ?? state.log.at(-1)?.by ?? 'optimizer',
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
    state: {
      verdict: state.verdict,
      looks: state.looks,
      steps: state.steps,
      summary: plan.summary,
      watchMs: plan.watchMs,
      ...(state.apart && { backupUntilMs: backupUntilMs(state) }),
    },
  });
  await ports.windows.countUnitsAnew({
    serviceId: plan.serviceId,
    key: ended,
    atMs: nowMs,
    every: 'hour',
  });
  await ports.leases.release(plan.serviceId, holder, plan.generation);
}

/** When the last traffic of the backup model under this rollout's generation had ended. */
function backupUntilMs({ apart = [], plan }: RolloutState): number {
  return Math.max(...apart.map(({ toNo }) => (toNo + 1) * plan.blockMs));
}

/** A promotion that a restore has overtaken is closed as superseded: the newer stable configuration stays. */
async function closeConfiguration(
  ports: ActivityPorts,
  { state, holder }: { readonly state: RolloutState; readonly holder: LeaseHolder },
  outcome: RolloutOutcome,
  nowMs: number,
): Promise<void> {
  const { configurations } = ports;
  const { serviceId, generation } = state.plan;
  if (outcome !== 'promoted') {
    // A shadow alone was proven and never live: it is not what was taken back, and may be tried again at once.
    const left =
      outcome === 'shadowed' || (outcome === 'superseded' && !(await wasTakenAway(ports, state, holder)));
    const status = left ? 'superseded' : 'rolledBack';
    return configurations.end(serviceId, generation, status, nowMs);
  }
  try {
    await configurations.promote(serviceId, generation, nowMs);
  } catch (error) {
    if (!(error instanceof Failure && error.type === 'StaleGeneration')) throw error;
    await configurations.end(serviceId, generation, 'superseded', nowMs);
  }
}

/**
 * Mutate. After continue-as-new the lease names the new run. A second run changes nothing. `fromRunId`, that it went on from, is left out by
 * workflows of before it was asked for.
 */
export async function renewLeaseRun(
  ports: ActivityPorts,
  request: {
    readonly serviceId: string;
    readonly holder: LeaseHolder;
    readonly fromRunId?: string | undefined;
  },
): Promise<void> {
  await ports.leases.renewRun(request.serviceId, request.holder, request.fromRunId);
}
