/**
 * One look of a rollout: renews the lease, folds in the blocks that have matured, judges, and records. One activity, so
 * that a look costs 11 history events.
 */
import { foldBlock, proveFallAnew, type RolloutEvidence } from '../src/analysis/index.ts';
import { canonicalJson } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Block } from '../src/domain/window.ts';
import type { LeaseHolder } from '../src/ports/stores.ts';
import { isApart, reduceRollout, type Look, type RolloutState } from '../src/state/rollout/index.ts';
import { auditActs } from './audit-acts.ts';
import { carriedEvidence } from './carried-evidence.ts';
import { dryRunsOf } from './dry-runs.ts';
import { freshened } from './freshness.ts';
import { gatesOf } from './gates.ts';
import { hashOf } from './hash-of.ts';
import { requireOurs, requireWeight } from './ours.ts';
import type { ActivityPorts, GatewayWrite } from './ports.ts';
import { judgeAt, recordStepsLeft, recordVerdict } from './verdict-record.ts';

export type LookRequest = GatewayWrite & { readonly state: RolloutState; readonly holder: LeaseHolder };

/**
 * Decide (and renew). Key: the revision; a second run renews again and folds the same blocks from the state it was given. The lease is
 * renewed after the judging: a rollout that cannot be judged, or that is to be taken back, lets it run out.
 * Final: StaleGeneration when somebody else has changed the service; LeaseMoved when this run is not the lease's; InvalidInput, before anything is
 * written, when the evidence cannot be read.
 */
export async function look(ports: ActivityPorts, request: LookRequest): Promise<Look> {
  const { state } = request;
  const read = carriedEvidence(state.evidence, `rollout of ${request.serviceId}`);
  const carried = state.fallAnew === true ? proveFallAnew(read) : read;
  const before = await ours(ports, request);
  const nowMs = ports.nowMs();
  const toNo = Math.floor((nowMs - state.plan.matureAfterMs) / state.plan.blockMs) - 1;
  const blocks = await takeBlocks(ports, request, toNo);
  const evidence = blocks.reduce((folded, block) => fold(state, folded, block), carried);
  const verdict = await freshened(ports, state, judgeAt(state.plan, state.stepIndex, evidence), nowMs);
  const gates = await gatesOf(ports, state, blocks, nowMs);
  const dryRuns = await dryRunsOf(ports, state, toNo);
  const live = before && verdict.outcome !== 'harm' ? await renew(ports, request, before) : before;
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
    ...(dryRuns && { dryRuns }),
  };
  const kept = await recorded(ports, request, found);
  await auditActs(ports, state, request.holder);
  return kept;
}

/** What is live when it is what this rollout wrote; null when the weight lease had run out: the workflow applies the step again. */
async function ours(ports: ActivityPorts, request: LookRequest): Promise<LiveConfiguration | null> {
  const gateway = ports.orchestratorFor(request.state.plan.target);
  const live = await gateway.read(request.serviceId);
  const found = await requireOurs(ports, request, live, gateway);
  if (found === 'leaseLost') return null;
  if (found === 'unwritten') {
    throw new Failure(
      'StaleGeneration',
      `${request.serviceId}: generation ${live.generation} is live, this rollout is ${request.generation}`,
    );
  }
  if (live.candidate && hashOf(ports, live.candidate.configuration) === request.backupHash) {
    throw new Failure(
      'OrchestratorUnavailable',
      `${request.serviceId}: the backup model is still served, by a write whose answer came too late: it goes when its lease ends`,
    );
  }
  requireWeight(request, live, [request.state.weightPct]);
  return live;
}

function renew(
  ports: ActivityPorts,
  request: LookRequest,
  { candidate }: LiveConfiguration,
): Promise<LiveConfiguration> {
  return ports.orchestratorFor(request.state.plan.target).setCandidate({
    ...request,
    configuration: candidate?.configuration ?? {},
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
  const blocks = (await ports.windows.blocks(range)).filter(({ no }) => !isApart(state, no));
  return ports.windows.markFolded(serviceId, generation, blocks);
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

function shareOf(blocks: readonly Block[]): number | null {
  const count = (block: Block, arm: 'stable' | 'candidate') => block.arms[arm].error?.count ?? 0;
  const [stable, candidate] = [
    blocks.reduce((sum, block) => sum + count(block, 'stable'), 0),
    blocks.reduce((sum, block) => sum + count(block, 'candidate'), 0),
  ];
  return stable + candidate === 0 ? null : (100 * candidate) / (stable + candidate);
}

/** Whether this look says something else than the one before, or the rollout does something about it: leaves the step, asks, holds, ends. */
function decides(state: RolloutState, found: Look): boolean {
  if (state.verdict?.outcome !== found.verdict.outcome) return true;
  const after = reduceRollout(state, { kind: 'looked', look: found });
  return (
    after.phase !== state.phase ||
    (after.awaiting ?? null) !== (state.awaiting ?? null) ||
    (after.held === null) !== (state.held === null) ||
    (after.extended ?? 0) !== (state.extended ?? 0)
  );
}

/** What was found, with the id of the decision when one was recorded. */
async function recorded(ports: ActivityPorts, request: LookRequest, found: Look): Promise<Look> {
  const { state, holder } = request;
  const { plan, stepIndex } = state;
  await recordStepsLeft(ports, state, holder);
  await ports.rollouts.upsert({
    workflowId: holder.workflowId,
    runId: String(request.generation),
    serviceId: request.serviceId,
    generation: request.generation,
    phase: state.phase,
    stepIndex,
    weightPct: state.weightPct,
    startedAtMs: plan.admittedAtMs,
    endedAtMs: null,
    reason: found.verdict.reason,
    state: { verdict: found.verdict, looks: state.looks + 1 },
  });
  if (!decides(state, found)) return found;
  const { evidence, evidenceHash, verdict, atMs } = found;
  // A try whose answer got lost may have recorded less: each finding has a record of its own, and the state names the one it rests on.
  const id = `${request.idempotencyKey}/look/${evidenceHash.slice(0, 8)}-${verdict.outcome}`;
  const gates = found.gates?.reports ?? [];
  const { dryRuns } = found;
  await recordVerdict(ports, {
    id,
    plan,
    holder,
    stepIndex,
    evidence,
    verdict,
    gates,
    atMs,
    ...(dryRuns && { dryRuns }),
  });
  return { ...found, decisionId: id };
}
