/**
 * State of an experiment: plain JSON that survives continue-as-new. `reduce.ts` changes it, `next-action.ts` reads it. The running
 * evidence is the analysis' own (`ExperimentState`), recorded by the activity that judged; nothing here computes with it.
 */
import type { ExperimentDesign } from '../../analysis/sequential/design.ts';
import type { ExperimentState as Evidence } from '../../analysis/sequential/state.ts';
import type { ExperimentVerdict } from '../../analysis/sequential/verdict.ts';
import type { AllocationKind, AnalysisKind, PrimaryKind } from '../../domain/experiment.ts';
import type { GatewayTarget } from '../../domain/gateway-target.ts';
import type { Notify } from '../../domain/notice.ts';
import type { Unit } from '../../domain/orchestrator-wire.ts';
import type { LogEntry } from '../rollout/state.ts';

export type Weights = Readonly<Record<string, number>>;

/** One arm; its configuration is in the store, under this hash. */
export interface ExperimentArm {
  readonly id: string;
  readonly hash: string;
  /** What it changes, such as "systemPrompt changed"; "as it is" for the control. */
  readonly summary: string;
}

/** What an experiment was sized for, told before it starts. Labels are per arm; null where the traffic does not say. */
export interface ExperimentSizing {
  readonly baseline: number;
  readonly minimumEffect: number;
  readonly nFixPerArm: number;
  readonly capPerArm: number;
  readonly labelsPerHour: number;
  readonly expectedMs: number | null;
  readonly capMs: number | null;
  readonly reachable: boolean;
  readonly reason: string;
}

export interface ExperimentPlan {
  readonly version: 1;
  readonly serviceId: string;
  readonly name: string;
  readonly hypothesis: string;
  readonly generation: number;
  readonly target: GatewayTarget;
  readonly unit: Unit;
  /** Mixed into the assignment: fixed for the life of the experiment, and another one for every experiment. */
  readonly salt: string;
  /** The control first. */
  readonly arms: readonly ExperimentArm[];
  readonly stableHash: string;
  readonly primary: PrimaryKind;
  readonly analysis: AnalysisKind;
  readonly design: ExperimentDesign;
  readonly allocation: { readonly kind: AllocationKind; readonly weights: Weights; readonly floor: number };
  /** Per cents of units that take part, each for `everyMs`; the last one stays. One entry without a ramp. */
  readonly ramp: { readonly exposedPct: readonly number[]; readonly everyMs: number };
  readonly forced: Readonly<Record<string, string>>;
  readonly budget: { readonly usd: number | null; readonly regret: number | null };
  readonly sizing: ExperimentSizing;
  readonly criteria: { readonly minImprovementPct: number; readonly minCostReductionPct: number };
  readonly seed: number;
  readonly forcedStart: boolean;
  readonly approval: 'none' | 'beforeStart' | 'beforeGraduation' | 'both';
  readonly approvalTimeoutMs: number;
  readonly graduate: boolean;
  /** Lease renewals come every `tickMs`, looks every `lookMs` (a multiple). */
  readonly tickMs: number;
  readonly lookMs: number;
  readonly leaseMs: number;
  readonly blockMs: number;
  readonly matureAfterMs: number;
  readonly maxDurationMs: number;
  readonly notify: Notify;
  readonly requestedBy: string;
  readonly reason: string;
  readonly admittedAtMs: number;
}

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

/** Weights that were in force from `fromMs` on; the stretch between two writes belongs to neither. */
export interface AllocationPeriod {
  readonly fromMs: number;
  readonly toMs: number | null;
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
}

/**
 * What answers in each arm, in words, and how often that changed. `lastSeen`, per arm and signature the block in which it last answered, is how a
 * change is told from a mix of answers; left out before the first look.
 */
export interface ProviderPhases {
  readonly signature: string;
  readonly phase: number;
  readonly lastSeen?: Readonly<Record<string, Readonly<Record<string, number>>>>;
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
  /** Bias-reduced by the pre-period where there is one; shown, never deciding. */
  readonly cuped: {
    readonly difference: number;
    readonly low: number;
    readonly high: number;
    readonly varianceReduction: number;
  } | null;
}

export interface ExperimentRunState {
  readonly version: 1;
  readonly plan: ExperimentPlan;
  readonly phase: ExperimentPhase;
  readonly outcome: ExperimentOutcome | null;
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
  readonly periods: readonly AllocationPeriod[];
  /** Weights that are to be written next; null while those that are live are right. */
  readonly wanted: {
    readonly weights: Weights;
    readonly exposedPct: number;
    readonly by: string;
    readonly why: string;
  } | null;
  readonly startedAtMs: number | null;
  readonly nextTickAtMs: number | null;
  readonly nextLookAtMs: number | null;
  readonly leaseExpiresAtMs: number | null;
  /** While paused the arms are not served, and the clock of the longest duration goes on. */
  readonly paused: { readonly by: string; readonly reason: string; readonly sinceMs: number } | null;
  /** Something is wrong with what is measured (sample ratio, labels, an incident): nothing is concluded until somebody resumes. */
  readonly held: { readonly by: string; readonly reason: string; readonly sinceMs: number } | null;
  readonly awaiting: { readonly sinceMs: number; readonly untilMs: number } | null;
  readonly ending: {
    readonly outcome: ExperimentOutcome;
    readonly variant: string | null;
    readonly by: string;
    readonly reason: string;
  } | null;
  readonly conclusion: ExperimentConclusion | null;
  readonly graduation: { readonly workflowId: string; readonly runId: string } | null;
  readonly looks: number;
  readonly ticks: number;
  readonly log: readonly LogEntry[];
  readonly seen: readonly string[];
}
