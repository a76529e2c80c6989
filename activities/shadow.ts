/**
 * A shadow: the write that makes the gateway copy requests, and the look that renews it, folds in the pairs that have arrived, judges and
 * records. Users are served by stable all the while.
 */
import { foldPairBlock, judgeShadow, readShadowEvidence } from '../src/analysis/index.ts';
import { canonicalJson, recordDecision } from '../src/decision/index.ts';
import { Failure } from '../src/domain/failure.ts';
import type { StepVerdict } from '../src/domain/guardrail.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import { pairsOf, type RolloutState, type ShadowLook, type ShadowPlan } from '../src/state/rollout/index.ts';
import { auditActs } from './audit-acts.ts';
import { carried } from './carried-evidence.ts';
import { SHADOW_CODE_VERSION } from './code-version.ts';
import { mismatch, recorded } from './control.ts';
import { hashOf } from './hash-of.ts';
import type { LookRequest } from './look.ts';
import { requireOurs, type OwnWrite } from './ours.ts';
import type { ActivityPorts } from './ports.ts';
import { requireNotFrozen, requireNotPaused, standstillGate } from './standstill.ts';

export interface ShadowSet {
  readonly atMs: number;
  readonly leaseExpiresAtMs: number | null;
}

/** Pairs that arrive are in the database within this time: a block is read when it can grow no more. */
const STORED_WITHIN_MS = 2_000;

/** A proof counts when pairs have arrived within this many looks: an old one never enters the first step. */
const FRESH_LOOKS = 3;

/**
 * Mutate. Gives the candidate copies of `copyPct` of the requests under a lease, then reads back. Key: `idempotencyKey`; a second run with
 * the same pair changes nothing. Waits while the fleet is paused, and with `starts` during a freeze. Final: StaleGeneration when somebody
 * else has changed the service, LeaseMoved, OrchestratorRejected, Unauthorized.
 */
export async function setShadow(
  ports: ActivityPorts,
  write: OwnWrite & { readonly copyPct: number; readonly leaseMs: number; readonly starts?: boolean },
): Promise<ShadowSet> {
  await requireNotPaused(ports);
  if (write.starts === true) await requireNotFrozen(ports, write.serviceId);
  const gateway = ports.orchestratorFor(write.target);
  const candidate = await recorded(ports, write.serviceId, write.generation, write.candidateHash);
  await requireOurs(ports, write, await gateway.read(write.serviceId), gateway);
  await gateway.setCandidate({ ...write, configuration: candidate.body, weightPct: 0 });
  const live = await gateway.read(write.serviceId);
  const served = live.candidate ? hashOf(ports, live.candidate.configuration) : null;
  if (served !== write.candidateHash || live.copy_pct !== write.copyPct || live.weight_pct !== 0) {
    throw mismatch(write, live, `copies of ${write.copyPct} % for the candidate, and no weight`);
  }
  return { atMs: ports.nowMs(), leaseExpiresAtMs: live.lease_expires_at };
}

/**
 * Decide (and renew). Key: the revision; a second run renews again and folds the same blocks from the state it was given. The lease is renewed
 * after the judging: a shadow that cannot be judged, or that is to be taken back, lets it run out.
 * Final: StaleGeneration when somebody else has changed the service; InvalidInput, before anything is written, when the evidence cannot be read.
 */
export async function shadowLook(ports: ActivityPorts, request: LookRequest): Promise<ShadowLook> {
  const { state } = request;
  const { shadow, plan } = state;
  if (!shadow || !plan.shadow) {
    throw new Failure('InvalidInput', `rollout of ${plan.serviceId}: it has no shadow to look at`);
  }
  const before = carried(readShadowEvidence, shadow.evidence, `rollout of ${plan.serviceId}`);
  const served = await ours(ports, request, plan.shadow.copyPct);
  const nowMs = ports.nowMs();
  const toNo = Math.floor((nowMs - STORED_WITHIN_MS) / plan.blockMs) - 1;
  const { serviceId, generation, blockMs, guardrails } = plan;
  const range = { serviceId, generation, blockMs, fromNo: shadow.foldedTo + 1, toNo };
  const blocks = toNo <= shadow.foldedTo ? [] : await ports.pairs.blocks(range);
  const evidence = blocks.reduce((folded, block) => foldPairBlock(folded, block, guardrails), before);
  const { minPairs } = plan.shadow;
  const verdict = await freshened(ports, state, judgeShadow(evidence, { guardrails, minPairs }), toNo);
  const live = served && verdict.outcome !== 'harm' ? await renew(ports, request, served) : served;
  const found: ShadowLook = {
    atMs: nowMs,
    live: live ? 'ours' : 'leaseLost',
    leaseExpiresAtMs: live?.lease_expires_at ?? null,
    evidence,
    evidenceHash: ports.hash(canonicalJson(evidence)),
    foldedTo: Math.max(shadow.foldedTo, toNo),
    verdict,
    gates: [await standstillGate(ports, serviceId)],
  };
  await record(ports, request, plan.shadow, found);
  await auditActs(ports, state, request.holder);
  return found;
}

/** What is live when the gateway copies as this rollout asked; null when the lease had run out: the workflow sets the shadow again. */
async function ours(
  ports: ActivityPorts,
  request: LookRequest,
  copyPct: number,
): Promise<LiveConfiguration | null> {
  const gateway = ports.orchestratorFor(request.state.plan.target);
  const live = await gateway.read(request.serviceId);
  const found = await requireOurs(ports, request, live, gateway);
  if (found === 'leaseLost') return null;
  if (found === 'unwritten' || live.weight_pct !== 0 || live.copy_pct !== copyPct) {
    const serves = `generation ${live.generation} at ${live.weight_pct} %, copies of ${live.copy_pct ?? 0} %`;
    throw new Failure(
      'StaleGeneration',
      `${request.serviceId}: ${serves} are live; this rollout, ${request.generation}, asked for copies of ${copyPct} %`,
    );
  }
  return live;
}

function renew(
  ports: ActivityPorts,
  request: LookRequest,
  { candidate, copy_pct }: LiveConfiguration,
): Promise<LiveConfiguration> {
  return ports.orchestratorFor(request.state.plan.target).setCandidate({
    ...request,
    configuration: candidate?.configuration ?? {},
    weightPct: 0,
    copyPct: copy_pct ?? 0,
    leaseMs: request.state.plan.leaseMs,
  });
}

/** The verdict, or `noData` in place of `healthy` when no pair has arrived lately. */
async function freshened(
  ports: Pick<ActivityPorts, 'pairs'>,
  { plan }: RolloutState,
  verdict: StepVerdict,
  toNo: number,
): Promise<StepVerdict> {
  if (verdict.outcome !== 'healthy') return verdict;
  const { serviceId, generation, blockMs, lookMs } = plan;
  const fromNo = toNo - Math.ceil((FRESH_LOOKS * Math.max(lookMs, blockMs)) / blockMs);
  const lately = await ports.pairs.blocks({ serviceId, generation, blockMs, fromNo, toNo });
  if (lately.length > 0) return verdict;
  const since = new Date(fromNo * blockMs).toISOString();
  return { ...verdict, outcome: 'noData', reason: `stale: no pair has arrived since ${since}` };
}

async function record(
  ports: ActivityPorts,
  { state, holder, serviceId, generation, idempotencyKey, candidateHash, stableHash }: LookRequest,
  { copyPct, minPairs }: ShadowPlan,
  { atMs, evidence, verdict, gates }: ShadowLook,
): Promise<void> {
  if (state.verdict?.outcome !== verdict.outcome) {
    const limits = { guardrails: state.plan.guardrails, minPairs, copyPct, candidateHash, stableHash };
    const decision = recordDecision(
      { evidence, limits, seed: null, codeVersion: SHADOW_CODE_VERSION },
      ports.hash,
    );
    await ports.decisions.append({
      id: `${idempotencyKey}/shadow`,
      serviceId,
      workflowId: holder.workflowId,
      runId: holder.runId,
      kind: 'shadow',
      outcome: verdict.outcome,
      reason: verdict.reason,
      detail: { ...decision, candidateHash, stableHash, generation, verdict, gates },
      hash: decision.hash,
      atMs,
    });
  }
  await ports.rollouts.upsert({
    workflowId: holder.workflowId,
    runId: String(generation),
    serviceId,
    generation,
    phase: state.phase,
    stepIndex: state.stepIndex,
    weightPct: 0,
    startedAtMs: state.plan.admittedAtMs,
    endedAtMs: null,
    reason: verdict.reason,
    state: { verdict, looks: state.looks + 1, pairs: pairsOf({ verdict }) },
  });
}
