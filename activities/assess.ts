/**
 * What an idle cycle is: observe, analyze, decide and validate in one activity. Its states are fields of the result.
 */
import { canonicalJson, chooseCandidate, type Choice } from '../src/decision/index.ts';
import { durationMs } from '../src/domain/duration.ts';
import type { ServiceSettings } from '../src/domain/service-settings.ts';
import { isOneStep } from '../src/domain/strategy.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import type { ExperimentInput } from '../src/domain/experiment.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { cycleInputSchema } from '../src/domain/workflow-input.ts';
import { applyChange } from '../src/domain/change.ts';
import type { Configuration } from '../src/domain/orchestrator-wire.ts';
import type { ConfigurationRecord, ServiceRecord } from '../src/ports/stores.ts';
import { adoptedService } from './adopted-service.ts';
import { CODE_VERSION } from './code-version.ts';
import { hashOf } from './hash-of.ts';
import { isBackupRoute } from './incident.ts';
import { nextExperiment } from './next-experiment.ts';
import type { ActivityPorts } from './ports.ts';
import { shadowEvidence } from './shadow-evidence.ts';
import { standstillOf } from './standstill.ts';

/** What the service did since its stable configuration was applied, an hour at most. */
export interface Observed {
  readonly model: string;
  readonly labels: number;
  readonly quality: number | null;
  readonly costUsdPerRequest: number | null;
  readonly errorRate: number | null;
}

interface Assessed {
  readonly serviceId: string;
  readonly reason: string;
  readonly observed: Observed | null;
}

export type Assessment =
  | (Assessed & { readonly kind: 'nothingToDo' })
  | (Assessed & { readonly kind: 'recommend' | 'deploy'; readonly change: { readonly model: string } })
  /** To be started at once: the input of `abExperiment`. */
  | (Assessed & {
      readonly kind: 'experiment';
      readonly decisionId: string;
      readonly input: ExperimentInput;
    });

const OBSERVED_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Decide. Key: the run; a second run looks again, and logs under the same id. Final: InvalidInput, UnknownService. Changes
 * nothing at the gateway.
 */
export async function assess(
  ports: ActivityPorts,
  request: { readonly input: unknown; readonly workflowId: string; readonly runId: string },
): Promise<Assessment> {
  const input = parseOrFail(cycleInputSchema, request.input, 'input of optimizationCycle');
  const service = await adoptedService(ports, input.serviceId);
  const { assessment, choice } = await decide(ports, service, request);
  await ports.decisions.append({
    id: `${request.workflowId}/${request.runId}/assessed`,
    serviceId: input.serviceId,
    workflowId: request.workflowId,
    runId: request.runId,
    kind: 'cycle',
    outcome: assessment.kind,
    reason: assessment.reason,
    detail: { trigger: input.trigger, observed: assessment.observed, choice, codeVersion: CODE_VERSION },
    hash: ports.hash(canonicalJson({ assessment, choice })),
    atMs: ports.nowMs(),
  });
  return assessment;
}

async function decide(
  ports: ActivityPorts,
  service: ServiceRecord,
  run: { readonly workflowId: string; readonly runId: string },
): Promise<{ readonly assessment: Assessment; readonly choice: Choice | null }> {
  const { settings } = service;
  const { serviceId } = settings;
  const nothing = (reason: string, observed: Observed | null = null, choice: Choice | null = null) => ({
    assessment: { kind: 'nothingToDo' as const, serviceId, reason, observed },
    choice,
  });

  if (settings.mode === 'off') return nothing('the service is in mode off');
  const blocked = (await standstillOf(ports, settings)) ?? (await whatBlocksAChange(ports, settings));
  if (blocked !== null) return nothing(blocked);

  const stable = await ports.configurations.stable(serviceId);
  if (!stable) return nothing('no stable configuration is recorded');
  if (isBackupRoute(stable)) {
    return nothing(
      `the service is on its backup route (generation ${stable.generation}): restoreConfiguration {"to":"previous"} ends it`,
    );
  }
  const observed = await observe(ports, serviceId, stable);
  if (observed.labels < settings.cycle.minLabels) {
    return nothing(
      `${observed.labels} of ${settings.cycle.minLabels} labels since the last change`,
      observed,
    );
  }
  const otherwise = async (reason: string, choice: Choice | null = null) => {
    const next = await nextExperiment(ports, settings, stable, run);
    const told = next.kind === 'proposed' ? `${next.reason} (${next.decisionId})` : next.reason;
    const why = [reason, told].filter((each) => each !== '').join('; ');
    if (next.kind === 'none' || settings.mode !== 'auto') return nothing(why, observed, choice);
    const { decisionId, input } = next;
    return {
      assessment: { kind: 'experiment' as const, serviceId, reason: why, observed, decisionId, input },
      choice,
    };
  };
  if (!settings.strategies.includes('modelSelection')) return otherwise('');
  const outcomes = await ports.outcomes.outcomes(serviceId, [observed.model, ...settings.candidates.models]);
  const takenBack = await takenBackLately(ports, settings, stable.body);
  const choice = chooseCandidate({
    incumbent: observed.model,
    candidates: settings.candidates.models.filter(
      (model) => model !== observed.model && !takenBack.includes(model),
    ),
    outcomes,
    qualityReference: service.qualityReference,
    maxTotalQualityLossPct: settings.constraints.maxTotalQualityLossPct,
    minCostReductionPct: settings.experiment.minCostReductionPct,
    constraints: {
      ...(settings.constraints.minQuality === undefined
        ? {}
        : { minQuality: settings.constraints.minQuality }),
      ...(settings.constraints.maxCostPerRequestUsd === undefined
        ? {}
        : { maxCostPerRequestUsd: settings.constraints.maxCostPerRequestUsd }),
    },
  });
  if (choice.chosen === null) {
    const passedOver = `; ${takenBack.join(', ')} was taken back less than ${settings.change.retryAfter} ago`;
    return otherwise(`${choice.reason}${takenBack.length > 0 ? passedOver : ''}`, choice);
  }

  const problems = await ports
    .orchestratorFor(gatewayTargetOf(settings))
    .validate(serviceId, applyChange(stable.body, { model: choice.chosen }));
  if (problems.length > 0) {
    return nothing(
      `the gateway does not take ${choice.chosen}: ${problems.map((p) => p.expected).join('; ')}`,
      observed,
      choice,
    );
  }
  const needsPerson = await whatNeedsAPerson(ports, settings, stable, choice.chosen);
  return {
    assessment: {
      kind: settings.mode === 'auto' && needsPerson === null ? 'deploy' : 'recommend',
      serviceId,
      reason: needsPerson === null ? choice.reason : `${choice.reason}; ${needsPerson}`,
      observed,
      change: { model: choice.chosen },
    },
    choice,
  };
}

/** Why a cycle may only recommend: its rollout would be refused for a strategy that asks for a person, or for shadow evidence. */
async function whatNeedsAPerson(
  ports: ActivityPorts,
  settings: ServiceSettings,
  stable: ConfigurationRecord,
  model: string,
): Promise<string | null> {
  const { strategy } = settings.rollout;
  if (strategy === 'shadow' || !isOneStep(strategy)) return null;
  if (strategy === 'immediate') return 'with strategy immediate a person starts it';
  const candidateHash = hashOf(ports, applyChange(stable.body, { model }));
  const found = await shadowEvidence(ports, settings, { candidateHash, stableHash: stable.hash });
  return found ? null : `with strategy ${strategy} it needs shadow evidence, or a person who forces it`;
}

/** One change at a time, spaced, and only so many a day. Null when nothing stands in the way. */
async function whatBlocksAChange(ports: ActivityPorts, settings: ServiceSettings): Promise<string | null> {
  const { serviceId, change } = settings;
  const lease = await ports.leases.current(serviceId);
  if (lease && !(await ports.workflows.isClosed(lease.holder)))
    return `${lease.holder.workflowId} holds the service`;
  const nowMs = ports.nowMs();
  const tried = (await ports.configurations.list(serviceId)).filter((each) =>
    each.source.startsWith('rollout/'),
  );
  // A change that was promoted counts when it was applied; that it was replaced later is another change.
  const changedAtMs = tried.map((each) => each.appliedAtMs ?? each.endedAtMs ?? 0);
  const today = changedAtMs.filter((atMs) => nowMs - atMs < DAY_MS).length;
  if (today >= change.maxPerDay)
    return `${today} changes in the last 24 h, at most ${change.maxPerDay} are allowed`;
  const last = Math.max(0, ...changedAtMs, ...tried.map((each) => each.endedAtMs ?? 0));
  return nowMs - last < durationMs(change.minSpacing)
    ? `the last change is less than ${change.minSpacing} ago`
    : null;
}

/** Candidates whose configuration was rolled back, by itself or by a person, less than `change.retryAfter` ago. */
async function takenBackLately(
  ports: ActivityPorts,
  settings: ServiceSettings,
  stable: Configuration,
): Promise<readonly string[]> {
  const sinceMs = ports.nowMs() - durationMs(settings.change.retryAfter);
  const hashes = (await ports.configurations.list(settings.serviceId))
    .filter((each) => each.status === 'rolledBack' && (each.endedAtMs ?? 0) > sinceMs)
    .map((each) => each.hash);
  return settings.candidates.models.filter((model) =>
    hashes.includes(hashOf(ports, applyChange(stable, { model }))),
  );
}

async function observe(
  ports: ActivityPorts,
  serviceId: string,
  stable: ConfigurationRecord,
): Promise<Observed> {
  const nowMs = ports.nowMs();
  const { unitFirst } = await ports.windows.summary({
    serviceId,
    arm: 'stable',
    generation: stable.generation,
    fromMs: Math.max(nowMs - OBSERVED_MS, stable.appliedAtMs ?? 0),
    toMs: nowMs,
  });
  const mean = (stats: { readonly count: number; readonly sum: number } | undefined) =>
    stats && stats.count > 0 ? stats.sum / stats.count : null;
  return {
    model: stable.body['model'] ?? 'unknown',
    labels: unitFirst.quality?.count ?? 0,
    quality: mean(unitFirst.quality),
    costUsdPerRequest: mean(unitFirst.costUsd),
    errorRate: mean(unitFirst.error),
  };
}
