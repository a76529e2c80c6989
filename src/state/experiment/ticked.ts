/**
 * What a tick makes of an experiment: what it brought is kept, then the decision table says what comes of it. Ticks and looks come on a grid
 * that begins when the arms were first served, so none is early and those that were missed are one.
 */
import { askFor, inForce, mayNotRaise, weightsProblem } from './allocation.ts';
import { beginToEnd } from './ending.ts';
import {
  experimentDecisionOn,
  experimentFindingOf,
  winnerOf,
  type ExperimentFinding,
} from './decision-table.ts';
import type { ExperimentTick, JudgedLook } from './events.ts';
import { closePeriod, openPeriod } from './periods.ts';
import { rampClock } from './ramp.ts';
import { winnerIsStill } from './standstill.ts';
import {
  isStopped,
  keepsExperimentTable,
  logged,
  type ExperimentOutcome,
  type ExperimentRunState,
} from './state.ts';

/** The first point of the grid after `atMs`, a whole millisecond: a database takes no part of one. */
export function nextOnGrid(originMs: number, everyMs: number, atMs: number): number {
  return Math.ceil(originMs + (Math.floor((atMs - originMs) / everyMs) + 1) * everyMs);
}

export function ticked(state: ExperimentRunState, tick: ExperimentTick): ExperimentRunState {
  const finding = experimentFindingOf(state, tick);
  const seen = withTick(state, tick);
  const { atMs, judged } = tick;
  const decision = experimentDecisionOn(seen, finding);
  switch (decision) {
    case 'ignore':
      return state;
    case 'tickAgain':
      return seen;
    case 'stay':
      return judged ? stayed(wasTold(state, seen, finding, judged), finding, judged) : seen;
    case 'serveAgain':
      return leaseLost(seen, state, atMs);
    case 'hold':
      return held(seen, {
        by: 'optimizer',
        reason: judged?.verdict.reason ?? 'frozen',
        sinceMs: atMs,
        armsAway: false,
      });
    case 'askApproval':
      return judged ? askedFor(seen, atMs, judged) : seen;
    case 'askAgain':
      return finding === 'otherWinner' && judged
        ? namedAnew(seen, atMs, judged)
        : logged(
            { ...seen, approved: null },
            {
              atMs,
              what: 'approval spent',
              by: 'optimizer',
              why: `no longer proven: ${judged?.verdict.reason ?? ''}`,
            },
          );
    case 'adopt':
      return judged ? adopted(seen, atMs, judged) : seen;
    case 'conclude':
      return concluded(seen, atMs, finding, judged);
  }
}

function withTick(state: ExperimentRunState, tick: ExperimentTick): ExperimentRunState {
  const { plan } = state;
  const { atMs, judged } = tick;
  const startedAtMs = state.startedAtMs ?? atMs;
  const { wereAway: _settled, standstill: _before, ...kept } = state;
  const renewed: ExperimentRunState = {
    ...(tick.live === 'ours' ? settledBy(tick, kept) : kept),
    ...(tick.standstill !== undefined && { standstill: tick.standstill }),
    ticks: state.ticks + 1,
    tickedAtMs: atMs,
    nextTickAtMs: nextOnGrid(startedAtMs, plan.tickMs, atMs),
    leaseExpiresAtMs: tick.leaseExpiresAtMs,
  };
  const seen = judged ? withLook(renewed, judged, atMs) : renewed;
  return tick.live === 'ours' ? { ...seen, ramp: rampClock(seen, atMs) } : seen;
}

/** What was in force before a write that was left halfway is in force again. */
function settledBy({ atMs, settledAtMs }: ExperimentTick, state: ExperimentRunState): ExperimentRunState {
  if (state.served !== 'unknown') return state;
  const { unread: _read, ...settled } = state;
  const { weights, exposedPct, why } = inForce(state);
  return { ...openPeriod(settled, { fromMs: settledAtMs ?? atMs, weights, exposedPct, why }), served: 'yes' };
}

function withLook(state: ExperimentRunState, judged: JudgedLook, atMs: number): ExperimentRunState {
  const { evidence, evidenceHash, foldedToMs, verdict, totals, spent, providers, decisionId, note } = judged;
  const seen = note === undefined ? state : logged(state, { atMs, what: 'look', by: 'optimizer', why: note });
  const { controlFell: _before, ...kept } = seen;
  return {
    ...kept,
    ...(judged.controlFell !== undefined && { controlFell: judged.controlFell }),
    evidence,
    evidenceHash,
    foldedToMs,
    verdict,
    totals,
    spent,
    providers,
    looks: state.looks + 1,
    lookNow: false,
    lookedAtMs: atMs,
    nextLookAtMs: nextOnGrid(state.startedAtMs ?? atMs, state.plan.lookMs, atMs),
    ...(decisionId !== undefined && { decisionId }),
  };
}

/** What an adaptive allocation would have next is asked for while nothing is decided. */
function stayed(
  state: ExperimentRunState,
  finding: ExperimentFinding,
  { allocation, conclusion }: JudgedLook,
): ExperimentRunState {
  const { plan } = state;
  if (finding === 'winner' && state.phase === 'awaitingGraduation') return { ...state, conclusion };
  const adapts = plan.allocation.kind !== 'fixed' && finding === 'undecided' && !mayNotRaise(state);
  if (!adapts || !allocation || weightsProblem(plan, allocation.weights) !== null) return state;
  return askFor(state, { ...allocation, by: 'optimizer' });
}

/** The arms are gone from the gateway by themselves, at the latest when their lease ran out. */
function leaseLost(
  seen: ExperimentRunState,
  { leaseExpiresAtMs }: ExperimentRunState,
  atMs: number,
): ExperimentRunState {
  const { unread: _gone, ...kept } = seen;
  return logged(
    {
      ...closePeriod(kept, Math.min(leaseExpiresAtMs ?? atMs, atMs)),
      served: 'no',
      leaseExpiresAtMs: null,
      nextTickAtMs: null,
    },
    {
      atMs,
      what: 'lease ran out',
      by: 'gateway',
      why: 'the optimizer was away; evidence kept, arms served again',
    },
  );
}

/** Nothing is concluded until somebody resumes; harm checks go on. A hold that takes the arms away is not made weaker by one that does not. */
export function held(
  state: ExperimentRunState,
  hold: NonNullable<ExperimentRunState['held']>,
): ExperimentRunState {
  const before = state.held;
  if (before && (before.armsAway || !hold.armsAway)) return state;
  return logged(
    { ...state, held: hold, ramp: { ...state.ramp, nextAtMs: null } },
    { atMs: hold.sinceMs, what: 'held', by: hold.by, why: hold.reason },
  );
}

function askedFor(state: ExperimentRunState, atMs: number, judged: JudgedLook): ExperimentRunState {
  const names = keepsExperimentTable(state.plan, 2);
  const variant = winnerOf(state, judged);
  return logged(
    {
      ...state,
      phase: 'awaitingGraduation',
      conclusion: judged.conclusion,
      ramp: { ...state.ramp, nextAtMs: null },
      awaiting: {
        sinceMs: atMs,
        untilMs: atMs + state.plan.approvalTimeoutMs,
        ...(names && variant !== null && { variant }),
      },
    },
    {
      atMs,
      what: 'awaiting approval',
      by: 'optimizer',
      why: `to roll ${judged.conclusion?.variant ?? 'the winner'} out: ${judged.verdict.reason}`,
    },
  );
}

/** Another variant leads than the one that people were told of: they are asked about that one, and whoever approved the other is told. The time does not begin anew. */
function namedAnew(state: ExperimentRunState, atMs: number, judged: JudgedLook): ExperimentRunState {
  const { awaiting, approved } = state;
  const variant = winnerOf(state, judged);
  if (variant === null || awaiting === null) return state;
  const was = approved ? 'was approved' : 'was to be approved';
  return logged(
    { ...state, approved: null, conclusion: judged.conclusion, awaiting: { ...awaiting, variant } },
    {
      atMs,
      what: approved ? 'approval spent' : 'awaiting approval',
      by: 'optimizer',
      why: `${awaiting.variant ?? ''} ${was}, now ${variant} leads: ${judged.verdict.reason}`,
    },
  );
}

/** Says once that a winner waits for the end of a standstill. */
function wasTold(
  before: ExperimentRunState,
  seen: ExperimentRunState,
  finding: ExperimentFinding,
  judged: JudgedLook,
): ExperimentRunState {
  if (finding !== 'winner' || !winnerIsStill(seen) || isStopped(seen)) return seen;
  if (winnerIsStill(before) && before.verdict?.outcome === 'winner') return seen;
  const why = `${judged.verdict.variant ?? ''}, as nothing is changed now: ${seen.standstill ?? ''}`;
  return logged(seen, { atMs: seen.tickedAtMs ?? 0, what: 'winner waits', by: 'optimizer', why });
}

function adopted(state: ExperimentRunState, atMs: number, judged: JudgedLook): ExperimentRunState {
  const variant = winnerOf(state, judged);
  const { conclusion } = judged;
  if (variant === null || conclusion === null) return state;
  const reason = conclusion.sentence;
  return beginToEnd(state, atMs, { outcome: 'adopted', variant, by: 'optimizer', reason, conclusion });
}

/** The outcome that a finding stands for, when it ends an experiment. */
const OUTCOMES: Readonly<Partial<Record<ExperimentFinding, ExperimentOutcome>>> = {
  harm: 'harmed',
  budgetSpent: 'budgetSpent',
  timeUp: 'expired',
  controlKept: 'keptControl',
  noDifference: 'noDifference',
};

function concluded(
  state: ExperimentRunState,
  atMs: number,
  finding: ExperimentFinding,
  judged: JudgedLook | null,
): ExperimentRunState {
  const outcome = OUTCOMES[finding];
  if (outcome === undefined) return state;
  const conclusion = judged?.conclusion?.outcome === outcome ? judged.conclusion : null;
  const reason = conclusion?.sentence ?? judged?.verdict.reason ?? outcome;
  return beginToEnd(state, atMs, { outcome, by: 'optimizer', reason, ...(conclusion && { conclusion }) });
}
