/**
 * Admits a rollout: validates what was typed, resolves every default, freezes baselines and limits, takes the change lease
 * and stores the candidate. The lease is the last thing but one, so a refused input has changed nothing anywhere.
 */
import { planLabels, startEvidence, type RolloutEvidence } from '../src/analysis/index.ts';
import { applyChange, sameConfiguration, type Change } from '../src/domain/change.ts';
import { durationMs, formatDuration } from '../src/domain/duration.ts';
import { Failure, invalidInput, type Problem } from '../src/domain/failure.ts';
import { guardrailsOf } from '../src/domain/guardrails-of.ts';
import type { Configuration } from '../src/domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { rolloutInputSchema, type RolloutInput } from '../src/domain/workflow-input.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutPlan } from '../src/state/rollout/index.ts';
import { adoptedService } from './adopted-service.ts';
import { baselineOf, type Baseline } from './baseline.ts';
import { hashOf } from './control.ts';
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
  const input = parseOrFail(rolloutInputSchema, request.input, 'input of canaryRollout');
  const service = await adoptedService(ports, input.serviceId);
  const { settings } = service;
  if (settings.mode === 'off')
    throw new Failure('PolicyDenied', `${input.serviceId} is in mode off: nothing changes it`);
  const gateway = ports.orchestratorFor(settings.orchestrator);
  const live = await gateway.read(input.serviceId);
  const stable = await stableOf(ports, input.serviceId, live);
  const candidate = applyChange(stable.body, input.change);
  await refuseUselessOrUnknown(ports, settings, input, stable.body, candidate);

  const nowMs = ports.nowMs();
  const baseline = await baselineOf(ports, service, live, nowMs);
  const plan = planOf(ports, { input, settings, request, stable, candidate, baseline, nowMs });
  refuseWhatCannotFinish(plan, input, baseline);

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

async function refuseUselessOrUnknown(
  ports: ActivityPorts,
  settings: ServiceSettings,
  input: RolloutInput,
  stable: Configuration,
  candidate: Configuration,
): Promise<void> {
  const problems: Problem[] = [];
  if (sameConfiguration(stable, candidate)) {
    problems.push({
      field: 'change',
      value: input.change,
      expected: 'something that differs from what is live',
    });
  }
  const refused = await ports.orchestratorFor(settings.orchestrator).validate(input.serviceId, candidate);
  problems.push(...refused.map((problem) => ({ ...problem, field: `change.${problem.field}` })));
  if (problems.length > 0) throw invalidInput('input of canaryRollout', problems);
}

function planOf(
  ports: ActivityPorts,
  from: {
    readonly input: RolloutInput;
    readonly settings: ServiceSettings;
    readonly request: AdmitRequest;
    readonly stable: { readonly body: Configuration; readonly generation: number };
    readonly candidate: Configuration;
    readonly baseline: Baseline;
    readonly nowMs: number;
  },
): RolloutPlan {
  const { input, settings, baseline } = from;
  const { rollout, constraints } = settings;
  const steps = input.steps ?? rollout.steps;
  const guardrails = guardrailsOf(settings, baseline.latencyP95Ms);
  const minSamples = input.minSamples ?? rollout.minSamples;
  const needed = planLabels({ guardrails, steps, baseline, minSamples });
  const soakMs = durationMs(input.soak ?? rollout.soak);
  const labelMs = needed === null ? null : (needed * 3_600_000) / Math.max(1, baseline.labelsPerHour);
  return {
    serviceId: input.serviceId,
    generation: 0,
    target: { driver: settings.orchestrator.driver, url: settings.orchestrator.url },
    summary: summaryOf(from.stable.body, input.change),
    stableHash: hashOf(ports, from.stable.body),
    candidateHash: hashOf(ports, from.candidate),
    stableGeneration: from.stable.generation,
    steps,
    soakMs,
    lookMs: durationMs(rollout.look),
    blockMs: durationMs(rollout.block),
    matureAfterMs: durationMs(settings.quality.matureAfter),
    leaseMs: durationMs(rollout.lease),
    maxRolloutMs: durationMs(rollout.maxRollout),
    watchMs: durationMs(rollout.watch),
    minSamples,
    convergeMs: durationMs(rollout.convergeWithin),
    onInconclusive: rollout.onInconclusive,
    extensions: rollout.extensions,
    approval: settings.change.approval,
    approvalTimeoutMs: durationMs(settings.change.approvalTimeout),
    onApprovalTimeout: settings.change.onApprovalTimeout,
    guardrails,
    constraints: {
      ...(constraints.minQuality === undefined ? {} : { minQuality: constraints.minQuality }),
      ...(constraints.maxErrorRate === undefined ? {} : { maxErrorRate: constraints.maxErrorRate }),
      ...(constraints.maxLatencyP95Ms === undefined ? {} : { maxLatencyP95Ms: constraints.maxLatencyP95Ms }),
      ...(constraints.maxCostPerRequestUsd === undefined
        ? {}
        : { maxCostPerRequestUsd: constraints.maxCostPerRequestUsd }),
    },
    labels: {
      needed,
      perHour: Math.round(baseline.labelsPerHour),
      expectedMs: labelMs === null ? null : Math.round(Math.max(labelMs, steps.length * soakMs)),
    },
    requestedBy: input.by ?? from.request.parentWorkflowId ?? 'unnamed (started by hand)',
    reason: input.reason ?? 'asked for',
    admittedAtMs: from.nowMs,
  };
}

function summaryOf(stable: Configuration, change: Change): string {
  const parts = Object.entries(change).filter(([, value]) => value !== undefined);
  return parts
    .map(([key, value]) => {
      if (key === 'systemPrompt') return 'systemPrompt changed';
      return key === 'model'
        ? `model ${stable['model'] ?? '?'} -> ${String(value)}`
        : `${key} ${String(value)}`;
    })
    .join(', ');
}

/** Refuses what could never be proven in time, with the numbers; a person may force it. */
function refuseWhatCannotFinish(plan: RolloutPlan, input: RolloutInput, baseline: Baseline): void {
  const lacking = Math.max(0, plan.minSamples - baseline.labels);
  if (lacking > 0) {
    throw invalidInput('input of canaryRollout', [
      {
        field: 'serviceId',
        value: plan.serviceId,
        expected: `at least ${plan.minSamples} labelled requests of the stable configuration in the last hour, there are ${baseline.labels}`,
      },
    ]);
  }
  if (input.force === true) return;
  if (plan.steps.every((weightPct) => weightPct === 100)) {
    throw invalidInput('input of canaryRollout', [
      {
        field: 'steps',
        value: plan.steps,
        expected: 'a step below 100, where both arms can be compared; "force": true starts all the same',
      },
    ]);
  }
  const { needed, perHour, expectedMs } = plan.labels;
  if (expectedMs === null || expectedMs <= plan.maxRolloutMs) return;
  throw invalidInput('input of canaryRollout', [
    {
      field: 'change',
      value: input.change,
      expected: `evidence within ${formatDuration(plan.maxRolloutMs)}: about ${needed ?? 0} labels are needed and ${perHour} an hour arrive; "force": true starts all the same`,
    },
  ]);
}
