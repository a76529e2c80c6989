/**
 * Admits a rollout: validates what was typed, resolves every default, freezes baselines and limits, takes the change lease
 * and stores the candidate. The lease is the last thing but one, so a refused input has changed nothing anywhere.
 */
import {
  startEvidence,
  startShadowEvidence,
  tailLimits,
  type RolloutEvidence,
  type ShadowEvidence,
} from '../src/analysis/index.ts';
import type { RolloutStrategy } from '../src/domain/strategy.ts';
import type { RolloutPlan } from '../src/state/rollout/index.ts';
import { resolveInput, type AdmitRequest } from './admission.ts';
import type { ActivityPorts } from './ports.ts';
import { requireStill } from './served-as-recorded.ts';
import { takeLease } from './take-lease.ts';

export type { AdmitRequest } from './admission.ts';

/** What the audit log calls the start of a change: a canary by its workflow, the others by what they do. */
const ACTIONS: Readonly<Record<RolloutStrategy, string>> = {
  canary: 'canaryRollout',
  blueGreen: 'blueGreenSwitch',
  immediate: 'immediateChange',
};

export interface Admission {
  readonly plan: RolloutPlan;
  readonly evidence: RolloutEvidence;
  /** What a shadow begins with; left out where there is none. */
  readonly shadow?: ShadowEvidence;
}

/**
 * Decide, then mutate (lease and configuration in the store). Key: the holder's run; a second run answers with the same
 * generation. Final: InvalidInput, UnknownService, ChangeInFlight, PolicyDenied.
 */
export async function admitRollout(ports: ActivityPorts, request: AdmitRequest): Promise<Admission> {
  const { holder } = request;
  const { input, live, stable, candidate, baseline, plan } = await resolveInput(ports, request);
  const { serviceId } = input;
  const nowMs = plan.admittedAtMs;
  const generation = await takeLease(ports, serviceId, holder, live.generation, request.parent);
  await requireStill(ports, stable, holder);
  const hash = plan.candidateHash;
  await ports.configurations.record(
    { serviceId, generation, body: candidate, hash, status: 'trying', source: holder.workflowId },
    nowMs,
  );
  await closeDead(ports, serviceId, generation, nowMs);
  await freezeSlowLimits(ports, plan, generation);
  await ports.audit.append({
    id: `${holder.workflowId}/${holder.runId}/admitted`,
    serviceId,
    actor: plan.requestedBy,
    action: ACTIONS[plan.strategy ?? 'canary'],
    detail: {
      summary: plan.summary,
      strategy: plan.strategy,
      steps: plan.steps,
      generation,
      reason: plan.reason,
      forced: input.force === true,
      restsOn: plan.restsOn ?? null,
    },
    atMs: nowMs,
  });
  return {
    plan: { ...plan, generation },
    evidence: startEvidence(plan.guardrails, plan.steps, baseline.frozen),
    ...(plan.shadow && { shadow: startShadowEvidence(plan.guardrails, plan.shadow.judged) }),
  };
}

/** Whoever holds the lease is the only one that tries anything: what others left as being tried is dead. */
export async function closeDead(
  { configurations }: ActivityPorts,
  serviceId: string,
  generation: number,
  nowMs: number,
): Promise<void> {
  for (const { status, generation: tried } of await configurations.list(serviceId)) {
    if (status === 'trying' && tried < generation) {
      await configurations.end(serviceId, tried, 'superseded', nowMs);
    }
  }
}

/** What counts as slow is frozen before the first copy: ingest counts, and the look judges, by the same limits. */
async function freezeSlowLimits(
  ports: Pick<ActivityPorts, 'pairs'>,
  { shadow, guardrails, serviceId }: RolloutPlan,
  generation: number,
): Promise<void> {
  const tail = guardrails.find(({ kind }) => kind === 'tail');
  const limits = shadow && tail ? tailLimits(tail, 1) : null;
  if (limits !== null) await ports.pairs.freezeLimits(serviceId, generation, limits);
}
