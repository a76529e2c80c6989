/**
 * One look of a rollout: renews the lease, folds in the blocks that have matured, judges, and records. One activity, so
 * that a look costs 11 history events.
 */
import { foldBlock, judgeAbsolute, judgeStep, type RolloutEvidence } from '../src/analysis/index.ts';
import { canonicalJson, recordDecision } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { StepVerdict } from '../src/domain/guardrail.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Block } from '../src/domain/window.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import type { Look, RolloutState } from '../src/state/rollout/index.ts';
import { auditActs } from './audit-acts.ts';
import { carriedEvidence } from './carried-evidence.ts';
import { CODE_VERSION } from './code-version.ts';
import { hashOf } from './control.ts';
import { freshened } from './freshness.ts';
import { gatesOf } from './gates.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';

export type LookRequest = GatewayWrite & { readonly state: RolloutState; readonly holder: LeaseHolder };

/**
 * Decide (and renew). Key: the revision; a second run renews again and folds the same blocks from the state it was given.
 * Final: StaleGeneration when somebody else has changed the service; InvalidInput, before anything is written, when the evidence cannot be read.
 */
export async function look(ports: ActivityPorts, request: LookRequest): Promise<Look> {
  const { state } = request;
  const carried = carriedEvidence(state.evidence, `rollout of ${request.serviceId}`);
  const live = await renew(ports, request);
  const nowMs = ports.nowMs();
  const toNo = Math.floor((nowMs - state.plan.matureAfterMs) / state.plan.blockMs) - 1;
  const blocks = await takeBlocks(ports, request, toNo);
  const evidence = blocks.reduce((folded, block) => fold(state, folded, block), carried);
  const verdict = await freshened(ports, state, judge(state, evidence), nowMs);
  const gates = await gatesOf(ports, state, blocks, nowMs);
  const found: Look = {
    atMs: nowMs,
    live: live ? 'ours' : 'leaseLost',
    leaseExpiresAtMs: live?.lease_expires_at ?? null,
    observedSharePct: shareOf(blocks) ?? state.observedSharePct,
    evidence,
    evidenceHash: ports.hash(canonicalJson(evidence)),
    foldedTo: Math.max(state.foldedTo, toNo),
    verdict,
    ...(gates && { gates }),
  };
  await record(ports, request, found);
  await auditActs(ports, state, request.holder);
  return found;
}

/**
 * Renews the candidate's lease when the gateway still serves what this rollout wrote. Null when the lease had run out: then
 * nothing is written, the workflow applies the step again. A pair that is not ours is StaleGeneration.
 */
async function renew(ports: ActivityPorts, request: LookRequest): Promise<LiveConfiguration | null> {
  const gateway = ports.orchestratorFor(request.state.plan.target);
  const live = await gateway.read(request.serviceId);
  if (live.generation !== request.generation) {
    throw new Failure(
      'StaleGeneration',
      `${request.serviceId}: generation ${live.generation} is live, this rollout is ${request.generation}`,
    );
  }
  const candidate = live.candidate;
  if (!candidate || hashOf(ports, candidate.configuration) !== request.candidateHash) {
    if (live.last_change.kind === 'leaseExpired') return null;
    throw new Failure(
      'StaleGeneration',
      `${request.serviceId}: the candidate was taken away at the gateway (${live.last_change.kind})`,
    );
  }
  return gateway.setCandidate({
    ...request,
    configuration: candidate.configuration,
    weightPct: request.state.weightPct,
    leaseMs: request.state.plan.leaseMs,
  });
}

/** The blocks to fold, as they were first read: a look that is tried again folds the same, whatever has arrived in between. */
async function takeBlocks(
  ports: ActivityPorts,
  { serviceId, generation, state }: LookRequest,
  toNo: number,
): Promise<readonly Block[]> {
  if (toNo <= state.foldedTo) return [];
  const range = { serviceId, generation, blockMs: state.plan.blockMs, fromNo: state.foldedTo + 1, toNo };
  return ports.windows.markFolded(serviceId, generation, await ports.windows.blocks(range));
}

/** A block belongs to the step during which it began. */
function fold(state: RolloutState, evidence: RolloutEvidence, block: Block): RolloutEvidence {
  const step = state.steps.findLast((each) => each.startedAtMs <= block.startMs) ?? state.steps[0];
  const stepIndex = step?.index ?? state.stepIndex;
  return foldBlock(evidence, block, {
    guardrails: state.plan.guardrails,
    stepIndex,
    weightPct: state.plan.steps[stepIndex] ?? state.weightPct,
  });
}

/** Below 100 % both arms are compared; at 100 % there is no control arm left and only absolute limits speak. */
function judge(state: RolloutState, evidence: RolloutEvidence): StepVerdict {
  const { guardrails, steps, minSamples, constraints } = state.plan;
  return steps[state.stepIndex] === 100
    ? judgeAbsolute(evidence, { guardrails, constraints, minSamples, stepIndex: state.stepIndex })
    : judgeStep(evidence, { guardrails, steps, stepIndex: state.stepIndex, minSamples });
}

function shareOf(blocks: readonly Block[]): number | null {
  const count = (block: Block, arm: 'stable' | 'candidate') => block.arms[arm].error?.count ?? 0;
  const [stable, candidate] = [
    blocks.reduce((sum, block) => sum + count(block, 'stable'), 0),
    blocks.reduce((sum, block) => sum + count(block, 'candidate'), 0),
  ];
  return stable + candidate === 0 ? null : (100 * candidate) / (stable + candidate);
}

async function record(ports: ActivityPorts, request: LookRequest, found: Look): Promise<void> {
  const { state, holder } = request;
  const { guardrails, constraints, steps, minSamples } = state.plan;
  if (state.verdict?.outcome !== found.verdict.outcome) {
    const decision = recordDecision(
      {
        evidence: found.evidence,
        limits: { guardrails, constraints, steps, stepIndex: state.stepIndex, minSamples },
        seed: null,
        codeVersion: CODE_VERSION,
      },
      ports.hash,
    );
    await ports.decisions.append({
      id: `${request.idempotencyKey}/look`,
      serviceId: request.serviceId,
      workflowId: holder.workflowId,
      runId: holder.runId,
      kind: 'verdict',
      outcome: found.verdict.outcome,
      reason: found.verdict.reason,
      detail: { ...decision, verdict: found.verdict, gates: found.gates?.reports ?? [] },
      hash: decision.hash,
      atMs: found.atMs,
    });
  }
  await ports.rollouts.upsert({
    workflowId: holder.workflowId,
    runId: String(request.generation),
    serviceId: request.serviceId,
    generation: request.generation,
    phase: state.phase,
    stepIndex: state.stepIndex,
    weightPct: state.weightPct,
    startedAtMs: state.plan.admittedAtMs,
    endedAtMs: null,
    reason: found.verdict.reason,
    state: { verdict: found.verdict, looks: state.looks + 1 },
  });
}
