/**
 * The decision table of a rollout, as data: what a look at it leads to, in every phase, whatever the look finds. `reduce.ts` looks its
 * answer up here, so table and code cannot drift; the compiler finds a phase or a finding without a row. It judges nothing: what a look
 * finds was judged by `src/analysis` and is only sorted here.
 */
import type { Look } from './events.ts';
import { isLastStep, keepsTable, type RolloutPhase, type RolloutState } from './state.ts';

/** What a look leads to. Only `stepForward` (and somebody's answer to `askApproval`) leaves a step, and so leads to promotion. */
export type Decision =
  /** The look came too late for this phase: it changes nothing. */
  | 'ignore'
  /** What was found is kept; the next look comes as usual. */
  | 'stay'
  /** Nothing was found out: look again, one look later. */
  | 'lookAgain'
  | 'stepForward'
  | 'askApproval'
  /** `stay`, `extend` or `giveUp`, as `onInconclusive` says. */
  | 'byOnInconclusive'
  /** The gateway went back to stable by itself: the step is applied again, and soaks anew. */
  | 'applyAgain'
  /** The same, once somebody has resumed. */
  | 'applyOnResume'
  /** No step goes on until somebody resumes. */
  | 'hold'
  | 'takeBack';

/** What a look found, the first of these that is true. */
export const FINDINGS = [
  'lookFailed',
  'harm',
  'leaseLostHurt',
  'leaseLost',
  'bothHurt',
  'gateFailed',
  'gateWaiting',
  'noData',
  'inconclusive',
  'healthy',
] as const;
export type Finding = (typeof FINDINGS)[number];

/**
 * How a step stands when it is looked at: `asks` is a soaked step that somebody has to approve before it is left, `unjudged` one of an
 * immediate change, which a person has started without proof, on record.
 */
export const STANDINGS = ['soaking', 'stopped', 'soaked', 'asks', 'unjudged'] as const;
export type Standing = (typeof STANDINGS)[number];

type Cells = Readonly<Record<Standing, Decision>>;
type Rows = Readonly<Record<Finding, Cells>>;

const always = (decision: Decision): Cells => ({
  soaking: decision,
  stopped: decision,
  soaked: decision,
  asks: decision,
  unjudged: decision,
});

/** What waits for time or proof does not wait in an immediate change. */
const stay: Cells = { ...always('stay'), unjudged: 'stepForward' };

/** Looks are answered while a step soaks, and at no other time. */
const NOT_LOOKED_AT: Rows = {
  lookFailed: always('ignore'),
  harm: always('ignore'),
  leaseLostHurt: always('ignore'),
  leaseLost: always('ignore'),
  bothHurt: always('ignore'),
  gateFailed: always('ignore'),
  gateWaiting: always('ignore'),
  noData: always('ignore'),
  inconclusive: always('ignore'),
  healthy: always('ignore'),
};

export const DECISION_TABLE: Readonly<Record<RolloutPhase, Rows>> = {
  awaitingApproval: NOT_LOOKED_AT,
  /** A shadow has looks of its own. */
  shadowing: { ...NOT_LOOKED_AT, lookFailed: always('lookAgain') },
  applying: NOT_LOOKED_AT,
  soaking: {
    lookFailed: always('lookAgain'),
    harm: always('takeBack'),
    leaseLostHurt: always('applyOnResume'),
    leaseLost: always('applyAgain'),
    bothHurt: always('hold'),
    gateFailed: always('hold'),
    gateWaiting: stay,
    noData: stay,
    inconclusive: { ...stay, soaked: 'byOnInconclusive', asks: 'byOnInconclusive' },
    healthy: { ...stay, soaked: 'stepForward', asks: 'askApproval' },
  },
  promoting: NOT_LOOKED_AT,
  rollingBack: NOT_LOOKED_AT,
  ended: NOT_LOOKED_AT,
};

/** The cell for what a look found. `seen` is the state with what the look brought already in it. */
export function decisionOn(seen: RolloutState, finding: Finding, atMs: number): Decision {
  return DECISION_TABLE[seen.phase][finding][standingOf(seen, atMs)];
}

/** Sorts a look. `leaseLostHurt` is told apart since the second table only. */
export function findingOf(state: RolloutState, look: Look): Finding {
  const { outcome } = look.verdict;
  const gates = look.gates?.reports ?? [];
  const failed = gates.some((gate) => gate.outcome === 'fail');
  if (outcome === 'harm') return 'harm';
  if (look.live === 'leaseLost') {
    return keepsTable(state.plan, 2) && (outcome === 'bothHurt' || failed) ? 'leaseLostHurt' : 'leaseLost';
  }
  if (outcome === 'bothHurt') return 'bothHurt';
  if (failed) return 'gateFailed';
  return gates.some((gate) => gate.outcome === 'waiting') ? 'gateWaiting' : outcome;
}

function standingOf(state: RolloutState, atMs: number): Standing {
  if (state.paused || state.held) return 'stopped';
  if (isUnjudged(state)) return 'unjudged';
  if (state.soakEndsAtMs === null || atMs < state.soakEndsAtMs) return 'soaking';
  return needsApproval(state) ? 'asks' : 'soaked';
}

/** An immediate change waits for nobody but whoever stopped it: then it is served, and looked at, until somebody resumes. */
export function isUnjudged({ plan }: RolloutState): boolean {
  return plan.strategy === 'immediate';
}

/** Whether leaving the present step, or the shadow, takes an approval that nobody has given. */
export function lacksApproval(state: RolloutState): boolean {
  if (isUnjudged(state) || state.awaiting?.approved) return false;
  return state.phase === 'shadowing' ? state.plan.approval === 'perStep' : needsApproval(state);
}

/** Whether somebody has to approve before the present step is left. */
function needsApproval(state: RolloutState): boolean {
  const { approval, steps } = state.plan;
  const entersLast = state.stepIndex >= steps.length - 2;
  return approval === 'perStep' || (approval === 'beforeLast' && entersLast && !isLastStep(state));
}
