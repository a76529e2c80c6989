/**
 * What a message makes of a rollout, and the answer its sender gets. Pure and total: what does not fit is refused with
 * a reason and changes nothing.
 */
import { isBefore, raisedInWords, responseTo } from '../incident.ts';
import type { Message } from '../messages.ts';
import { fromBackup, onBackup, toBackup } from './backup.ts';
import { calledOff } from './called-off.ts';
import { lacksApproval } from './decision-table.ts';
import { takeBack } from './ending.ts';
import { held, stepForward } from './reduce.ts';
import { isCopying } from './shadow.ts';
import { passesFreeze } from './standstill.ts';
import { firstPhase, keepsTable, logged, withSeen, type RolloutState } from './state.ts';

/** The answer to a message: whether it changed something, and why or why not. */
export interface Answer {
  readonly accepted: boolean;
  readonly reason: string;
}

export interface Received {
  readonly state: RolloutState;
  readonly answer: Answer;
}

export function receiveMessage(state: RolloutState, message: Message, atMs: number): Received {
  if (message.messageId !== undefined) {
    if (state.seen.includes(message.messageId))
      return refused(state, `message ${message.messageId} was already handled`);
    const received = receive(state, message, atMs);
    return { ...received, state: withSeen(received.state, message.messageId) };
  }
  return receive(state, message, atMs);
}

function receive(state: RolloutState, message: Message, atMs: number): Received {
  const off = calledOff(state, message, atMs);
  if (off) return accepted(off, 'the change is taken back, and nothing starts in its place');
  if (state.phase === 'ended') return refused(state, `the rollout has ended: ${state.outcome ?? 'unknown'}`);
  if (state.ending && message.name !== 'anomaly') {
    return message.name === 'rollback'
      ? accepted(state, `already being taken back: ${state.ending.reason}`)
      : refused(state, `the change is being taken back: ${state.ending.reason}`);
  }
  switch (message.name) {
    case 'rollback':
      return accepted(
        takeBack(state, atMs, 'rolledBack', message.by, message.reason),
        'the change is being taken back',
      );
    case 'reject':
      return accepted(
        takeBack(state, atMs, 'rejected', message.by, message.reason),
        'rejected, the change is being taken back',
      );
    case 'replace': {
      const { change: replacement, reason, input } = message;
      const why = `replaced by another change${reason === undefined ? '' : `: ${reason}`}`;
      const replacing = { ...(reason !== undefined && { reason }), ...(input && { input }) };
      return accepted(
        { ...takeBack(state, atMs, 'replaced', message.by, why), replacement, replacing },
        'the change is taken back, then the new one starts',
      );
    }
    case 'approve':
      return approve(state, message, atMs);
    case 'pause':
      return pause(state, message, atMs);
    case 'resume':
      return resume(state, message.by, atMs);
    case 'promote':
      return promote(state, message, atMs);
    case 'anomaly':
      return anomaly(state, message, atMs);
    case 'stop':
      return refused(state, 'a rollout is not stopped: send rollback or reject');
    case 'setAllocation':
      return refused(state, 'a rollout has no allocation: its steps say who gets the candidate');
  }
}

function approve(
  state: RolloutState,
  message: Extract<Message, { name: 'approve' }>,
  atMs: number,
): Received {
  if (state.awaiting) return approveStep(state, message, atMs);
  if (state.phase !== 'awaitingApproval') return refused(state, 'nothing waits for an approval');
  // Nothing has been seen live yet: an approval may name the candidate, or the shadow decision that the plan rests on.
  const { candidateHash, restsOn } = state.plan;
  const known = restsOn ? [candidateHash, restsOn.hash] : [candidateHash];
  if (message.evidence !== undefined && !known.includes(message.evidence)) {
    return refused(
      state,
      `evidence ${message.evidence} is not what waits for approval (${known.join(', ')})`,
    );
  }
  if (onBackup(state)) return refused(state, 'on the backup route: resume first, then approve');
  return accepted(
    logged(
      { ...state, phase: firstPhase(state.plan) },
      { atMs, what: 'approved', by: message.by, why: message.note ?? '' },
    ),
    'approved',
  );
}

/**
 * Approves leaving a step. What is approved is what the last look found: when the approval names evidence, no newer may exist, and a
 * step that has stopped being proven meanwhile is not left. Whether it is proven still is found out by a look, due at once: when a message
 * is handled says nothing about how old the verdict is, since a replay handles it at another time.
 */
function approveStep(
  state: RolloutState,
  message: Extract<Message, { name: 'approve' }>,
  atMs: number,
): Received {
  const { evidenceHash, verdict, paused } = state;
  if (message.evidence !== undefined && message.evidence !== evidenceHash) {
    return refused(state, `evidence ${message.evidence} is not the newest (${evidenceHash})`);
  }
  const stopped = paused ?? state.held;
  if (stopped) return refused(state, `stopped by ${stopped.by}: ${stopped.reason}`);
  const byLook = keepsTable(state.plan, 3);
  const unmet = byLook ? unproven(state) : [...unmetGates(state, atMs), ...agedOut(state, atMs)];
  if (verdict?.outcome !== 'healthy' || unmet.length > 0) {
    return refused(state, `no longer proven: ${unmet.join(', ') || (verdict?.reason ?? 'no look yet')}`);
  }
  const { awaiting } = state;
  const next = awaiting?.next ?? '';
  if (awaiting?.approved) return refused(state, `already approved by ${awaiting.approved.by}: ${next}`);
  const noted = logged(state, { atMs, what: 'approved', by: message.by, why: message.note ?? `of ${next}` });
  if (byLook && awaiting) {
    const approved = { atMs, by: message.by, evidenceHash };
    return accepted(
      { ...noted, awaiting: { ...awaiting, approved }, nextLookAtMs: null },
      `approved: ${next}, as soon as a look finds it proven`,
    );
  }
  return accepted(stepForward(noted, atMs, `approved by ${message.by}`), `approved: ${next}`);
}

function pause(
  state: RolloutState,
  message: { readonly by: string; readonly reason: string },
  atMs: number,
): Received {
  if (state.paused) return refused(state, `already paused by ${state.paused.by}: ${state.paused.reason}`);
  if (state.phase === 'promoting')
    return refused(state, 'the promotion is being written: only a rollback stops it');
  return accepted(
    logged(
      { ...state, paused: { by: message.by, reason: message.reason } },
      { atMs, what: 'paused', by: message.by, why: message.reason },
    ),
    'paused; looks and harm checks go on',
  );
}

function resume(state: RolloutState, by: string, atMs: number): Received {
  if (!state.paused && !state.held) return refused(state, 'neither paused nor held');
  // A gate that failed is judged anew from here: whoever resumes has mended the split, or has looked into it.
  const failed = state.gates?.reports.some((gate) => gate.outcome === 'fail') === true;
  const anew = failed && state.asked ? { asked: { ...state.asked, setAtMs: atMs }, gates: null } : {};
  const hurt = state.plan.backup !== undefined && state.verdict?.outcome === 'bothHurt';
  const next = fromBackup({ ...state, ...anew, ...(hurt && { fallAnew: true }), paused: null, held: null });
  return accepted(
    logged(next, { atMs, what: 'resumed', by, why: '' }),
    onBackup(state) ? 'resumed: the backup route is left, then the step begins anew' : 'resumed',
  );
}

/**
 * Leaves the present step with its gates unmet, and says which; an approval that nobody gave is one of them. Never while harm is proven, nor into a
 * write that a standstill would keep waiting: nothing is looked at or renewed meanwhile, and the step may stay where it is.
 */
function promote(
  state: RolloutState,
  message: { readonly by: string; readonly reason: string },
  atMs: number,
): Received {
  if (state.phase !== 'soaking' && !isCopying(state))
    return refused(state, `nothing to promote while ${state.phase}`);
  if (state.phase === 'shadowing' && state.plan.shadow?.only === true)
    return refused(state, 'a shadow alone ends without a live per cent: there is nothing to promote');
  if (state.verdict?.outcome === 'harm') return refused(state, `harm is proven: ${state.verdict.reason}`);
  const unmet = [...unmetGates(state, atMs), ...(lacksApproval(state) ? ['approval'] : [])];
  const noted = logged(
    { ...state, paused: null, held: null },
    {
      atMs,
      what: 'promoted by hand',
      by: message.by,
      why: `${message.reason} (unmet: ${unmet.join(', ') || 'nothing'})`,
    },
  );
  const next = stepForward(noted, atMs, `by ${message.by}: ${message.reason}`, 'hand');
  const still = standsStill(state);
  if (still !== null && !passesFreeze(next))
    return refused(state, `nothing is changed now: ${still}. Ask again when a look has found it over`);
  return accepted(
    next,
    `step left with ${unmet.length} gates unmet${unmet.length > 0 ? `: ${unmet.join(', ')}` : ''}`,
  );
}

/** The pause or freeze that the last look found, in words. Null where there was none, and in rollouts of before the fourth rules. */
function standsStill({ plan, phase, shadow, gates }: RolloutState): string | null {
  const reports = phase === 'shadowing' ? shadow?.gates : gates?.reports;
  const gate = reports?.find(({ id, outcome }) => id === 'standstill' && outcome === 'waiting');
  return keepsTable(plan, 4) ? (gate?.reason ?? null) : null;
}

function unmetGates(state: RolloutState, atMs: number): string[] {
  const soaked = state.phase === 'shadowing' || (state.soakEndsAtMs !== null && atMs >= state.soakEndsAtMs);
  return [...(soaked ? [] : ['soak']), ...unproven(state)];
}

/** What the last look did not find as it must be. */
function unproven(state: RolloutState): string[] {
  if (state.verdict === null) return ['no look yet'];
  const guardrails = state.verdict.guardrails
    .filter((g) => g.required && g.outcome !== 'pass')
    .map((g) => g.id);
  const reports = state.phase === 'shadowing' ? state.shadow?.gates : state.gates?.reports;
  const gates = (reports ?? [])
    .filter((gate) => gate.outcome === 'waiting' || gate.outcome === 'fail')
    .map((gate) => gate.id);
  return [...gates, ...guardrails];
}

/**
 * What an approval is not given on: a verdict as old as the weight lease (the program was away, or its looks failed), and gates that
 * nobody has looked at since somebody resumed. A look decides on what it has just found, so only an approval can meet these.
 */
function agedOut({ plan, phase, gates, shadow, lookedAtMs }: RolloutState, atMs: number): string[] {
  if (!keepsTable(plan, 2)) return [];
  const old = lookedAtMs === undefined || atMs - lookedAtMs >= plan.leaseMs;
  const seen = phase === 'shadowing' ? shadow?.gates : gates;
  const unseen = plan.convergeMs !== undefined && (seen ?? null) === null;
  return old || unseen ? ['a fresh look'] : [];
}

/**
 * What an anomaly leads to is in `incident.ts`. While the backup model is served the candidate serves nobody: a critical anomaly then
 * changes nothing, and only a security alert takes the change back. One that was raised before the rollout began is logged, whatever it is.
 */
function anomaly(
  state: RolloutState,
  message: Extract<Message, { name: 'anomaly' }>,
  atMs: number,
): Received {
  const { severity, security, by } = message;
  if (message.affectedServices.length > 0 && !message.affectedServices.includes(state.plan.serviceId)) {
    return refused(state, `does not concern ${state.plan.serviceId}`);
  }
  if (state.ending) return accepted(state, 'the change is already being taken back');
  const many = message.alerts === undefined ? '' : ` (${message.alerts} alerts)`;
  const why = `${severity} anomaly: ${message.anomalyType}${many}`;
  if (isBefore(message, state.plan.admittedAtMs)) {
    const before = `${why}; ${raisedInWords(message)}, before this rollout began`;
    const noted = logged(state, { atMs, what: 'anomaly', by, why: before });
    return accepted(noted, 'logged: raised before this rollout began');
  }
  const sheltered = onBackup(state)?.stage === 'served';
  const bothHurt = sheltered || state.verdict?.outcome === 'bothHurt';
  const response = responseTo({ severity, security, inFlight: true, bothHurt });
  if (response.takeBack) {
    const what = security ? 'security alert' : severity;
    return accepted(takeBack(state, atMs, 'rolledBack', by, why), `${what}: taken back`);
  }
  if (!response.hold) return accepted(logged(state, { atMs, what: 'anomaly', by, why }), 'logged');
  return holding(state, atMs, {
    by,
    why: bothHurt && !sheltered ? `${why}, both arms alike` : why,
    response,
  });
}

function holding(
  state: RolloutState,
  atMs: number,
  of: { readonly by: string; readonly why: string; readonly response: ReturnType<typeof responseTo> },
): Received {
  const { by, why, response } = of;
  const stopped = held(state, atMs, by, why);
  if (response.cycle) {
    const asked = state.plan.backup === undefined ? {} : { cyclesAsked: (state.cyclesAsked ?? 0) + 1 };
    return accepted({ ...stopped, ...asked }, 'held until somebody resumes; a cycle looks at the service');
  }
  const next = response.backup ? toBackup(stopped, atMs, by, why) : stopped;
  if (onBackup(next)) return accepted(next, 'held until somebody resumes, on the backup route');
  return accepted(next, 'held until somebody resumes; there is no backup model to route to');
}

function accepted(state: RolloutState, reason: string): Received {
  return { state, answer: { accepted: true, reason } };
}

function refused(state: RolloutState, reason: string): Received {
  return { state, answer: { accepted: false, reason } };
}
