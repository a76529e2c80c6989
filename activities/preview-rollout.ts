/**
 * What a rollout would do, without doing it: the same code as admission, but it takes no lease, writes nothing, and goes on after a
 * refusal so that everything that speaks against the start is told at once.
 */
import { planSteps, type StepPlan } from '../src/analysis/index.ts';
import { ladderOf } from '../src/analysis/rollout/ladder.ts';
import { lossOf } from '../src/analysis/rollout/wording.ts';
import { applyChange } from '../src/domain/change.ts';
import {
  describeProblem,
  Failure,
  invalidInput,
  type FailureType,
  type Problem,
} from '../src/domain/failure.ts';
import type { GuardrailSpec } from '../src/domain/guardrail.ts';
import type { Configuration, LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import { gatewayTargetOf } from '../src/domain/supporting-target.ts';
import { parseOrFail } from '../src/domain/validate.ts';
import { rolloutInputSchema, type RolloutInput } from '../src/domain/workflow-input.ts';
import type { ServiceRecord } from '../src/ports/stores.ts';
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
import { problemsOfStrategy } from './strategy-rules.ts';
import { whatIsProven, type Proofs } from './what-is-proven.ts';

/** One thing that admission would refuse, in one sentence; with the field where it is about one. */
export interface Refusal extends Partial<Problem> {
  readonly type: FailureType;
  readonly message: string;
}

/** One step: what must be ruled out before it is left, and what that is expected to take. */
export interface StepPreview {
  readonly weightPct: number;
  /** Empty at 100 %, where no control arm is left and only absolute limits speak. */
  readonly rulesOut: readonly {
    readonly guardrail: GuardrailSpec['id'];
    readonly required: boolean;
    readonly loss: string;
  }[];
  /** Of the candidate alone, and of both arms; null while it cannot be told. */
  readonly candidateLabels: number | null;
  readonly totalLabels: number | null;
  readonly slowest: GuardrailSpec['id'] | null;
  /** The soak, or longer when the labels take longer to arrive and to mature. Null without labels. */
  readonly expectedMs: number | null;
}

export interface RolloutPreview {
  readonly refusals: readonly Refusal[];
  /** Null when the input or the service could not be read. */
  readonly live: LiveConfiguration | null;
  readonly plan: RolloutPlan | null;
  readonly steps: readonly StepPreview[];
  /** What will have been proven at the promotion, and what not; null without a plan. */
  readonly proofs: Proofs | null;
  /** The change that would be ended first, in words: `onConflict: supersede`. */
  readonly ends: string | null;
}

/** Read. Changes nothing. Throws only when the database or the gateway cannot be asked. */
export async function previewRollout(ports: ActivityPorts, typed: unknown): Promise<RolloutPreview> {
  const refusals: Refusal[] = [];
  const input = await kept(refusals, async () => parseOrFail(rolloutInputSchema, typed, INPUT));
  const serviceId = input?.serviceId ?? namedIn(typed);
  const service = serviceId === null ? null : await kept(refusals, () => adoptedService(ports, serviceId));
  if (!service) return { refusals, live: null, plan: null, steps: [], proofs: null, ends: null };
  await kept(refusals, async () => refuseModeOff(service.settings));
  await kept(refusals, () => refuseAtStandstill(ports, service.settings, input ?? service));
  const held = await heldBy(ports, service.serviceId);
  const ends = input?.onConflict === 'supersede' ? (held[0]?.message ?? null) : null;
  if (ends === null) refusals.push(...held);
  const gateway = ports.orchestratorFor(gatewayTargetOf(service.settings));
  const live = await gateway.read(service.serviceId);
  const recorded = await kept(refusals, () => stableOf(ports, service.serviceId, live));
  if (!input) return { refusals, live, plan: null, steps: [], proofs: null, ends: null };
  const stable = recorded ?? { body: live.stable.configuration, generation: live.stable.generation };
  return { live, ends, ...(await planned(ports, { input, service, live, stable, refusals })) };
}

async function planned(
  ports: ActivityPorts,
  of: {
    readonly input: RolloutInput;
    readonly service: ServiceRecord;
    readonly live: LiveConfiguration;
    readonly stable: { readonly body: Configuration; readonly generation: number };
    readonly refusals: readonly Refusal[];
  },
): Promise<Omit<RolloutPreview, 'live' | 'ends'>> {
  const { input, service, live, stable } = of;
  const { settings } = service;
  const candidate = applyChange(stable.body, input.change);
  // Whoever starts it says who they are and why; a plan may be looked at by anybody.
  const named = { ...input, by: input.by ?? 'nobody yet', reason: input.reason ?? 'asked for' };
  const ofStrategy = problemsOfStrategy(named, settings);
  const ofChange = await problemsOfChange(ports, settings, input, { stable: stable.body, candidate });
  const nowMs = ports.nowMs();
  const baseline = await baselineOf(ports, service, { live, recordedGeneration: stable.generation }, nowMs);
  const requestedBy = named.by;
  const keeper = await leaseKeeperOf(ports, settings);
  const planned = planOf(ports, {
    input,
    settings,
    requestedBy,
    stable,
    candidate,
    baseline,
    leasedBy: keeper.kind === 'kept' ? keeper.by : 'watchdog',
    capabilities: ports.orchestratorFor(gatewayTargetOf(settings)).capabilities,
    nowMs,
  });
  const plan = await withShadowEvidence(ports, settings, planned);
  const ofLease = keeper.kind === 'kept' ? [] : [keeper.problem];
  const problems = [...ofStrategy, ...ofChange, ...ofLease, ...problemsOfEvidence(plan, named, baseline)];
  const more = problems.length === 0 ? [] : refusalsOf(invalidInput(INPUT, problems));
  const steps = plan.strategy === 'immediate' ? [unjudged] : stepsOf(plan, baseline);
  return { refusals: [...of.refusals, ...more], plan, steps, proofs: whatIsProven(plan) };
}

/** The step of an immediate change: nothing is waited for. */
const unjudged: StepPreview = {
  weightPct: 100,
  rulesOut: [],
  candidateLabels: 0,
  totalLabels: 0,
  slowest: null,
  expectedMs: 0,
};

function stepsOf(plan: RolloutPlan, baseline: Baseline): readonly StepPreview[] {
  const { guardrails, steps, minSamples, soakMs, matureAfterMs, labels } = plan;
  const needed = planSteps({ guardrails, steps, baseline, minSamples });
  const ladder = ladderOf(steps);
  return steps.map((weightPct, i): StepPreview => {
    const multiple = ladder[i];
    const asked: Pick<StepPlan, 'candidateLabels' | 'totalLabels'> | undefined =
      weightPct === 100 ? { candidateLabels: minSamples, totalLabels: minSamples } : needed?.[i];
    const labelMs = asked && labels.perHour > 0 ? (asked.totalLabels * 3_600_000) / labels.perHour : null;
    return {
      weightPct,
      rulesOut:
        multiple === undefined
          ? []
          : guardrails.map((spec) => ({
              guardrail: spec.id,
              required: spec.required,
              loss: lossOf(spec, multiple),
            })),
      candidateLabels: asked?.candidateLabels ?? null,
      totalLabels: asked?.totalLabels ?? null,
      slowest: needed?.[i]?.slowest ?? null,
      expectedMs: labelMs === null ? null : Math.round(Math.max(soakMs, labelMs + matureAfterMs)),
    };
  });
}

/** Admission asks Temporal whether the holder is closed; a preview that cannot ask says so and goes on. */
async function heldBy(
  ports: Pick<ActivityPorts, 'leases' | 'workflows'>,
  serviceId: string,
): Promise<readonly Refusal[]> {
  const lease = await ports.leases.current(serviceId);
  if (lease === null) return [];
  const { workflowId, runId } = lease.holder;
  const message = `${serviceId} is held by ${workflowId} (run ${runId}) since ${new Date(lease.acquiredAtMs).toISOString()}`;
  try {
    return (await ports.workflows.isClosed(lease.holder)) ? [] : [{ type: 'ChangeInFlight', message }];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ type: 'ChangeInFlight', message: `${message}; whether it still runs cannot be told: ${why}` }];
  }
}

/** What `run` answers, or null when it is refused: then the refusal is kept. What another try may mend is thrown. */
async function kept<T>(refusals: Refusal[], run: () => Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure && error.final)) throw error;
    refusals.push(...refusalsOf(error));
    return null;
  }
}

function refusalsOf({ type, message, problems }: Failure): readonly Refusal[] {
  return problems.length === 0
    ? [{ type, message }]
    : problems.map((problem) => ({ type, message: describeProblem(problem), ...problem }));
}

function namedIn(typed: unknown): string | null {
  const named = typeof typed === 'object' && typed !== null && 'serviceId' in typed ? typed.serviceId : null;
  return typeof named === 'string' ? named : null;
}
