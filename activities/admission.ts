/**
 * What an input of a rollout comes to: validated, every default resolved, evidence looked for. Admission and making room for it share this, so
 * that no other change is ever ended for an input that would be refused. It changes nothing.
 */
import { applyChange } from '../src/domain/change.ts';
import { invalidInput, type Problem } from '../src/domain/failure.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { rolloutInputSchema, type RolloutInput } from '../src/domain/workflow-input.ts';
import type { ConfigurationRecord, LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutPlan } from '../src/state/rollout/index.ts';
import { adoptedService } from './adopted-service.ts';
import { baselineOf, type Baseline } from './baseline.ts';
import { leaseKeeperOf } from './lease-keeper.ts';
import {
  INPUT,
  planOf,
  problemsOfChange,
  problemsOfEvidence,
  refuseAtStandstill,
  refuseModeOff,
} from './plan-rollout.ts';
import type { ActivityPorts } from './ports.ts';
import { stableOf } from './served-as-recorded.ts';
import { withShadowEvidence } from './shadow-evidence.ts';
import type { Parent } from './take-lease.ts';
import { problemsOfStrategy, refuseWithoutPerson, strategyOf } from './strategy-rules.ts';

export interface AdmitRequest {
  readonly input: unknown;
  readonly holder: LeaseHolder;
  readonly parentWorkflowId: string | null;
  /** The workflow that started this one, whose lease it inherits. Left out by workflows of before it was asked for. */
  readonly parent?: Parent | null;
}

export interface Resolved {
  readonly input: RolloutInput;
  readonly live: LiveConfiguration;
  readonly stable: ConfigurationRecord;
  readonly candidate: Configuration;
  readonly baseline: Baseline;
  readonly plan: RolloutPlan;
}

/** Read. Throws what admission refuses: InvalidInput, UnknownService, ChangeInFlight, PolicyDenied. */
export async function resolveInput(ports: ActivityPorts, request: AdmitRequest): Promise<Resolved> {
  const input = parseOrFail(rolloutInputSchema, request.input, INPUT);
  const service = await adoptedService(ports, input.serviceId);
  const { settings } = service;
  refuseModeOff(settings);
  refuseWithoutPerson(strategyOf(input, settings), input.serviceId, request.parentWorkflowId);
  refuse(problemsOfStrategy(input, settings));
  await refuseAtStandstill(ports, settings, input);
  const gateway = ports.orchestratorFor(gatewayTargetOf(settings));
  const live = await gateway.read(input.serviceId);
  const stable = await stableOf(ports, input.serviceId, live);
  const candidate = applyChange(stable.body, input.change);
  refuse(await problemsOfChange(ports, settings, input, { stable: stable.body, candidate }));

  const nowMs = ports.nowMs();
  const baseline = await baselineOf(ports, service, { live, recordedGeneration: stable.generation }, nowMs);
  const requestedBy = input.by ?? request.parentWorkflowId ?? 'unnamed (started by hand)';
  const keeper = await leaseKeeperOf(ports, settings);
  if (keeper.kind === 'refused') throw invalidInput(INPUT, [keeper.problem]);
  const planned = planOf(ports, {
    input,
    settings,
    requestedBy,
    stable,
    candidate,
    baseline,
    leasedBy: keeper.by,
    capabilities: gateway.capabilities,
    nowMs,
  });
  const plan = await withShadowEvidence(ports, settings, planned);
  refuse(problemsOfEvidence(plan, input, baseline).slice(0, 1));
  return { input, live, stable, candidate, baseline, plan };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalidInput(INPUT, problems);
}
