/**
 * The decision table of an experiment, as data: what a tick leads to, in every phase, whatever it finds. `reduce.ts` looks its answer up
 * here; the compiler finds a phase or a finding without a row. It judges nothing: what a tick finds was judged by `src/decision` and is only
 * sorted here. A winner that does not carry its own proof is no winner.
 */
import type { ExperimentTick, JudgedLook } from './events.ts';
import { isStill } from './standstill.ts';
import {
  endsAtMs,
  isStopped,
  keepsExperimentTable,
  type ExperimentPhase,
  type ExperimentRunState,
} from './state.ts';

/** What a tick leads to. Only `adopt` leads to the graduation of a variant. */
export type ExperimentDecision =
  /** The tick came too late for this phase: it changes nothing. */
  | 'ignore'
  /** What was found is kept; the next tick comes as usual. */
  | 'stay'
  /** Nothing was found out; a look that was due is due at the next tick. */
  | 'tickAgain'
  /** The arms are gone from the gateway by themselves: they are written again, evidence kept, unless somebody has stopped it. */
  | 'serveAgain'
  /** Nothing is concluded until somebody resumes. */
  | 'hold'
  /** The winner waits for somebody's approval. */
  | 'askApproval'
  /** What was approved, or named to be, is no longer what is proven: the approval is spent, and another one is waited for. */
  | 'askAgain'
  /** Restore, then roll the winner out. */
  | 'adopt'
  /** Restore, with what was found. */
  | 'conclude';

/** What a tick found, the first of these that is true. */
export const EXPERIMENT_FINDINGS = [
  'tickFailed',
  'harm',
  'leaseLost',
  'renewed',
  'budgetSpent',
  'frozen',
  'winner',
  /** Another one than people were told of and may have approved. */
  'otherWinner',
  'timeUp',
  'controlKept',
  'noDifference',
  'undecided',
] as const;
export type ExperimentFinding = (typeof EXPERIMENT_FINDINGS)[number];

/**
 * How an experiment stands: `stopped` is paused or held, `asks` one whose winner somebody has to approve, `approved` when somebody has; `still` one that nobody has to
 * approve, or somebody has, while nothing may be changed (a pause of the fleet, a freeze).
 */
export const EXPERIMENT_STANDINGS = ['going', 'stopped', 'asks', 'approved', 'still'] as const;
export type ExperimentStanding = (typeof EXPERIMENT_STANDINGS)[number];

type Cells = Readonly<Record<ExperimentStanding, ExperimentDecision>>;
type Rows = Readonly<Record<ExperimentFinding, Cells>>;

const always = (decision: ExperimentDecision): Cells => ({
  going: decision,
  stopped: decision,
  asks: decision,
  approved: decision,
  still: decision,
});

/** What is concluded, unless somebody has stopped it. */
const concluded: Cells = { ...always('conclude'), stopped: 'stay' };

/** Once there is a winner that waits, what falls short of it again waits too; an approval of it is spent. */
const waits: Cells = { ...always('stay'), approved: 'askAgain', still: 'askAgain' };

/** Its rollout would be refused while nothing may be changed: it waits, and is looked at again. */
const WINNER: Cells = {
  going: 'adopt',
  stopped: 'stay',
  asks: 'askApproval',
  approved: 'adopt',
  still: 'stay',
};

const NOT_TICKED: Rows = {
  tickFailed: always('ignore'),
  harm: always('ignore'),
  leaseLost: always('ignore'),
  renewed: always('ignore'),
  budgetSpent: always('ignore'),
  frozen: always('ignore'),
  winner: always('ignore'),
  otherWinner: always('ignore'),
  timeUp: always('ignore'),
  controlKept: always('ignore'),
  noDifference: always('ignore'),
  undecided: always('ignore'),
};

const RUNNING: Rows = {
  tickFailed: always('tickAgain'),
  harm: always('conclude'),
  leaseLost: always('serveAgain'),
  renewed: always('stay'),
  budgetSpent: always('conclude'),
  frozen: { ...always('hold'), stopped: 'stay' },
  winner: WINNER,
  // Nothing was named yet: there is no other one.
  otherWinner: always('stay'),
  timeUp: always('conclude'),
  controlKept: concluded,
  noDifference: concluded,
  undecided: always('stay'),
};

export const EXPERIMENT_TABLE: Readonly<Record<ExperimentPhase, Rows>> = {
  awaitingApproval: NOT_TICKED,
  starting: NOT_TICKED,
  running: RUNNING,
  awaitingGraduation: {
    ...RUNNING,
    winner: { ...WINNER, asks: 'stay' },
    otherWinner: { ...always('askAgain'), stopped: 'stay' },
    controlKept: waits,
    noDifference: waits,
    undecided: waits,
  },
  restoring: NOT_TICKED,
  graduating: NOT_TICKED,
  ended: NOT_TICKED,
};

/** The cell for what a tick found. `seen` is the state with what the tick brought already in it. */
export function experimentDecisionOn(
  seen: ExperimentRunState,
  finding: ExperimentFinding,
): ExperimentDecision {
  return EXPERIMENT_TABLE[seen.phase][finding][standingOf(seen)];
}

export function experimentFindingOf(state: ExperimentRunState, tick: ExperimentTick): ExperimentFinding {
  const { judged, live } = tick;
  const outcome = judged?.conclusion?.outcome ?? null;
  if (judged && (judged.verdict.outcome === 'harm' || outcome === 'harmed')) return 'harm';
  if (live === 'leaseLost' && !(outcome !== null && isLastLook(state, tick))) return 'leaseLost';
  if (!judged) return 'renewed';
  if (outcome === 'budgetSpent') return 'budgetSpent';
  if (judged.verdict.outcome === 'frozen') return 'frozen';
  if (outcome === 'adopted') return foundWinner(state, winnerOf(state, judged));
  if (outcome === 'expired') return 'timeUp';
  if (outcome === 'keptControl') return 'controlKept';
  return outcome === 'noDifference' ? 'noDifference' : 'undecided';
}

/** At the end of the time nothing is served again: what is found now is what there is. One that goes on in a standstill has another look. */
function isLastLook(state: ExperimentRunState, tick: ExperimentTick): boolean {
  return (
    keepsExperimentTable(state.plan, 2) &&
    tick.atMs >= endsAtMs(state) &&
    !isStill({ ...state, standstill: tick.standstill ?? null }, tick.atMs)
  );
}

function foundWinner({ awaiting }: ExperimentRunState, variant: string | null): ExperimentFinding {
  if (variant === null) return 'undecided';
  return awaiting?.variant === undefined || awaiting.variant === variant ? 'winner' : 'otherWinner';
}

/** The variant that the look found better, with each required guardrail passed; null when there is none. */
export function winnerOf({ plan }: ExperimentRunState, { verdict, conclusion }: JudgedLook): string | null {
  if (verdict.outcome !== 'winner' || conclusion?.outcome !== 'adopted') return null;
  const { variant } = verdict;
  if (variant === null || conclusion.variant !== variant) return null;
  const [, ...variants] = plan.arms;
  const look = verdict.perVariant.find((each) => each.variant === variant);
  if (!look || !variants.some(({ id }) => id === variant)) return null;
  const open = look.guardrails.some((guardrail) => guardrail.required && guardrail.outcome !== 'pass');
  return open ? null : variant;
}

function standingOf(state: ExperimentRunState): ExperimentStanding {
  if (isStopped(state)) return 'stopped';
  const { approval } = state.plan;
  const asks = approval === 'beforeGraduation' || approval === 'both';
  if (asks && !state.approved) return 'asks';
  if (isStill(state, state.tickedAtMs ?? 0)) return 'still';
  return state.approved ? 'approved' : 'going';
}
