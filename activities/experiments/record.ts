/** What an experiment leaves in the store: its row for screens, and decisions that can be judged again. What is kept when is the caller's. */
import { recordDecision, type DecisionRecord } from '../../src/decision/index.ts';
import type { LeaseHolder } from '../../src/ports/stores.ts';
import type {
  ExperimentPlan,
  ExperimentRunState,
  JudgedLook,
  Weights,
} from '../../src/state/experiment/index.ts';
import { EXPERIMENT_CODE_VERSION } from '../code-version.ts';
import type { ActivityPorts } from '../ports.ts';

/** Key: (service, generation). `state` as it is after what is told. */
export async function recordRow(
  ports: Pick<ActivityPorts, 'experiments'>,
  state: ExperimentRunState,
  { workflowId, runId }: LeaseHolder,
  endedAtMs: number | null,
): Promise<void> {
  const { plan, phase, outcome, conclusion, verdict, totals, looks, periods, spent, providers } = state;
  const lastly = state.ending?.reason ?? conclusion?.sentence ?? verdict?.reason ?? null;
  await ports.experiments.upsert({
    workflowId,
    runId,
    serviceId: plan.serviceId,
    generation: plan.generation,
    name: plan.name,
    phase,
    outcome,
    winner: (outcome ?? state.ending?.outcome) === 'adopted' ? (conclusion?.variant ?? null) : null,
    startedAtMs: state.startedAtMs ?? plan.admittedAtMs,
    endedAtMs,
    reason: lastly,
    state: {
      arms: plan.arms,
      sizing: plan.sizing,
      allocation: plan.allocation,
      verdict,
      totals,
      conclusion,
      looks,
      periods,
      spent,
      providers,
      graduation: state.graduation,
      ...(state.ending?.byHand && { byHand: true }),
    },
  });
}

/** Everything that the judging code was given besides the evidence, once this had been folded. */
export function limitsOf(
  plan: ExperimentPlan,
  judged: JudgedLook,
  of: {
    readonly expired: boolean;
    readonly weights: Weights;
    readonly before: ExperimentRunState['verdict'];
  },
) {
  const { design, primary, analysis, allocation, budget, criteria, sizing, minSamples } = plan;
  const { totals, providers, foldedToMs } = judged;
  return {
    plan: {
      design,
      primary,
      analysis,
      allocation,
      budget,
      criteria,
      sizing,
      ...(minSamples !== undefined && { minSamples }),
    },
    totals,
    providers,
    foldedToMs,
    weights: of.weights,
    expired: of.expired,
    // A fixed horizon is judged once: what it said is what it says.
    ...(analysis === 'fixedHorizon' && of.before && { verdict: of.before }),
  };
}

export type ExperimentBasis = DecisionRecord<JudgedLook['evidence'], ReturnType<typeof limitsOf>>;

/** Key: the id. The evidence has the hash by which states and approvals name it. */
export async function recordVerdict(
  ports: Pick<ActivityPorts, 'decisions' | 'hash'>,
  of: {
    readonly id: string;
    readonly plan: ExperimentPlan;
    readonly holder: LeaseHolder;
    readonly judged: JudgedLook;
    readonly expired: boolean;
    /** That were in force. */
    readonly weights: Weights;
    /** What the look before said. */
    readonly before: ExperimentRunState['verdict'];
    readonly atMs: number;
  },
): Promise<void> {
  const { id, plan, holder, judged, expired, weights, before, atMs } = of;
  const { evidence, evidenceHash, verdict, conclusion, totals, allocation } = judged;
  const basis: ExperimentBasis = recordDecision(
    {
      evidence,
      limits: limitsOf(plan, judged, { expired, weights, before }),
      seed: plan.seed,
      codeVersion: EXPERIMENT_CODE_VERSION,
    },
    ports.hash,
  );
  await ports.decisions.append({
    id,
    serviceId: plan.serviceId,
    workflowId: holder.workflowId,
    runId: holder.runId,
    kind: 'experiment',
    outcome: verdict.outcome,
    reason: verdict.reason,
    detail: { ...basis, evidenceHash, verdict, conclusion, totals, allocation },
    hash: basis.hash,
    atMs,
  });
}
