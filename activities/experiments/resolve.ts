/**
 * What an input of an experiment comes to: validated, every default resolved, sized. Admission, the preview and making room for it share
 * this, so that no other change is ever ended for an input that would be refused. It changes nothing.
 */
import { durationMs, formatDuration } from '../../src/domain/duration.ts';
import { experimentInputSchema, type ExperimentInput } from '../../src/domain/experiment.ts';
import { invalidInput, type Problem } from '../../src/domain/failure.ts';
import { gatewayTargetOf } from '../../src/domain/supporting-target.ts';
import { parseOrFail } from '../../src/domain/validate.ts';
import type { LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import type { Orchestrator } from '../../src/ports/orchestrator.ts';
import type { ConfigurationRecord, ServiceRecord } from '../../src/ports/stores.ts';
import type { ExperimentPlan } from '../../src/state/experiment/index.ts';
import type { AdmitRequest } from '../admission.ts';
import { adoptedService } from '../adopted-service.ts';
import { baselineOf, type Baseline } from '../baseline.ts';
import { guardrailsOf } from '../../src/domain/guardrails-of.ts';
import { leaseKeeperOf } from '../lease-keeper.ts';
import { refuseAtStandstill, refuseModeOff, unmeasured } from '../plan-rollout.ts';
import type { ActivityPorts } from '../ports.ts';
import { stableOf } from '../served-as-recorded.ts';
import { armsOf, problemsOfArms, type AskedArm } from './arms-of.ts';
import { problemsOfGraduation } from './graduation-rules.ts';
import { experimentPlanOf, rampOf, type PlanPieces } from './plan.ts';

/** What messages call the input. */
export const EXPERIMENT_INPUT = 'input of abExperiment';

export interface ResolvedExperiment {
  readonly input: ExperimentInput;
  readonly live: LiveConfiguration;
  readonly stable: ConfigurationRecord;
  readonly arms: readonly AskedArm[];
  readonly plan: ExperimentPlan;
}

/**
 * Read. Throws what admission refuses: InvalidInput with every problem by field, UnknownService, ChangeInFlight, PolicyDenied. An experiment that its
 * longest duration cannot decide is refused with the numbers, unless it is forced.
 */
export async function resolveExperiment(
  ports: ActivityPorts,
  request: Pick<AdmitRequest, 'input' | 'holder' | 'parentWorkflowId'>,
): Promise<ResolvedExperiment> {
  const input = parseOrFail(experimentInputSchema, request.input, EXPERIMENT_INPUT);
  const service = await adoptedService(ports, input.serviceId);
  const { settings } = service;
  refuseModeOff(settings);
  await refuseAtStandstill(ports, settings, input);
  const gateway = ports.orchestratorFor(gatewayTargetOf(settings));
  const live = await gateway.read(input.serviceId);
  const stable = await stableOf(ports, input.serviceId, live);
  const arms = armsOf(input, stable.body);
  const keeper = await leaseKeeperOf(ports, settings);
  refuse([
    ...problemsOfArms(input, settings, arms, gateway.capabilities),
    ...problemsOfExposure(input, service),
    ...(await problemsOfGraduation(ports, settings, {
      graduate: input.graduate ?? true,
      stable: stable.body,
      arms,
    })),
    ...(await refusedByGateway(gateway, input, arms)),
    ...(keeper.kind === 'refused' ? [keeper.problem] : []),
  ]);
  const nowMs = ports.nowMs();
  const of = {
    live,
    recordedGeneration: stable.generation,
    matureAfterMs: durationMs(settings.quality.matureAfter),
  };
  const baseline = await baselineOf(ports, service, of, nowMs);
  refuse(problemsOfBaseline(service, baseline));
  const plan = planned(ports, {
    input,
    settings,
    stable: stable.body,
    arms,
    baseline,
    leasedBy: keeper.kind === 'kept' ? keeper.by : 'unleased',
    holder: request.holder,
    requestedBy: input.by ?? request.parentWorkflowId ?? 'unnamed (started by hand)',
    nowMs,
  });
  if (input.force !== true) {
    refuse([
      ...unmeasured({ guardrails: guardrailsOf(settings, baseline.latencyP95Ms) }, baseline),
      ...problemsOfSize(plan),
    ]);
  }
  return { input, live, stable, arms, plan };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalidInput(EXPERIMENT_INPUT, problems);
}

async function refusedByGateway(
  gateway: Orchestrator,
  { serviceId }: ExperimentInput,
  arms: readonly AskedArm[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { body, field, change } of arms) {
    if (field === null || change === null) continue;
    const refused = await gateway.validate(serviceId, body);
    problems.push(...refused.map((problem) => ({ ...problem, field: `${field}.change.${problem.field}` })));
  }
  return problems;
}

function problemsOfExposure(input: ExperimentInput, { settings }: ServiceRecord): readonly Problem[] {
  const held = input.holdoutPct ?? settings.experiment.holdoutPct;
  const { exposedPct } = rampOf(input, settings);
  if (held >= 100)
    return [{ field: 'holdoutPct', value: held, expected: 'less than 100: somebody has to take part' }];
  return exposedPct.flatMap((pct, i) =>
    pct > 100 - held
      ? [{ field: `ramp[${i}]`, value: pct, expected: `at most ${100 - held}, as ${held} % are held out` }]
      : [],
  );
}

/** Without labels of the stable configuration there is nothing to size by, whoever forces it. */
function problemsOfBaseline(
  { serviceId, settings }: ServiceRecord,
  { labels }: Baseline,
): readonly Problem[] {
  const { minSamples } = settings.rollout;
  if (labels >= minSamples) return [];
  const expected = `at least ${minSamples} labelled requests of the stable configuration in the last hour, there are ${labels}`;
  return [{ field: 'serviceId', value: serviceId, expected }];
}

/** Either there is less to gain than is asked for, or the longest duration is over before enough labels are there. */
function problemsOfSize({ sizing, maxDurationMs, criteria }: ExperimentPlan): readonly Problem[] {
  if (sizing.reachable) return [];
  const expected = `${sizing.reason}; "force": true starts all the same`;
  return sizing.capMs !== null && sizing.capMs <= maxDurationMs
    ? [{ field: 'minImprovementPct', value: criteria.minImprovementPct, expected }]
    : [{ field: 'maxDuration', value: formatDuration(maxDurationMs), expected }];
}

/** What cannot be sized or judged is the asker's to mend: the core names it first in its message. */
function planned(ports: ActivityPorts, pieces: PlanPieces): ExperimentPlan {
  try {
    return experimentPlanOf(ports, pieces);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [field = '', ...rest] = error.message.split(' ');
    throw invalidInput(EXPERIMENT_INPUT, [
      { field, value: undefined, expected: rest.join(' ').replace(/^must be /u, '') },
    ]);
  }
}
