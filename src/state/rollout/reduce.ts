/**
 * What an event makes of a rollout. Pure and total: an event that does not fit the phase changes nothing. A rollout
 * that is being taken back never moves forward again.
 */
import { backupLeft, backupRefused, backupServed, onBackup, toBackup } from './backup.ts';
import { decisionOn, findingOf, isUnjudged } from './decision-table.ts';
import { closeStep, end, takeBack } from './ending.ts';
import type { Look, LookGates, RolloutEvent } from './events.ts';
import { promotedBecause } from './promoted-because.ts';
import { pairsOf, shadowLeft, shadowLost, shadowSeen, shadowSet } from './shadow.ts';
import type { ShadowLook } from './shadow-state.ts';
import { stoodStill } from './standstill.ts';
import {
  isLastStep,
  keepsTable,
  logged,
  type Awaiting,
  type RolloutState,
  type StepRecord,
} from './state.ts';

/** Looks come at this pace at first; after `EARLY_LOOKS` of them the pace drops to a third. */
const EARLY_LOOKS = 60;

export function reduceRollout(state: RolloutState, event: RolloutEvent): RolloutState {
  if (state.phase === 'ended') return state;
  switch (event.kind) {
    case 'writeStarted':
      return { ...state, revision: state.revision + 1 };
    case 'weightSet':
      return weightSet(state, event.atMs, event.weightPct, event.leaseExpiresAtMs);
    case 'looked':
      return sheltered(state, looked(state, event.look), event.look);
    case 'backupServed':
      return backupServed(state, event.atMs, event.leaseExpiresAtMs);
    case 'backupRefused':
      return backupRefused(state, event.atMs, event.why);
    case 'backupLeft':
      return backupLeft(state, event.atMs);
    case 'shadowSet':
      return shadowSet(state, event.atMs, event.leaseExpiresAtMs);
    case 'shadowLooked':
      return shadowLooked(state, event.look);
    case 'lookFailed':
      return decisionOn(state, 'lookFailed', event.atMs) === 'lookAgain'
        ? logged(
            { ...state, nextLookAtMs: event.atMs + state.plan.lookMs },
            { atMs: event.atMs, what: 'look failed', by: 'optimizer', why: event.why },
          )
        : state;
    case 'approvalExpired':
      return approvalExpired(state, event.atMs);
    case 'timeRanOut':
      return takeBack(
        state,
        event.atMs,
        'notEnoughEvidence',
        'optimizer',
        'the longest duration of a rollout has passed',
      );
    case 'stepFailed':
      return takeBack(state, event.atMs, 'rolledBack', event.by, event.why);
    case 'stoodStill':
      return keepsTable(state.plan, 4)
        ? stoodStill(state, event.atMs, event.why)
        : takeBack(state, event.atMs, 'rolledBack', 'optimizer', event.why);
    case 'promoted':
      return state.phase === 'promoting' && !onBackup(state)
        ? end(state, event.atMs, 'promoted', promotedBecause(state), 100)
        : state;
    case 'leaseRanOut':
      return state.phase === 'promoting' && !onBackup(state) ? leaseLost(state, event.atMs) : state;
    case 'leaseRetaken':
      return leaseRetaken(state, event.atMs, event.generation);
    case 'takenBack':
      return state.ending ? end(state, event.atMs, state.ending.outcome, state.ending.reason) : state;
    case 'superseded':
      return isOneOfSeveral(state)
        ? takeBack(state, event.atMs, 'superseded', 'optimizer', event.why)
        : end(state, event.atMs, 'superseded', event.why, state.weightPct);
  }
}

/** Somebody newer may have taken one of several targets only: what we wrote to the others goes before the rollout ends. */
function isOneOfSeveral({ plan, revision, ending }: RolloutState): boolean {
  return plan.target.also !== undefined && revision > 0 && ending === null;
}

/** Nobody approved in time. A step that waits with `hold` stays where it is until somebody resumes, and asks again then. */
function approvalExpired(state: RolloutState, atMs: number): RolloutState {
  return state.awaiting && state.plan.onApprovalTimeout === 'hold'
    ? held({ ...state, awaiting: null }, atMs, 'optimizer', 'nobody approved in time')
    : takeBack(state, atMs, 'rejected', 'optimizer', 'nobody approved in time');
}

function weightSet(
  state: RolloutState,
  atMs: number,
  weightPct: number,
  leaseExpiresAtMs: number | null,
): RolloutState {
  if (state.phase !== 'applying' || onBackup(state)) return state;
  const step: StepRecord = {
    index: state.stepIndex,
    weightPct,
    startedAtMs: atMs,
    endedAtMs: null,
    looks: 0,
    why: null,
  };
  const again = state.steps.at(-1)?.index === state.stepIndex;
  const set = logged(
    {
      ...state,
      phase: 'soaking',
      weightPct,
      leaseExpiresAtMs,
      soakEndsAtMs: state.plan.convergeMs === undefined ? atMs + state.plan.soakMs : null,
      leftNothing: false,
      standstill: null,
      asked: { weightPct, beforePct: state.weightPct, setAtMs: atMs },
      gates: null,
      awaiting: null,
      extended: 0,
      nextLookAtMs: atMs + state.plan.lookMs,
      verdict: null,
      steps: again ? state.steps : [...state.steps, step],
    },
    {
      atMs,
      what: `weight ${weightPct} %`,
      by: 'optimizer',
      why: again ? 'applied again, soak restarted' : 'step applied',
    },
  );
  return isUnjudged(set) && !stopped(set) ? stepForward(set, atMs, 'immediate: not judged') : set;
}

function stopped({ paused, held: by }: RolloutState): boolean {
  return paused !== null || by !== null;
}

/** What the look brought is kept, then the decision table says what comes of it. */
function looked(state: RolloutState, look: Look): RolloutState {
  const looks = state.looks + 1;
  const seen: RolloutState = {
    ...state,
    evidence: look.evidence,
    evidenceHash: look.evidenceHash,
    ...(look.decisionId !== undefined && {
      recorded: {
        decisionId: look.decisionId,
        evidenceHash: look.evidenceHash,
        stepIndex: state.stepIndex,
      },
    }),
    foldedTo: look.foldedTo,
    verdict: look.verdict,
    ...(state.fallAnew === true && { fallAnew: false }),
    ...(look.gates && gatesSeen(state, look.gates)),
    ...(look.dryRuns && { dryRuns: look.dryRuns }),
    observedSharePct: look.observedSharePct,
    leaseExpiresAtMs: look.leaseExpiresAtMs,
    looks,
    ...(keepsTable(state.plan, 2) && { lookedAtMs: look.atMs }),
    nextLookAtMs: look.atMs + paceMs(state, looks),
    steps: state.steps.map((step) => (step.endedAtMs === null ? { ...step, looks: step.looks + 1 } : step)),
  };
  const { atMs, verdict } = look;
  switch (decisionOn(seen, findingOf(state, look), atMs)) {
    case 'ignore':
      return state;
    case 'stay':
    case 'lookAgain':
      return seen;
    case 'takeBack':
      return takeBack(seen, atMs, 'rolledBack', 'optimizer', verdict.reason);
    case 'applyAgain':
      return leaseLost(seen, atMs);
    case 'applyOnResume':
      return held(leaseLost(seen, atMs), atMs, 'optimizer', reasonToHold(look));
    case 'hold':
      return held(seen, atMs, 'optimizer', reasonToHold(look));
    case 'askApproval':
      return askedFor(seen, atMs);
    case 'stepForward':
      return stepForward(seen, atMs, isUnjudged(seen) ? 'immediate: not judged' : verdict.reason);
    case 'byOnInconclusive':
      return inconclusive(seen, atMs, verdict.reason);
  }
}

/** The candidate is gone from the gateway by itself: the step begins anew, its evidence is kept. */
function leaseLost(state: RolloutState, atMs: number): RolloutState {
  return logged(
    { ...state, phase: 'applying', weightPct: 0, soakEndsAtMs: null, standstill: null },
    {
      atMs,
      what: 'lease ran out',
      by: 'gateway',
      why: 'the optimizer was away; evidence kept, step applied again',
    },
  );
}

/**
 * The run goes on under a generation of its own: the step is applied again and soaks anew, the evidence is kept. The revision is above 0:
 * what the run before has written is still to be taken back.
 */
function leaseRetaken(state: RolloutState, atMs: number, generation: number): RolloutState {
  if (state.ending || generation <= state.plan.generation) return state;
  const why = `the run was reset; generation ${state.plan.generation} -> ${generation}, evidence kept, step applied again`;
  return logged(
    {
      ...state,
      plan: { ...state.plan, generation },
      // On the backup route a rollout may still wait for its approval.
      phase: state.phase === 'awaitingApproval' || state.phase === 'shadowing' ? state.phase : 'applying',
      ...(state.shadow && { shadow: { ...state.shadow, setAtMs: null } }),
      revision: 1,
      weightPct: 0,
      soakEndsAtMs: null,
      nextLookAtMs: null,
      leaseExpiresAtMs: null,
    },
    { atMs, what: 'lease taken anew', by: 'optimizer', why },
  );
}

function reasonToHold({ verdict, gates }: Look): string {
  const failed = gates?.reports.find((gate) => gate.outcome === 'fail');
  return verdict.outcome === 'bothHurt' ? verdict.reason : (failed?.reason ?? verdict.reason);
}

/** Both arms hurt alike: that is not the candidate's fault. The hold that the look led to is spent on the backup route. */
function sheltered(before: RolloutState, after: RolloutState, { atMs, verdict }: Look): RolloutState {
  return after !== before && verdict.outcome === 'bothHurt' && after.held
    ? toBackup(after, atMs, 'optimizer', verdict.reason)
    : after;
}

function shadowLooked(state: RolloutState, look: ShadowLook): RolloutState {
  if (state.phase !== 'shadowing' || !state.shadow) return state;
  const { atMs, verdict } = look;
  const { outcome, reason } = verdict;
  const seen = shadowSeen(state, look, atMs + paceMs(state, state.looks + 1));
  if (outcome === 'harm') return takeBack(seen, atMs, 'rolledBack', 'optimizer', reason);
  if (look.live === 'leaseLost') return shadowLost(seen, atMs);
  if (seen.paused || seen.held || look.gates.some((gate) => gate.outcome === 'waiting')) return seen;
  if (outcome === 'healthy') {
    const asks = state.plan.approval === 'perStep' && state.plan.shadow?.only !== true;
    return asks ? askedFor(seen, atMs) : leaveShadow(seen, atMs, reason);
  }
  const pairs = pairsOf(seen);
  return pairs >= (state.plan.shadow?.maxCopies ?? Infinity)
    ? takeBack(seen, atMs, 'notEnoughEvidence', 'optimizer', `${pairs} pairs: ${reason}`)
    : seen;
}

/** From the shadow to the first live step; a shadow alone ends here, and its candidate goes as it came. */
function leaveShadow(state: RolloutState, atMs: number, why: string): RolloutState {
  return state.plan.shadow?.only === true
    ? takeBack(state, atMs, 'shadowed', 'optimizer', why)
    : shadowLeft(state, atMs, why);
}

/** The step's clock runs from when the traffic moved, however often the looks come. */
function gatesSeen(state: RolloutState, gates: LookGates): Partial<RolloutState> {
  const { movedAtMs } = gates.share;
  if (movedAtMs === null) return { gates, soakEndsAtMs: null };
  const extended = state.extended ?? 0;
  const soakedAtMs = movedAtMs + (1 + extended) * state.plan.soakMs;
  // An extension is counted from when it was found to be needed.
  const isLater = keepsTable(state.plan, 4) && extended > 0;
  return { gates, soakEndsAtMs: isLater ? Math.max(soakedAtMs, state.soakEndsAtMs ?? 0) : soakedAtMs };
}

/**
 * Nothing is proven at the end of the soak: that says nothing until the labels of the whole soak have matured. Plans of before the fourth rules were judged on whatever had.
 */
function inconclusive(state: RolloutState, atMs: number, reason: string): RolloutState {
  const { matureAfterMs } = state.plan;
  if (keepsTable(state.plan, 4) && atMs < (state.soakEndsAtMs ?? atMs) + matureAfterMs) return state;
  switch (state.plan.onInconclusive) {
    case 'hold':
      return state;
    case 'extend':
      return extended(state, atMs, reason);
    case 'rollback':
      return takeBack(state, atMs, 'notEnoughEvidence', 'optimizer', reason);
  }
}

function askedFor(state: RolloutState, atMs: number): RolloutState {
  const { awaiting } = state;
  if (awaiting?.approved) return stepForward(state, atMs, `approved by ${awaiting.approved.by}`);
  if (awaiting) return state;
  const next = nextOf(state);
  return logged(
    { ...state, awaiting: { sinceMs: atMs, untilMs: atMs + state.plan.approvalTimeoutMs, next } },
    { atMs, what: 'awaiting approval', by: 'optimizer', why: `of ${next}` },
  );
}

/** What is entered when the present step, or the shadow, is left. */
function nextOf(state: RolloutState): string {
  const weightPct = state.plan.steps[state.phase === 'shadowing' ? 0 : state.stepIndex + 1];
  return weightPct === undefined ? 'promotion' : `${weightPct} %`;
}

/** One more soak for what is not proven yet, a number of times; then there is not enough evidence. */
function extended(state: RolloutState, atMs: number, reason: string): RolloutState {
  const times = state.extended ?? 0;
  const most = state.plan.extensions ?? 0;
  if (times >= most) return takeBack(state, atMs, 'notEnoughEvidence', 'optimizer', reason);
  const soakedAtMs = state.soakEndsAtMs ?? atMs;
  const fromMs = keepsTable(state.plan, 4) ? Math.max(soakedAtMs, atMs) : soakedAtMs;
  const soakEndsAtMs = fromMs + state.plan.soakMs;
  return logged(
    { ...state, soakEndsAtMs, extended: times + 1 },
    { atMs, what: 'soak extended', by: 'optimizer', why: `${times + 1} of ${most}: ${reason}` },
  );
}

/** Leaves the present step: to the next one, or to the promotion after the last; from the shadow to the first one. */
export function stepForward(
  state: RolloutState,
  atMs: number,
  why: string,
  by: 'proof' | 'hand' = 'proof',
): RolloutState {
  if (state.phase === 'shadowing') return leaveShadow(state, atMs, why);
  const closed = closeStep({ ...state, awaiting: null }, atMs, why, by === 'hand');
  return isLastStep(state)
    ? { ...closed, phase: 'promoting', nextLookAtMs: null }
    : {
        ...closed,
        phase: 'applying',
        stepIndex: state.stepIndex + 1,
        soakEndsAtMs: null,
        nextLookAtMs: null,
      };
}

/** Stops progress until somebody resumes; looks and harm checks go on. What was approved was approved before that: it is asked for anew. */
export function held(state: RolloutState, atMs: number, by: string, reason: string): RolloutState {
  if (state.held) return state;
  const { awaiting } = state;
  const anew = awaiting?.approved && { awaiting: withoutApproval(awaiting) };
  return logged({ ...state, ...anew, held: { by, reason } }, { atMs, what: 'held', by, why: reason });
}

function withoutApproval({ approved: _approved, ...asked }: Awaiting): Awaiting {
  return asked;
}

function paceMs(state: RolloutState, looks: number): number {
  const { lookMs, leaseMs } = state.plan;
  return looks < EARLY_LOOKS ? lookMs : Math.max(lookMs, Math.min(3 * lookMs, Math.floor(leaseMs / 3)));
}
