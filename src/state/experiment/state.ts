/**
 * State of an experiment: plain JSON that survives continue-as-new. `reduce.ts` changes it, `next-action.ts` reads it. The running
 * evidence is the analysis' own (`ExperimentState`), recorded by the activity that judged; nothing here computes with it.
 */
import type { ExperimentState as Evidence } from '../../analysis/sequential/state.ts';
import type { ExperimentVerdict } from '../../analysis/sequential/verdict.ts';
import { withEntry, type LogEntry } from '../log-kept.ts';
import type { ExperimentPlan, Weights } from './plan.ts';

export {
  keepsExperimentTable,
  type ExperimentArm,
  type ExperimentPlan,
  type ExperimentSizing,
  type Weights,
} from './plan.ts';

export type ExperimentPhase =
  | 'awaitingApproval'
  /** Its arms are being written to the gateway. */
  | 'starting'
  | 'running'
  /** Concluded with a winner that waits for approval; traffic goes on as it was. */
  | 'awaitingGraduation'
  /** The gateway is being brought back to the stable configuration alone. */
  | 'restoring'
  /** Restored; the winner's rollout is being started. */
  | 'graduating'
  | 'ended';

/**
 * `adopted`: the winner's rollout was started (or recommended, where nobody wants it started). `keptControl`: control is better, or no variant
 * is better by enough. `noDifference`: within the margin at the cap. `harmed`: stopped for harm. `expired`: time was up before the cap.
 * `budgetSpent`, `stopped` (by a person), `rolledBack` (by a responder, an anomaly, a cancellation), `rejected`, `superseded`, `failed`.
 */
export type ExperimentOutcome =
  | 'adopted'
  | 'keptControl'
  | 'noDifference'
  | 'harmed'
  | 'expired'
  | 'budgetSpent'
  | 'stopped'
  | 'rolledBack'
  | 'rejected'
  | 'superseded'
  | 'failed';

/**
 * Weights that were in force from `fromMs` (read back) until `toMs` (something else began to be written, or the lease ran out); null while
 * they are. What lies between two periods belongs to neither.
 */
export interface AllocationPeriod {
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Under which it was served, and its outcomes are kept. Left out: that of the plan. */
  readonly generation?: number;
  readonly exposedPct: number;
  readonly weights: Weights;
  readonly why: string;
}

/** What one arm has brought so far. Money in USD per request, latency in ms. */
export interface ArmTotals {
  readonly exposures: number;
  readonly labels: number;
  readonly requests: number;
  readonly qualityMean: number | null;
  readonly errorRate: number | null;
  readonly costUsdPerRequest: number | null;
  readonly latencyP95Ms: number | null;
  /**
   * Of a variant: what it and control cost and took in the running phase, compared within blocks (weight nA nB / (nA + nB)), so that neither a change of
   * weights nor one of prices for all shows up as saved money. Left out before the first comparison, and by looks from before.
   */
  readonly beside?: {
    readonly costUsd: WeighedPair;
    readonly latencyMs: WeighedPair;
  };
  /** Of a variant: quality (first labels) and cost beside control over all phases, compared in the same way, for what the experiment has cost. Left out by releases from before, and then for good. */
  readonly compared?: {
    readonly quality: WeighedPair;
    readonly costUsd: WeighedPair;
  };
  /** Of a variant; left out until enough units have come back. */
  readonly returning?: ReturningUnits;
}

/** How much more of the requests of units that came back failed in a variant (`returning-units.ts`), and the shares that failed in the last block that told. */
export interface ReturningUnits {
  readonly excess: number;
  readonly control: number;
  readonly variant: number;
}

/** Sums over blocks of weight times value. */
export interface WeighedPair {
  readonly weight: number;
  readonly control: number;
  readonly variant: number;
}

/**
 * What answers in each arm, in words, and how often that changed. `lastSeen`, per arm and signature the block in which it last answered, is how a
 * change is told from a mix of answers; left out before the first look. `suspicion`, per arm, is how much odd answers speak for a change so far
 * (`provider-phase.ts`); left out where there were none.
 */
export interface ProviderPhases {
  readonly signature: string;
  readonly phase: number;
  readonly lastSeen?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly suspicion?: Readonly<Record<string, number>>;
}

/** How it came out, in numbers and one sentence. Differences are variant - control. */
export interface ExperimentConclusion {
  readonly outcome: ExperimentOutcome;
  /** The one that the numbers are of; only `adopted` makes it a winner. Null where nothing was seen. */
  readonly variant: string | null;
  readonly sentence: string;
  readonly effect: {
    readonly difference: number;
    readonly relative: number | null;
    readonly low: number | null;
    readonly high: number | null;
  } | null;
  readonly costUsdPerRequest: { readonly control: number; readonly variant: number } | null;
  readonly latencyP95Ms: { readonly control: number; readonly variant: number } | null;
  readonly savedUsdPer1000Requests: number | null;
  /**
   * Bias-reduced by the pre-period where there is one; shown, never deciding. Its interval is of one look, as if this one had been planned. Null once weights or
   * what answers have changed.
   */
  readonly cuped: {
    readonly difference: number;
    readonly low: number;
    readonly high: number;
    readonly varianceReduction: number;
  } | null;
}

/** Raised exposure, step by step. `nextAtMs` is null while no step is due by itself, `index` the step that is in force. */
export interface RampState {
  readonly index: number;
  readonly nextAtMs: number | null;
  /** Somebody has set the exposure by hand: no step raises it any more. */
  readonly isOver: boolean;
}

/** An allocation that is asked for. */
export interface Allocation {
  readonly weights: Weights;
  readonly exposedPct: number;
  readonly by: string;
  readonly why: string;
}

/** Who stopped something, and why. `sinceMs` is for people; nothing is decided by it. */
export interface Stopped {
  readonly by: string;
  readonly reason: string;
  readonly sinceMs: number;
}

export interface ExperimentEnding {
  readonly outcome: ExperimentOutcome;
  readonly variant: string | null;
  readonly by: string;
  readonly reason: string;
  /** A person named the variant, whatever was proven. */
  readonly byHand?: true;
}

export interface ExperimentRunState {
  readonly version: 1;
  readonly plan: ExperimentPlan;
  readonly phase: ExperimentPhase;
  readonly outcome: ExperimentOutcome | null;
  /** Raised before each write, compensation included. */
  readonly revision: number;
  readonly evidence: Evidence;
  readonly evidenceHash: string;
  /** End of the exposure time that is folded in. */
  readonly foldedToMs: number;
  readonly verdict: ExperimentVerdict | null;
  readonly totals: Readonly<Record<string, ArmTotals>>;
  /** What was lost so far to arms other than the best, and what the variants cost more than control. */
  readonly spent: { readonly regret: number; readonly usd: number };
  readonly providers: ProviderPhases;
  /** The newest ones, and every one that is not folded in as a whole. */
  readonly periods: readonly AllocationPeriod[];
  /** Whether the gateway serves the arms, as far as this experiment knows: `unknown` when a write was left halfway. */
  readonly served: 'no' | 'yes' | 'unknown';
  /** Shares that were written since the last read-back, each once: the gateway may serve any of them. Left out: none. */
  readonly unread?: readonly Pick<Allocation, 'weights' | 'exposedPct'>[];
  /** The write that may be left halfway began when the arms were away by this experiment's own doing. */
  readonly wereAway?: true;
  /** Why nothing is changed for the time being (a pause of the fleet, a freeze), as the last tick found. Ticks go on. */
  readonly standstill?: string | null;
  /** What is to be written next; null while what is live is right. */
  readonly wanted: Allocation | null;
  readonly ramp: RampState;
  /** When the arms were first read back. The longest duration runs from here. */
  readonly startedAtMs: number | null;
  readonly nextTickAtMs: number | null;
  readonly nextLookAtMs: number | null;
  /** The last tick, also one that failed; null before the first. */
  readonly tickedAtMs: number | null;
  /** What the newest look found that hurts the control as well, in words; left out when it found nothing of the kind. */
  readonly controlFell?: string;
  /** When the verdict was reached. */
  readonly lookedAtMs: number | null;
  readonly leaseExpiresAtMs: number | null;
  /** While paused the arms are not served, and the clock of the longest duration goes on. */
  readonly paused: Stopped | null;
  /** Something is wrong with what is measured (sample ratio, labels, an incident): nothing is concluded until somebody resumes. */
  readonly held: (Stopped & { readonly armsAway: boolean }) | null;
  /** Before the start: from admission. Before graduation: from the look that found the winner. */
  readonly awaiting: {
    readonly sinceMs: number;
    readonly untilMs: number;
    /** That people were told of, and are to approve. Left out before the start, and by experiments from before. */
    readonly variant?: string;
  } | null;
  /** Somebody approved the winner: the next look leads to the graduation of `variant` if it still finds it. */
  readonly approved: { readonly by: string; readonly note: string; readonly variant?: string } | null;
  /** A look is due now, whatever the timers say. */
  readonly lookNow: boolean;
  readonly ending: ExperimentEnding | null;
  readonly conclusion: ExperimentConclusion | null;
  readonly graduation: { readonly workflowId: string; readonly runId: string } | null;
  /** How often an anomaly has asked for a cycle. */
  readonly cyclesAsked: number;
  /** The decision that a look recorded last. */
  readonly decisionId: string | null;
  readonly looks: number;
  readonly ticks: number;
  /** The newest entries, those of people for longer; the whole log is in the store. */
  readonly log: readonly LogEntry[];
  /** Message ids already handled, newest last. */
  readonly seen: readonly string[];
}

const SEEN_KEPT = 200;

/**
 * An experiment that has just been admitted, and the evidence that it begins with (`startExperiment` of its design).
 * @throws RangeError naming `plan.ramp.exposedPct` when it is empty
 */
export function startExperimentRun(plan: ExperimentPlan, evidence: Evidence): ExperimentRunState {
  const [exposedPct] = plan.ramp.exposedPct;
  if (exposedPct === undefined)
    throw new RangeError('plan.ramp.exposedPct: nothing is given, expected at least one per cent');
  const { admittedAtMs, approvalTimeoutMs, requestedBy: by, reason: why } = plan;
  const asks = plan.approval === 'beforeStart' || plan.approval === 'both';
  return logged(
    {
      version: 1,
      plan,
      phase: asks ? 'awaitingApproval' : 'starting',
      outcome: null,
      revision: 0,
      evidence,
      evidenceHash: '',
      foldedToMs: admittedAtMs,
      verdict: null,
      totals: {},
      spent: { regret: 0, usd: 0 },
      providers: { signature: '', phase: 0 },
      periods: [],
      served: 'no',
      wanted: { weights: plan.allocation.weights, exposedPct, by, why: 'as planned' },
      ramp: { index: 0, nextAtMs: null, isOver: false },
      startedAtMs: null,
      nextTickAtMs: null,
      nextLookAtMs: null,
      tickedAtMs: null,
      lookedAtMs: null,
      leaseExpiresAtMs: null,
      paused: null,
      held: null,
      awaiting: asks ? { sinceMs: admittedAtMs, untilMs: admittedAtMs + approvalTimeoutMs } : null,
      approved: null,
      lookNow: false,
      ending: null,
      conclusion: null,
      graduation: null,
      cyclesAsked: 0,
      decisionId: null,
      looks: 0,
      ticks: 0,
      log: [],
      seen: [],
    },
    { atMs: admittedAtMs, what: asks ? 'awaiting approval' : 'admitted', by, why },
  );
}

/** The state with one more log entry. */
export function logged(state: ExperimentRunState, entry: LogEntry): ExperimentRunState {
  return { ...state, log: withEntry(state.log, entry) };
}

/** The state that remembers a message id. */
export function withSeen(state: ExperimentRunState, messageId: string): ExperimentRunState {
  return { ...state, seen: [...state.seen, messageId].slice(-SEEN_KEPT) };
}

/** When the longest duration is over. An experiment that never got to serve its arms counts from its admission. */
export function endsAtMs({ plan, startedAtMs }: ExperimentRunState): number {
  return (startedAtMs ?? plan.admittedAtMs) + plan.maxDurationMs;
}

/** Whether nothing may be concluded, and no exposure raised. */
export function isStopped({ paused, held }: ExperimentRunState): boolean {
  return paused !== null || held !== null;
}

/** Brings a state carried over by continue-as-new to the present version. One of an unknown version is refused: a newer program has written it. */
export function upgradeExperimentState(state: ExperimentRunState): ExperimentRunState {
  if (state.version !== 1) {
    throw new RangeError(
      `state.version: ${String((state as { version: unknown }).version)} is given, expected 1 (this program is older than the state)`,
    );
  }
  return state;
}
