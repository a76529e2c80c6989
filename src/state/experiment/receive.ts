/**
 * What a message makes of an experiment, and the answer its sender gets. Pure and total: what does not fit is refused with a reason and
 * changes nothing. No time is judged here: `atMs` comes from a handler's clock and is only put on record. What follows is decided by
 * `next-action.ts`, from times that the history proves.
 */
import { isBefore, raisedInWords, responseTo } from '../incident.ts';
import type { Message, MessageName } from '../messages.ts';
import { choose } from './by-hand.ts';
import { conclusionByHand } from './conclusions.ts';
import { beginToEnd, isRevoking } from './ending.ts';
import { setAllocation } from './set-allocation.ts';
import {
  keepsExperimentTable,
  logged,
  withSeen,
  type ExperimentOutcome,
  type ExperimentRunState,
} from './state.ts';
import { held } from './ticked.ts';

export interface ExperimentAnswer {
  readonly accepted: boolean;
  readonly reason: string;
}

export interface ExperimentReceived {
  readonly state: ExperimentRunState;
  readonly answer: ExperimentAnswer;
}

interface WithReason {
  readonly by: string;
  readonly reason: string;
}

type MessageOf<Name extends Message['name']> = Extract<Message, { readonly name: Name }>;

export function receiveExperimentMessage(
  state: ExperimentRunState,
  message: Message,
  atMs: number,
): ExperimentReceived {
  const { messageId } = message;
  if (messageId === undefined) return receive(state, message, atMs);
  if (state.seen.includes(messageId)) return refused(state, `message ${messageId} was already handled`);
  const received = receive(state, message, atMs);
  return { ...received, state: withSeen(received.state, messageId) };
}

/** What is heard while an experiment is ending. */
const HEARD_TO_THE_END: readonly MessageName[] = ['rollback', 'stop', 'reject', 'anomaly'];

function receive(state: ExperimentRunState, message: Message, atMs: number): ExperimentReceived {
  const { ending } = state;
  if (state.phase === 'ended')
    return refused(state, `the experiment has ended: ${state.outcome ?? 'unknown'}`);
  if (message.name === 'replace')
    return refused(state, 'an experiment is not replaced: send stop, then start another one');
  if (ending && !HEARD_TO_THE_END.includes(message.name))
    return refused(state, `the experiment is ending: ${ending.outcome}, ${ending.reason}`);
  switch (message.name) {
    case 'rollback':
      return ends(state, message, atMs, 'rolledBack');
    case 'stop':
      return ends(state, message, atMs, 'stopped');
    case 'reject':
      return ends(state, message, atMs, 'rejected');
    case 'anomaly':
      return anomaly(state, message, atMs);
    case 'approve':
      return approve(state, message, atMs);
    case 'pause':
      return pause(state, message, atMs);
    case 'resume':
      return resume(state, message.by, atMs);
    case 'promote':
      return promote(state, message, atMs);
    case 'setAllocation': {
      const set = setAllocation(state, message, atMs);
      return set.ok ? accepted(set.state, set.why) : refused(state, set.why);
    }
  }
}

/** A winner on its way to its rollout can be taken back, too. */
function ends(
  state: ExperimentRunState,
  { by, reason }: WithReason,
  atMs: number,
  outcome: ExperimentOutcome,
): ExperimentReceived {
  const { ending } = state;
  if (ending && !isRevoking(state, outcome)) {
    const why = `already ending: ${ending.outcome}, ${ending.reason}`;
    return outcome === 'rejected' ? refused(state, why) : accepted(state, why);
  }
  const next = beginToEnd(state, atMs, { outcome, by, reason });
  return accepted(
    next,
    ending
      ? 'the winner is not rolled out'
      : `${outcome === 'rejected' ? 'rejected: ' : ''}the stable configuration is restored for everybody`,
  );
}

function approve(state: ExperimentRunState, message: MessageOf<'approve'>, atMs: number): ExperimentReceived {
  if (state.phase === 'awaitingGraduation') return approveWinner(state, message, atMs);
  if (state.phase !== 'awaitingApproval') return refused(state, 'nothing waits for an approval');
  // Nothing has been seen live yet: an approval may name the configuration of a variant.
  const known = state.plan.arms.slice(1).map(({ hash }) => hash);
  const { by, evidence, note = '' } = message;
  if (evidence !== undefined && !known.includes(evidence)) {
    return refused(state, `evidence ${evidence} is not what waits for approval (${known.join(', ')})`);
  }
  return accepted(
    logged({ ...state, phase: 'starting', awaiting: null }, { atMs, what: 'approved', by, why: note }),
    'approved: the experiment starts',
  );
}

/** Only marks it. The look that it asks for decides: what has stopped being proven meanwhile is not rolled out. */
function approveWinner(
  state: ExperimentRunState,
  { by, evidence, note = '' }: MessageOf<'approve'>,
  atMs: number,
): ExperimentReceived {
  const { approved, evidenceHash, verdict, awaiting } = state;
  const variant = awaiting?.variant;
  if (approved) return refused(state, `already approved by ${approved.by}`);
  if (evidence !== undefined && evidence !== evidenceHash)
    return refused(state, `evidence ${evidence} is not the newest (${evidenceHash})`);
  const stopped = state.paused ?? state.held;
  if (stopped) return refused(state, `stopped by ${stopped.by}: ${stopped.reason}`);
  if (verdict?.outcome !== 'winner')
    return refused(state, `no longer proven: ${verdict?.reason ?? 'no look yet'}`);
  if (variant !== undefined && verdict.variant !== variant)
    return refused(
      state,
      `${variant} waits for approval, and ${verdict.variant ?? 'none'} leads now: the next look names it`,
    );
  const mark = { by, note, ...(variant !== undefined && { variant }) };
  return accepted(
    logged({ ...state, approved: mark, lookNow: true }, { atMs, what: 'approved', by, why: note }),
    `approved: ${variant ?? 'the winner'} is rolled out when one more look, taken now, still finds it${stillText(state)}`,
  );
}

const stillText = ({ plan, standstill }: ExperimentRunState): string =>
  keepsExperimentTable(plan, 2) && standstill != null ? `; it waits for the end of this: ${standstill}` : '';

function pause(state: ExperimentRunState, { by, reason }: WithReason, atMs: number): ExperimentReceived {
  if (state.paused) return refused(state, `already paused by ${state.paused.by}: ${state.paused.reason}`);
  return accepted(
    logged(
      { ...state, paused: { by, reason, sinceMs: atMs }, ramp: { ...state.ramp, nextAtMs: null } },
      { atMs, what: 'paused', by, why: reason },
    ),
    'paused: everybody gets the stable configuration; the longest duration goes on',
  );
}

function resume(state: ExperimentRunState, by: string, atMs: number): ExperimentReceived {
  if (!state.paused && !state.held) return refused(state, 'neither paused nor held');
  const frozen = state.verdict?.outcome === 'frozen';
  return accepted(
    logged({ ...state, paused: null, held: null }, { atMs, what: 'resumed', by, why: '' }),
    frozen
      ? `resumed; the next look holds it again while this lasts: ${state.verdict?.reason ?? ''}`
      : 'resumed',
  );
}

function promote(
  state: ExperimentRunState,
  { by, reason, variant }: MessageOf<'promote'>,
  atMs: number,
): ExperimentReceived {
  const chosen = choose(state, variant);
  if (!chosen.ok) return refused(state, chosen.why);
  const { look, unmet } = chosen;
  const why = `${look.variant} by hand, by ${by}: ${reason} (unmet: ${unmet.join(', ') || 'nothing'})`;
  return accepted(
    beginToEnd(state, atMs, {
      outcome: 'adopted',
      variant: look.variant,
      byHand: true,
      by,
      reason: why,
      conclusion: conclusionByHand(state, look, why),
    }),
    `${look.variant} is rolled out next, with ${unmet.length} criteria unmet${unmet.length > 0 ? `: ${unmet.join(', ')}` : ''}`,
  );
}

/**
 * What an anomaly leads to is in `incident.ts`. An experiment has no backup route: where a rollout would be held on one, the arms are taken
 * away and everybody gets the stable configuration. One that was raised before the experiment began is logged, whatever it is.
 */
function anomaly(state: ExperimentRunState, message: MessageOf<'anomaly'>, atMs: number): ExperimentReceived {
  const { severity, security, by, anomalyType, alerts, affectedServices } = message;
  const { plan, controlFell } = state;
  const { serviceId, admittedAtMs } = plan;
  if (affectedServices.length > 0 && !affectedServices.includes(serviceId))
    return refused(state, `does not concern ${serviceId}`);
  const many = alerts === undefined ? '' : ` (${alerts} alerts)`;
  const both = controlFell === undefined ? '' : `, ${controlFell}`;
  const reason = `${severity} anomaly: ${anomalyType}${many}${both}`;
  if (isBefore(message, admittedAtMs)) {
    const why = `${reason}; ${raisedInWords(message)}, before this experiment began`;
    const noted = logged(state, { atMs, what: 'anomaly', by, why });
    return accepted(noted, 'logged: raised before this experiment began');
  }
  const bothHurt = controlFell !== undefined || isAway(state);
  const response = responseTo({ severity, security, inFlight: true, bothHurt });
  if (response.takeBack) {
    const next = beginToEnd(state, atMs, { outcome: 'rolledBack', by, reason });
    const what = security ? 'security alert' : severity;
    return accepted(next, next === state ? 'already being restored' : `${what}: restored`);
  }
  if (state.ending || !response.hold)
    return accepted(logged(state, { atMs, what: 'anomaly', by, why: reason }), 'logged');
  const stopped = held(state, { by, reason, sinceMs: atMs, armsAway: response.backup });
  const next = response.cycle ? { ...stopped, cyclesAsked: state.cyclesAsked + 1 } : stopped;
  return accepted(
    next,
    response.backup
      ? 'held until somebody resumes; everybody gets the stable configuration'
      : 'held until somebody resumes; a cycle looks at the service',
  );
}

/** Nobody is served a variant, for an incident: another one is none's fault, and what is known is kept. */
function isAway({ plan, held: stopped, served }: ExperimentRunState): boolean {
  return keepsExperimentTable(plan, 2) && stopped?.armsAway === true && served === 'no';
}

function accepted(state: ExperimentRunState, reason: string): ExperimentReceived {
  return { state, answer: { accepted: true, reason } };
}

function refused(state: ExperimentRunState, reason: string): ExperimentReceived {
  return { state, answer: { accepted: false, reason } };
}
