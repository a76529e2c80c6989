/** Judges a step of a rollout, and keeps verdicts so that they can be judged again. What is kept when is the caller's. */
import { judgeAbsolute, judgeStep, type RolloutEvidence } from '../src/analysis/index.ts';
import { canonicalJson, recordDecision } from '../src/decision/index.ts';
import type { DryRunReport } from '../src/domain/dry-run.ts';
import type { GateReport } from '../src/domain/gate.ts';
import type { StepVerdict } from '../src/domain/guardrail.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { RolloutPlan, RolloutState } from '../src/state/rollout/index.ts';
import { CODE_VERSION } from './code-version.ts';
import type { ActivityPorts } from './ports.ts';

type Ports = Pick<ActivityPorts, 'decisions' | 'hash'>;

/** Below 100 % both arms are compared; at 100 % there is no control arm left and only absolute limits speak. */
export function judgeAt(plan: RolloutPlan, stepIndex: number, evidence: RolloutEvidence): StepVerdict {
  const { guardrails, steps, minSamples, constraints } = plan;
  return steps[stepIndex] === 100
    ? judgeAbsolute(evidence, { guardrails, constraints, minSamples, stepIndex })
    : judgeStep(evidence, { guardrails, steps, stepIndex, minSamples });
}

/** Key: the id. `detail` has everything that the judging code was given, and `evidenceHash` as states and approvals name it. */
export async function recordVerdict(
  ports: Ports,
  of: {
    readonly id: string;
    readonly plan: RolloutPlan;
    readonly holder: LeaseHolder;
    readonly stepIndex: number;
    readonly evidence: RolloutEvidence;
    readonly verdict: StepVerdict;
    readonly gates: readonly GateReport[];
    /** Metrics that were shown beside it. */
    readonly dryRuns?: readonly DryRunReport[];
    readonly atMs: number;
  },
): Promise<void> {
  const { id, plan, holder, stepIndex, evidence, verdict, gates, dryRuns, atMs } = of;
  const { guardrails, constraints, steps, minSamples } = plan;
  const limits = { guardrails, constraints, steps, stepIndex, minSamples };
  const decision = recordDecision({ evidence, limits, seed: null, codeVersion: CODE_VERSION }, ports.hash);
  await ports.decisions.append({
    id,
    serviceId: plan.serviceId,
    workflowId: holder.workflowId,
    runId: holder.runId,
    kind: 'verdict',
    outcome: verdict.outcome,
    reason: verdict.reason,
    detail: {
      ...decision,
      evidenceHash: ports.hash(canonicalJson(evidence)),
      verdict,
      gates,
      ...(dryRuns && { dryRuns }),
    },
    hash: decision.hash,
    atMs,
  });
}

/**
 * Records the steps that were left between two looks: by hand, by an approval, by a rollback. Key: workflow, generation and step. Evidence moves
 * with looks alone, so what the state holds until the next one is what they were left with.
 */
export async function recordStepsLeft(ports: Ports, state: RolloutState, holder: LeaseHolder): Promise<void> {
  const { plan, evidence, steps } = state;
  for (const { index, endedAtMs, evidenceHash, decisionId } of steps) {
    if (endedAtMs === null || decisionId !== null || evidenceHash !== state.evidenceHash) continue;
    const verdict = judged(plan, index, evidence);
    if (verdict === null) continue;
    await recordVerdict(ports, {
      id: `${holder.workflowId}/${plan.generation}/step/${index}`,
      plan,
      holder,
      stepIndex: index,
      evidence,
      verdict,
      gates: [],
      atMs: endedAtMs,
    });
  }
}

/** Null for evidence that this program cannot read: a look has refused it by name, and books are closed all the same. */
function judged(plan: RolloutPlan, stepIndex: number, evidence: RolloutEvidence): StepVerdict | null {
  try {
    return judgeAt(plan, stepIndex, evidence);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}
