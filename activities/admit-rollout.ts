/**
 * Admits a rollout: validates what was typed, resolves every default, freezes baselines and limits, takes the change lease
 * and stores the candidate. The lease is the last thing but one, so a refused input has changed nothing anywhere.
 */
import { startEvidence, type RolloutEvidence } from '../src/analysis/index.ts';
import { applyChange } from '../src/domain/change.ts';
import { invalidInput, type Problem } from '../src/domain/failure.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { rolloutInputSchema } from '../src/domain/workflow-input.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutPlan } from '../src/state/rollout/index.ts';
import { adoptedService } from './adopted-service.ts';
import { baselineOf } from './baseline.ts';
import {
  INPUT,
  planOf,
  problemsOfChange,
  problemsOfEvidence,
  refuseAtStandstill,
  refuseModeOff,
} from './plan-rollout.ts';
import type { ActivityPorts } from './ports.ts';
import { requireStill, stableOf } from './served-as-recorded.ts';
import { takeLease } from './take-lease.ts';

export interface AdmitRequest {
  readonly input: unknown;
  readonly holder: LeaseHolder;
  readonly parentWorkflowId: string | null;
}

export interface Admission {
  readonly plan: RolloutPlan;
  readonly evidence: RolloutEvidence;
}

/**
 * Decide, then mutate (lease and configuration in the store). Key: the holder's run; a second run answers with the same
 * generation. Final: InvalidInput, UnknownService, ChangeInFlight, PolicyDenied.
 */
export async function admitRollout(ports: ActivityPorts, request: AdmitRequest): Promise<Admission> {
  const input = parseOrFail(rolloutInputSchema, request.input, INPUT);
  const service = await adoptedService(ports, input.serviceId);
  const { settings } = service;
  refuseModeOff(settings);
  await refuseAtStandstill(ports, settings, input);
  const gateway = ports.orchestratorFor(settings.orchestrator);
  const live = await gateway.read(input.serviceId);
  const stable = await stableOf(ports, input.serviceId, live);
  const candidate = applyChange(stable.body, input.change);
  refuse(await problemsOfChange(ports, settings, input, { stable: stable.body, candidate }));

  const nowMs = ports.nowMs();
  const baseline = await baselineOf(ports, service, live, nowMs);
  const requestedBy = input.by ?? request.parentWorkflowId ?? 'unnamed (started by hand)';
  const plan = planOf(ports, { input, settings, requestedBy, stable, candidate, baseline, nowMs });
  refuse(problemsOfEvidence(plan, input, baseline).slice(0, 1));

  const generation = await takeLease(ports, input.serviceId, request.holder, live.generation);
  await requireStill(ports, stable, request.holder);
  await ports.configurations.record(
    {
      serviceId: input.serviceId,
      generation,
      body: candidate,
      hash: plan.candidateHash,
      status: 'trying',
      source: request.holder.workflowId,
    },
    nowMs,
  );
  await ports.audit.append({
    id: `${request.holder.workflowId}/${request.holder.runId}/admitted`,
    serviceId: input.serviceId,
    actor: plan.requestedBy,
    action: 'canaryRollout',
    detail: {
      summary: plan.summary,
      steps: plan.steps,
      generation,
      reason: plan.reason,
      forced: input.force === true,
    },
    atMs: nowMs,
  });
  return {
    plan: { ...plan, generation },
    evidence: startEvidence(plan.guardrails, plan.steps, baseline.frozen),
  };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalidInput(INPUT, problems);
}
