/**
 * What an event makes of an experiment. Pure and total: an event that does not fit the phase changes nothing. Phases never go back; what is
 * being ended never serves arms again.
 */
import { allocationText, isUnsettled, withUnread } from './allocation.ts';
import { experimentDecisionOn } from './decision-table.ts';
import { beginToEnd, end, graduates } from './ending.ts';
import type { ExperimentEvent } from './events.ts';
import { closePeriod, isSameAllocation, openPeriod } from './periods.ts';
import { rampClock, rampDue } from './ramp.ts';
import { logged, type ExperimentRunState } from './state.ts';
import { nextOnGrid, ticked } from './ticked.ts';

type EventOf<Kind extends ExperimentEvent['kind']> = Extract<ExperimentEvent, { readonly kind: Kind }>;

export function reduceExperiment(state: ExperimentRunState, event: ExperimentEvent): ExperimentRunState {
  if (state.phase === 'ended') return state;
  const { kind } = event;
  switch (kind) {
    case 'writeStarted':
      return writeStarted(state, event);
    case 'armsSet':
      return armsSet(state, event);
    case 'armsNotSet':
      return armsNotSet(state, event);
    case 'armsTakenAway':
      return armsTakenAway(state, event.atMs);
    case 'ticked':
      return ticked(state, event.tick);
    case 'tickFailed':
      return tickFailed(state, event);
    case 'rampDue':
      return rampDue(state);
    case 'approvalExpired':
      return state.phase === 'awaitingApproval' || state.phase === 'awaitingGraduation'
        ? beginToEnd(state, event.atMs, {
            outcome: 'rejected',
            by: 'optimizer',
            reason: state.approved ? 'approved, but no look came to confirm it' : 'nobody approved in time',
          })
        : state;
    case 'timeRanOut':
      return timeRanOut(state, event);
    case 'stepFailed':
      return stepFailed(state, event);
    case 'leaseRetaken':
      return leaseRetaken(state, event.atMs, event.generation);
    case 'restored':
      return restored(state, event.atMs);
    case 'superseded':
      return isOneOfSeveral(state)
        ? beginToEnd(state, event.atMs, { outcome: 'superseded', by: 'optimizer', reason: event.why })
        : end(state, event.atMs, 'superseded', event.why);
    case 'graduated':
      return state.phase === 'graduating'
        ? closed(
            { ...state, graduation: { workflowId: event.workflowId, runId: event.runId } },
            event.atMs,
            `${event.workflowId} rolls ${state.ending?.variant ?? 'it'} out`,
          )
        : state;
    case 'graduationRefused':
      return state.phase === 'graduating'
        ? closed(state, event.atMs, `its rollout was not started: ${event.why}`)
        : state;
    case 'graduationCalledOff':
      return state.phase === 'graduating' && !graduates(state)
        ? closed(state, event.atMs, state.ending?.reason ?? '')
        : state;
  }
}

/** Ends with the outcome that was settled before. */
function closed(state: ExperimentRunState, atMs: number, why: string): ExperimentRunState {
  return state.ending ? end(state, atMs, state.ending.outcome, why) : state;
}

/** Somebody newer may have taken one of several targets only: what we wrote to the others goes before the experiment ends. */
function isOneOfSeveral({ plan, revision, ending }: ExperimentRunState): boolean {
  return plan.target.also !== undefined && revision > 0 && ending === null;
}

function writeStarted(state: ExperimentRunState, event: EventOf<'writeStarted'>): ExperimentRunState {
  const { served, revision } = state;
  const raised = { ...state, revision: revision + 1 };
  if (event.arms !== true) return raised;
  const wereAway = served === 'no' && revision > 0;
  return closePeriod({ ...withUnread(raised), served: 'unknown', ...(wereAway && { wereAway }) }, event.atMs);
}

/** It goes on, and is looked at: where arms were served under this generation, they may still be. */
function armsNotSet(state: ExperimentRunState, { atMs, why }: EventOf<'armsNotSet'>): ExperimentRunState {
  if (!isUnsettled(state)) return state;
  return logged(
    { ...state, nextTickAtMs: state.nextTickAtMs === null ? null : atMs },
    { atMs, what: 'arms not set', by: 'optimizer', why },
  );
}

function armsSet(state: ExperimentRunState, event: EventOf<'armsSet'>): ExperimentRunState {
  const { phase, plan, periods, wanted } = state;
  if (phase !== 'starting' && phase !== 'running' && phase !== 'awaitingGraduation') return state;
  const { atMs, weights, exposedPct, leaseExpiresAtMs } = event;
  const why = wanted && isSameAllocation(wanted, event) ? wanted.why : (periods.at(-1)?.why ?? 'as planned');
  const startedAtMs = state.startedAtMs ?? atMs;
  const { wereAway: _settled, unread: _read, ...settled } = state;
  const set: ExperimentRunState = {
    ...openPeriod(settled, { fromMs: atMs, weights, exposedPct, why }),
    phase: phase === 'starting' ? 'running' : phase,
    served: 'yes',
    wanted: wanted && !isSameAllocation(wanted, event) ? wanted : null,
    startedAtMs,
    leaseExpiresAtMs,
    nextTickAtMs: nextOnGrid(startedAtMs, plan.tickMs, atMs),
    nextLookAtMs: state.nextLookAtMs ?? startedAtMs + plan.lookMs,
  };
  const by = wanted?.by ?? 'optimizer';
  return logged(
    { ...set, ramp: rampClock(set, atMs) },
    { atMs, what: 'arms served', by, why: `${allocationText(event)}: ${why}` },
  );
}

function armsTakenAway(state: ExperimentRunState, atMs: number): ExperimentRunState {
  if (state.ending) return state;
  const why = state.paused?.reason ?? state.held?.reason ?? '';
  const { wereAway: _settled, unread: _read, ...settled } = state;
  return logged(
    { ...closePeriod(settled, atMs), served: 'no', leaseExpiresAtMs: null, nextTickAtMs: null },
    { atMs, what: 'arms taken away', by: state.paused?.by ?? state.held?.by ?? 'optimizer', why },
  );
}

function tickFailed(state: ExperimentRunState, { atMs, why }: EventOf<'tickFailed'>): ExperimentRunState {
  if (experimentDecisionOn(state, 'tickFailed') !== 'tickAgain') return state;
  return logged(
    {
      ...state,
      tickedAtMs: atMs,
      nextTickAtMs: nextOnGrid(state.startedAtMs ?? atMs, state.plan.tickMs, atMs),
      // What was asked for comes with the next tick: at once, it would try without a pause.
      lookNow: false,
    },
    { atMs, what: 'tick failed', by: 'optimizer', why },
  );
}

/** The end of time finds no winner: that is a look's to find. */
function timeRanOut(
  state: ExperimentRunState,
  { atMs, conclusion }: EventOf<'timeRanOut'>,
): ExperimentRunState {
  const told = conclusion?.outcome === 'expired' ? conclusion : null;
  const reason = told?.sentence ?? 'the longest duration of the experiment has passed';
  return beginToEnd(state, atMs, {
    outcome: 'expired',
    by: 'optimizer',
    reason,
    ...(told && { conclusion: told }),
  });
}

/** Where the gateway is restored already, all that can fail is the start of the rollout. */
function stepFailed(state: ExperimentRunState, event: EventOf<'stepFailed'>): ExperimentRunState {
  const { atMs, by, why } = event;
  if (state.phase === 'graduating') return closed(state, atMs, `its rollout was not started: ${why}`);
  return beginToEnd(state, atMs, { outcome: 'failed', by, reason: why });
}

/**
 * The run goes on under a generation of its own: the arms are written again, the evidence is kept. The revision is above 0: what the run
 * before has written is still to be taken away.
 */
function leaseRetaken(state: ExperimentRunState, atMs: number, generation: number): ExperimentRunState {
  const { plan, ending } = state;
  if (ending || generation <= plan.generation) return state;
  const { wereAway: _settled, unread: _read, ...settled } = state;
  const why = `the run was reset; generation ${plan.generation} -> ${generation}, evidence kept, arms served again`;
  return logged(
    {
      ...closePeriod(settled, atMs),
      plan: { ...plan, generation },
      revision: 1,
      served: 'unknown',
      leaseExpiresAtMs: null,
      nextTickAtMs: null,
    },
    { atMs, what: 'lease taken anew', by: 'optimizer', why },
  );
}

function restored(state: ExperimentRunState, atMs: number): ExperimentRunState {
  if (state.phase !== 'restoring') return state;
  if (!graduates(state)) return closed(state, atMs, state.ending?.reason ?? '');
  return logged(
    { ...closePeriod(state, atMs), phase: 'graduating', served: 'no', leaseExpiresAtMs: null },
    { atMs, what: 'restored', by: 'optimizer', why: 'the winner is rolled out next' },
  );
}
