/**
 * What a rollout would do: defaults resolved, limits and labels planned, and what speaks against it. Admission and the preview that
 * changes nothing share this code, so that a preview never promises what admission refuses.
 */
import { planLabels, planSteps } from '../src/analysis/index.ts';
import { problemsOfSettings, sameConfiguration, type Change } from '../src/domain/change.ts';
import { durationMs, formatDuration } from '../src/domain/duration.ts';
import { Failure, type Problem } from '../src/domain/failure.ts';
import { frozenBecause } from '../src/domain/freeze.ts';
import { guardrailsOf } from '../src/domain/guardrails-of.ts';
import type { Configuration } from '../src/domain/orchestrator-wire.ts';
import { dryRunMetrics, type ServiceSettings } from '../src/domain/service-settings.ts';
import { isOneStep, type RolloutStrategy } from '../src/domain/strategy.ts';
import { gatewayTargetOf, ROUTE, routePart, supportingPart } from '../src/domain/supporting-target.ts';
import type { RolloutInput } from '../src/domain/workflow-input.ts';
import type { Capabilities } from '../src/ports/orchestrator.ts';
import type { LeasedBy, RolloutPlan } from '../src/state/rollout/index.ts';
import { backupOf, withModel } from './backup-route.ts';
import type { Baseline } from './baseline.ts';
import { hashOf } from './hash-of.ts';
import { pairsInTime, problemsOfShadow, shadowPlanOf } from './plan-shadow.ts';
import type { ActivityPorts } from './ports.ts';
import { fleetPause } from './standstill.ts';
import { stepsOf, strategyOf } from './strategy-rules.ts';

/** A gateway is given this many times as long as it says it needs, whatever `convergeWithin` says. */
const CONVERGE_PATIENCE = 2;

/** What messages call the input. */
export const INPUT = 'input of canaryRollout';

/** Throws PolicyDenied for a service that nothing changes. */
export function refuseModeOff({ serviceId, mode }: ServiceSettings): void {
  if (mode === 'off') throw new Failure('PolicyDenied', `${serviceId} is in mode off: nothing changes it`);
}

/** A freeze may be overridden by whoever says so on record, the fleet's pause may not. */
export async function refuseAtStandstill(
  ports: Pick<ActivityPorts, 'fleet' | 'nowMs'>,
  settings: ServiceSettings,
  { serviceId, force }: Pick<RolloutInput, 'serviceId' | 'force'>,
): Promise<void> {
  const paused = await fleetPause(ports);
  if (paused !== null) throw new Failure('PolicyDenied', `${serviceId}: ${paused}`);
  const frozen = frozenBecause(settings.change.freeze, ports.nowMs());
  if (frozen === null || force === true) return;
  throw new Failure('PolicyDenied', `${serviceId} is ${frozen}; "force": true starts all the same`);
}

/** What is wrong with the change itself: it changes nothing, or the gateway does not take it. */
export async function problemsOfChange(
  ports: Pick<ActivityPorts, 'orchestratorFor'>,
  settings: ServiceSettings,
  input: RolloutInput,
  { stable, candidate }: { readonly stable: Configuration; readonly candidate: Configuration },
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  if (sameConfiguration(stable, candidate)) {
    problems.push({
      field: 'change',
      value: input.change,
      expected: 'something that differs from what is live',
    });
  }
  problems.push(...problemsOfSettings(input.change, settings.targets));
  const gateway = ports.orchestratorFor(gatewayTargetOf(settings));
  problems.push(...stepProblems(settings, input, gateway.capabilities));
  const refused = await gateway.validate(input.serviceId, candidate);
  problems.push(...refused.map((problem) => ({ ...problem, field: `change.${problem.field}` })));
  problems.push(...problemsOfShadow(ports, settings, input));
  const { backup } = settings.candidates;
  if (backup !== undefined) {
    // Found out now, and not when the service is hurt.
    const unserved = await gateway.validate(input.serviceId, withModel(stable, backup));
    problems.push(
      ...unserved.map((problem) => ({ ...problem, field: `candidates.backup, ${problem.field}` })),
    );
  }
  return problems;
}

/** Weights that the gateway would cut or round: it would answer "done" and serve something else. */
function stepProblems(
  settings: ServiceSettings,
  input: RolloutInput,
  { smallestWeightPct }: Capabilities,
): readonly Problem[] {
  return stepsOf(input, settings).flatMap((weightPct, i) => {
    const parts = weightPct / smallestWeightPct;
    return Math.abs(parts - Math.round(parts)) < 1e-9
      ? []
      : [
          {
            field: `steps[${i}]`,
            value: weightPct,
            expected: `a multiple of ${smallestWeightPct} %, the smallest weight that ${settings.orchestrator.driver} keeps`,
          },
        ];
  });
}

/** Every default of the service resolved, limits frozen and labels planned. The generation comes with the lease: it is 0 here. */
export function planOf(
  ports: Pick<ActivityPorts, 'hash'>,
  from: {
    readonly input: RolloutInput;
    readonly settings: ServiceSettings;
    readonly requestedBy: string;
    readonly stable: { readonly body: Configuration; readonly generation: number };
    readonly candidate: Configuration;
    readonly baseline: Baseline;
    readonly leasedBy: LeasedBy;
    readonly capabilities: Capabilities;
    readonly nowMs: number;
  },
): RolloutPlan {
  const { input, settings, baseline } = from;
  const { rollout, constraints } = settings;
  const strategy = strategyOf(input, settings);
  const steps = stepsOf(input, settings);
  const guardrails = guardrailsOf(settings, baseline.latencyP95Ms);
  const minSamples = input.minSamples ?? rollout.minSamples;
  const needed = labelsOf(strategy, { guardrails, steps, baseline, minSamples });
  const ofSteps = isOneStep(strategy) ? null : planSteps({ guardrails, steps, baseline, minSamples });
  const metrics = dryRunMetrics(settings);
  const backup = backupOf(ports, settings.candidates.backup, {
    stable: from.stable.body,
    candidate: from.candidate,
  });
  const soakMs = strategy === 'immediate' ? 0 : durationMs(input.soak ?? rollout.soak);
  const matureAfterMs = durationMs(settings.quality.matureAfter);
  // The labels of a step mature before it is left, those of each step by themselves. An immediate change waits for none.
  const matureMs = strategy === 'immediate' ? 0 : steps.length * matureAfterMs;
  const labelMs =
    needed === null ? null : (needed * 3_600_000) / Math.max(1, baseline.labelsPerHour) + matureMs;
  return {
    serviceId: input.serviceId,
    generation: 0,
    table: 4,
    target: gatewayTargetOf(settings, from.leasedBy),
    ...(from.leasedBy !== 'gateway' && { leasedBy: from.leasedBy }),
    ...partsOf(ports, settings, from.stable.body, from.candidate, backup),
    summary: `${summaryOf(from.stable.body, input.change)}${from.leasedBy === 'unleased' ? ' (unleased)' : ''}`,
    stableHash: hashOf(ports, from.stable.body),
    candidateHash: hashOf(ports, from.candidate),
    stableGeneration: from.stable.generation,
    strategy,
    ...(input.force === true && { forced: true }),
    steps,
    soakMs,
    lookMs: durationMs(rollout.look),
    blockMs: durationMs(rollout.block),
    matureAfterMs,
    leaseMs: durationMs(rollout.lease),
    maxRolloutMs: durationMs(rollout.maxRollout),
    watchMs: durationMs(rollout.watch),
    minSamples,
    convergeMs: Math.max(
      durationMs(rollout.convergeWithin),
      CONVERGE_PATIENCE * from.capabilities.convergenceMs,
    ),
    onInconclusive: rollout.onInconclusive,
    extensions: rollout.extensions,
    approval: settings.change.approval,
    approvalTimeoutMs: durationMs(settings.change.approvalTimeout),
    onApprovalTimeout: settings.change.onApprovalTimeout,
    ...(settings.notify.length > 0 && { notify: settings.notify }),
    backup,
    ...shadowPlanOf(settings, input, guardrails, baseline),
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
      steps: steps.map((weightPct, i) =>
        weightPct === 100 ? minSamples : (ofSteps?.[i]?.candidateLabels ?? null),
      ),
    },
    ...(metrics.length > 0 && { metrics }),
    requestedBy: from.requestedBy,
    reason: input.reason ?? 'asked for',
    admittedAtMs: from.nowMs,
  };
}

/** Labels before the promotion. A plan that compares nothing waits for those at 100 % alone; an immediate one for none. */
function labelsOf(
  strategy: RolloutStrategy,
  of: Required<Omit<Parameters<typeof planLabels>[0], 'alpha'>>,
): number | null {
  if (strategy === 'immediate') return 0;
  return of.steps.some((weightPct) => weightPct < 100) ? planLabels(of) : of.minSamples;
}

/** What each of several targets serves before and after: the hashes travel, so that a rollback needs no database. */
function partsOf(
  ports: Pick<ActivityPorts, 'hash'>,
  { targets }: ServiceSettings,
  stable: Configuration,
  candidate: Configuration,
  backup: RolloutPlan['backup'],
): Pick<RolloutPlan, 'parts'> {
  if (targets.length === 0) return {};
  const hashes = (share: (configuration: Configuration) => Configuration) => ({
    stableHash: hashOf(ports, share(stable)),
    candidateHash: hashOf(ports, share(candidate)),
    ...(backup && { backupHash: hashOf(ports, share(withModel(stable, backup.model))) }),
  });
  const ofTargets = targets.map((target) => [target.name, hashes((whole) => supportingPart(whole, target))]);
  return {
    parts: { ...Object.fromEntries(ofTargets), [ROUTE]: hashes((whole) => routePart(whole, targets)) },
  };
}

/** What a change does, for people: "model a -> b, systemPrompt changed". */
export function summaryOf(stable: Configuration, change: Change): string {
  const { settings, ...named } = change;
  const parts = Object.entries(named).filter(([, value]) => value !== undefined);
  return [
    ...parts.map(([key, value]) => {
      if (key === 'systemPrompt') return 'systemPrompt changed';
      return key === 'model'
        ? `model ${stable['model'] ?? '?'} -> ${String(value)}`
        : `${key} ${String(value)}`;
    }),
    ...Object.entries(settings ?? {}).map(
      ([key, value]) => `${key} ${stable[key] ?? 'unset'} -> ${String(value)}`,
    ),
  ].join(', ');
}

/** Required guardrails that nothing is told about: without data of the stable arm no step could ever be left. */
export function unmeasured(
  { guardrails }: Pick<RolloutPlan, 'guardrails'>,
  baseline: Pick<Baseline, 'errorRate' | 'latencyP95Ms'>,
): readonly Problem[] {
  const missing = { errorRate: baseline.errorRate === null, latencyP95: baseline.latencyP95Ms === null };
  return guardrails
    .filter(({ id, required }) => required && (id === 'errorRate' || id === 'latencyP95') && missing[id])
    .map(({ id }) => ({
      field: `guardrails.${id}`,
      value: null,
      expected: `${id === 'errorRate' ? 'failures and successes' : 'latencies'} of the stable configuration in the last hour to compare with, or "required: false" in the service's settings; "force": true starts all the same`,
    }));
}

/**
 * What could never be proven, or not in time, with the numbers, the gravest first. A person may force all but the first one: without
 * a baseline nothing can be compared, and where nobody labels answers no soak ends. An immediate change is judged by nothing.
 */
export function problemsOfEvidence(
  plan: RolloutPlan,
  input: RolloutInput,
  baseline: Pick<Baseline, 'labels' | 'errorRate' | 'latencyP95Ms'>,
): readonly Problem[] {
  if (plan.strategy === 'immediate') return [];
  const problems: Problem[] = [];
  if (baseline.labels < plan.minSamples) {
    problems.push({
      field: 'serviceId',
      value: plan.serviceId,
      expected: `at least ${plan.minSamples} labelled requests of the stable configuration in the last hour, there are ${baseline.labels}`,
    });
  }
  const isUncompared = plan.steps.every((weightPct) => weightPct === 100) && plan.restsOn === undefined;
  if (input.force === true) {
    if (isUncompared && input.by === undefined) {
      problems.push({
        field: 'by',
        value: undefined,
        expected: 'who forces a change that was compared with nothing',
      });
    }
    return problems;
  }
  if (problems.length === 0) problems.push(...unmeasured(plan, baseline));
  if (isUncompared && plan.shadow?.only !== true) problems.push(uncompared(plan));
  problems.push(...pairsInTime(plan));
  const { needed, perHour, expectedMs } = plan.labels;
  const mature = `at each of ${plan.steps.length} steps they mature ${formatDuration(plan.matureAfterMs)} after the traffic`;
  const allMs = expectedMs === null ? null : expectedMs + (plan.shadow?.pairs.expectedMs ?? 0);
  if (plan.shadow?.only !== true && allMs !== null && allMs > plan.maxRolloutMs) {
    problems.push({
      field: 'change',
      value: input.change,
      expected: `evidence within ${formatDuration(plan.maxRolloutMs)}: about ${needed ?? 0} labels are needed, ${perHour} an hour arrive, and ${mature}; "force": true starts all the same`,
    });
  }
  return problems;
}

function uncompared({ strategy = 'canary', steps }: RolloutPlan): Problem {
  const evidence =
    'shadow evidence of this very pair of configurations (a healthy decision of kind shadow, not older than rollout.shadowEvidenceFor)';
  const forced = '"force": true starts all the same, on record';
  return isOneStep(strategy)
    ? { field: 'strategy', value: strategy, expected: `another one, or ${evidence}; ${forced}` }
    : {
        field: 'steps',
        value: steps,
        expected: `a step below 100, where both arms can be compared, or ${evidence}; ${forced}`,
      };
}
