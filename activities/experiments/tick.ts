/**
 * One tick of an experiment: renews the lease, and when a look is due folds in what has matured, judges, and records. One activity, so that a
 * tick costs 11 history events.
 */
import { canonicalJson, judgeLook } from '../../src/decision/index.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { LiveConfiguration } from '../../src/domain/orchestrator-wire.ts';
import type { LeaseHolder } from '../../src/ports/stores.ts';
import {
  endsAtMs,
  inForce,
  isLastTick,
  reduceExperiment,
  type ExperimentRunState,
  type ExperimentTick,
  type JudgedLook,
} from '../../src/state/experiment/index.ts';
import { auditActs } from '../audit-acts.ts';
import type { ActivityPorts } from '../ports.ts';
import { standstillOf } from '../standstill.ts';
import { controlFell } from './control-fell.ts';
import { requireOurArms, requireShares, type OwnArmsWrite } from './our-arms.ts';
import { prePeriodKept, prePeriodOf } from './pre-period.ts';
import { recordRow, recordVerdict } from './record.ts';
import { writeArms } from './set-arms.ts';
import { maturedToMs, stretchesOf, windowsOf } from './stretches.ts';

export interface TickRequest extends OwnArmsWrite {
  readonly state: ExperimentRunState;
  readonly holder: LeaseHolder;
  /** Whether a look is due. One that comes at the end of the longest duration, or after it, looks in any case: no other follows. */
  readonly judge: boolean;
  /** When the workflow's clock says it is: a worker whose clock is behind ticks no earlier. */
  readonly dueAtMs: number;
}

/**
 * Decide (and renew). Key: the revision; a second run renews again and folds what has matured from the state it was given. The lease is
 * renewed after the judging: an experiment that cannot be judged, or that does harm, lets it run out. Arms that are gone are judged all the
 * same, before anybody serves them again.
 * Final: StaleGeneration when somebody else has changed the service; LeaseMoved when this run is not the lease's.
 */
export async function experimentTick(ports: ActivityPorts, request: TickRequest): Promise<ExperimentTick> {
  const before = await ours(ports, request);
  const nowMs = Math.max(ports.nowMs(), request.dueAtMs);
  const judges = request.judge || isLastTick(request.state, nowMs);
  const judged = judges ? await look(ports, request, nowMs) : null;
  const live = before && judged?.verdict.outcome !== 'harm' ? await renew(ports, request, before) : before;
  const standstill = await standstillFor(ports, request);
  const found: ExperimentTick = {
    atMs: nowMs,
    live: live ? 'ours' : 'leaseLost',
    leaseExpiresAtMs: live?.lease_expires_at ?? null,
    judged,
    ...(standstill !== null && { standstill }),
    ...(live && request.state.served === 'unknown' && { settledAtMs: Math.max(ports.nowMs(), nowMs) }),
  };
  return judged ? recorded(ports, request, found, judged) : found;
}

async function standstillFor(ports: ActivityPorts, { serviceId }: TickRequest): Promise<string | null> {
  const service = await ports.services.get(serviceId);
  return service ? standstillOf(ports, service.settings) : null;
}

/** What is live when it is what this experiment wrote; null when the lease had run out: the workflow serves the arms again. */
async function ours(ports: ActivityPorts, request: TickRequest): Promise<LiveConfiguration | null> {
  const { serviceId, generation, state } = request;
  const live = await ports.orchestratorFor(request.target).read(serviceId);
  const found = await requireOurArms(ports, request, live);
  if (found === 'leaseLost') return null;
  if (found === 'unwritten') {
    throw new Failure(
      'StaleGeneration',
      `${serviceId}: generation ${live.generation} is live, this experiment is ${generation}`,
    );
  }
  // Writes that were left halfway may have been made all the same. `wanted`: of a state from before `unread` was kept.
  const { unread = [], wanted } = state;
  const halfway = state.served === 'unknown' ? [...unread, ...(wanted ? [wanted] : [])] : [];
  requireShares(request, live, [inForce(state), ...halfway]);
  return live;
}

function renew(
  ports: ActivityPorts,
  request: TickRequest,
  { experiment }: LiveConfiguration,
): Promise<LiveConfiguration> {
  if (!experiment) throw new TypeError('live.experiment: nothing is there to renew');
  const { generation: _generation, ...deployment } = experiment;
  const { weights, exposedPct } = inForce(request.state);
  const write = { ...request, weights, exposedPct, leaseMs: request.state.plan.leaseMs };
  const arms = deployment.arms.map((arm) => ({ ...arm, weight: weights[arm.id] ?? 0 }));
  const inForceAgain = { ...deployment, exposed_pct: exposedPct, arms };
  return writeArms(ports, ports.orchestratorFor(request.target), write, inForceAgain);
}

async function look(ports: ActivityPorts, { state }: TickRequest, nowMs: number): Promise<JudgedLook> {
  const { plan } = state;
  const windows = await windowsOf(ports, plan, stretchesOf(state, maturedToMs(state, nowMs)));
  const input = {
    plan,
    state,
    windows,
    weights: inForce(state).weights,
    expired: nowMs >= endsAtMs(state),
  };
  const first = judgeLook(input);
  const isShown = first.conclusion !== null && first.verdict.outcome !== 'harm' && plan.unit !== 'request';
  const before = isShown ? await prePeriodOf(ports, state) : null;
  const judgement = before?.kind === 'found' ? judgeLook({ ...input, prePeriod: before.value }) : first;
  const note =
    before?.kind === 'left'
      ? `without what was known of the units before: ${before.why}`
      : before && prePeriodKept(state, nowMs, ports.retention().raw);
  const evidenceHash = ports.hash(canonicalJson(judgement.evidence));
  const control = plan.design.control;
  const fell = controlFell(state.totals[control], judgement.totals[control]);
  return {
    ...judgement,
    evidenceHash,
    ...(note !== null && { note }),
    ...(fell !== null && { controlFell: fell }),
  };
}

/** Whether this look says something else than the one before, or the experiment does something about it. */
function decides(state: ExperimentRunState, tick: ExperimentTick, judged: JudgedLook): boolean {
  if (judged.conclusion !== null || state.verdict?.outcome !== judged.verdict.outcome) return true;
  if (state.providers.phase !== judged.providers.phase) return true;
  const after = reduceExperiment(state, { kind: 'ticked', tick });
  return (
    after.phase !== state.phase ||
    after.wanted !== state.wanted ||
    (after.held === null) !== (state.held === null)
  );
}

/** What was found, with the id of the decision when one was recorded. */
async function recorded(
  ports: ActivityPorts,
  request: TickRequest,
  tick: ExperimentTick,
  judged: JudgedLook,
): Promise<ExperimentTick> {
  const { state, holder, idempotencyKey } = request;
  const { plan } = state;
  const after = reduceExperiment(state, { kind: 'ticked', tick });
  await recordRow(ports, after, holder, null);
  await auditActs(ports, state, holder);
  if (!decides(state, tick, judged)) return tick;
  // A try whose answer got lost may have recorded less: each finding has a record of its own, and the state names the one it rests on.
  const decisionId = `${idempotencyKey}/look/${judged.evidenceHash.slice(0, 8)}-${judged.verdict.outcome}`;
  await recordVerdict(ports, {
    id: decisionId,
    plan,
    holder,
    judged,
    expired: tick.atMs >= endsAtMs(state),
    weights: inForce(state).weights,
    before: state.verdict,
    atMs: tick.atMs,
  });
  return { ...tick, judged: { ...judged, decisionId } };
}
