/**
 * State of a canary rollout: plain JSON that survives continue-as-new. `reduce.ts` changes it, `next-action.ts` reads it.
 */
import type { RolloutEvidence } from '../../analysis/rollout/evidence.ts';
import { startShadow, type ShadowPlan, type ShadowState } from './shadow-state.ts';
import type { ShadowEvidence } from '../../analysis/shadow/evidence.ts';
import type { LookGates } from './events.ts';
import type { DryRunMetric, DryRunReport } from '../../domain/dry-run.ts';
import type { GatewayTarget } from '../../domain/gateway-target.ts';
import type { GuardrailSpec, StepVerdict } from '../../domain/guardrail.ts';
import type { Notify } from '../../domain/notice.ts';
import type { RolloutStrategy } from '../../domain/strategy.ts';
import { withEntry, type LogEntry } from '../log-kept.ts';

/** sha256 of what each target serves before and after the change, and on the backup route. */
export type PartHashes = Readonly<
  Record<string, Pick<RolloutPlan, 'stableHash' | 'candidateHash'> & { readonly backupHash?: string }>
>;

/** `unleased`: nobody, as the settings accept. */
export type LeasedBy = 'gateway' | 'watchdog' | 'unleased';

/** Everything that was resolved and frozen when the rollout was admitted. Times in ms, weights in per cent. */
export interface RolloutPlan {
  readonly serviceId: string;
  readonly generation: number;
  /**
   * The rules that the rollout was admitted under, which it keeps to its end. Left out: the first ones, in which a verdict does not age.
   * Since 3 an approval of a step is acted on by the next look, and no longer when it arrives, and a held rollout writes no weight.
   * Since 4 a rollback calls off the change that was to come next, a step without proof is extended or given up only once the labels of its soak have
   * matured, and a write that a standstill keeps waiting is waited for.
   */
  readonly table?: 2 | 3 | 4;
  readonly target: GatewayTarget;
  /** Who takes the candidate away when nobody renews its lease. Left out: the gateway. */
  readonly leasedBy?: LeasedBy;
  /** What changes, for people: "model gpt-4o-2024-05-13 -> gpt-4o-2024-08-06". */
  readonly summary: string;
  /** sha256 of the configurations; the bodies are in the store and never travel through history. */
  readonly stableHash: string;
  /** With several targets: the hashes of each one's part, by its name. Left out with one gateway. */
  readonly parts?: PartHashes;
  readonly candidateHash: string;
  readonly stableGeneration: number;
  /** Left out in plans of before there was another than canary. */
  readonly strategy?: RolloutStrategy;
  /** The decision that stands for a comparison on live traffic, where no step has one. */
  readonly restsOn?: { readonly decisionId: string; readonly hash: string; readonly atMs: number };
  /** Somebody started it all the same, on record. */
  readonly forced?: boolean;
  readonly steps: readonly number[];
  readonly soakMs: number;
  readonly lookMs: number;
  readonly blockMs: number;
  readonly matureAfterMs: number;
  readonly leaseMs: number;
  readonly maxRolloutMs: number;
  readonly watchMs: number;
  readonly minSamples: number;
  /** How long a gateway may take to serve a new weight. Left out in plans of before there were gates: the write starts the clock. */
  readonly convergeMs?: number;
  readonly onInconclusive: 'hold' | 'extend' | 'rollback';
  /** How often `extend` makes a step's soak one soak longer before it gives up. Left out: never. */
  readonly extensions?: number;
  readonly approval: 'none' | 'beforeStart' | 'perStep' | 'beforeLast';
  readonly approvalTimeoutMs: number;
  /** Before the start nobody's approval means rejected, whatever this says. Left out: rejected. */
  readonly onApprovalTimeout?: 'reject' | 'hold';
  /** Whom to tell. Left out: nobody. */
  readonly notify?: Notify;
  /**
   * The stable configuration with the service's backup model in it; null when the service names none that differs from what it serves
   * and from what is tried. Left out in plans of before there was a backup route: those hold, as they always did.
   */
  readonly backup?: BackupRoute | null;
  /** A shadow before the first step. Left out: none. */
  readonly shadow?: ShadowPlan;
  readonly guardrails: readonly GuardrailSpec[];
  readonly constraints: AbsoluteLimits;
  /** Labels the rollout is expected to need in all, labels per hour the service yields, and the finish that follows. */
  readonly labels: {
    readonly needed: number | null;
    readonly perHour: number;
    readonly expectedMs: number | null;
    /** Of the candidate at each step, as planned; null where it cannot be told. Left out by older plans. */
    readonly steps?: readonly (number | null)[];
  };
  /** Metrics that are shown and never gate. Left out: none. */
  readonly metrics?: readonly DryRunMetric[];
  readonly requestedBy: string;
  readonly reason: string;
  readonly admittedAtMs: number;
}

/** What serves a service while it is hurt: its stable configuration with another model. */
export interface BackupRoute {
  readonly model: string;
  /** sha256 of the whole configuration. */
  readonly hash: string;
}

/** Absolute limits that hold whatever the other arm does. Absent means no limit. */
export interface AbsoluteLimits {
  readonly minQuality?: number;
  readonly maxErrorRate?: number;
  readonly maxLatencyP95Ms?: number;
  readonly maxCostPerRequestUsd?: number;
}

export type RolloutPhase =
  'awaitingApproval' | 'shadowing' | 'applying' | 'soaking' | 'promoting' | 'rollingBack' | 'ended';

/** `shadowed`: a shadow alone, proven; the candidate was never live. */
export type RolloutOutcome =
  'promoted' | 'shadowed' | 'rolledBack' | 'rejected' | 'notEnoughEvidence' | 'replaced' | 'superseded';

/** One step as it went. `labels` are unit-first labels of the candidate arm. */
export interface StepRecord {
  readonly index: number;
  readonly weightPct: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly looks: number;
  readonly why: string | null;
  /** What it was left with, and the decision recorded at that very look, null when it was left between two looks. Once it has ended. */
  readonly evidenceHash?: string;
  readonly decisionId?: string | null;
  /** Left by `promote`, whatever was proven. */
  readonly leftByHand?: boolean;
}

/** Why and since when a rollout is on the backup route, and whether the gateway has been seen to serve it. */
export interface OnBackup {
  readonly stage: 'wanted' | 'served' | 'leaving';
  readonly sinceMs: number;
  readonly by: string;
  readonly reason: string;
}

/** For what a write waits, since when, and when it is tried again. */
export interface Standstill {
  readonly reason: string;
  readonly sinceMs: number;
  readonly againAtMs: number;
}

export interface Awaiting {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly next: string;
  /** Who has approved what was seen then. The next look that finds the step proven leaves it; a hold takes the approval back. */
  readonly approved?: { readonly atMs: number; readonly by: string; readonly evidenceHash: string };
}

/** Numbers of blocks, both included. */
export interface BlockRange {
  readonly fromNo: number;
  readonly toNo: number;
}

export interface RolloutState {
  readonly version: 1;
  readonly plan: RolloutPlan;
  readonly phase: RolloutPhase;
  readonly outcome: RolloutOutcome | null;
  readonly stepIndex: number;
  /** Weight that the last read-back showed. */
  readonly weightPct: number;
  /** Raised before each write, compensation included. */
  readonly revision: number;
  readonly soakEndsAtMs: number | null;
  readonly nextLookAtMs: number | null;
  readonly leaseExpiresAtMs: number | null;
  readonly paused: { readonly by: string; readonly reason: string } | null;
  readonly held: { readonly by: string; readonly reason: string } | null;
  /** Why the change is being taken back, once that is certain. Final. */
  readonly ending: {
    readonly outcome: Exclude<RolloutOutcome, 'promoted'>;
    readonly by: string;
    readonly reason: string;
  } | null;
  readonly replacement: Readonly<Record<string, unknown>> | null;
  /** Why, and how the replacement is to be done, as far as its message said. */
  readonly replacing?: {
    readonly reason?: string;
    readonly input?: Readonly<Record<string, unknown>>;
  };
  readonly evidence: RolloutEvidence;
  readonly evidenceHash: string;
  /** The decision that a look recorded last, and what it was about. */
  readonly recorded?: {
    readonly decisionId: string;
    readonly evidenceHash: string;
    readonly stepIndex: number;
  };
  /** Number of the last block folded in; earlier ones never change the evidence again. */
  readonly foldedTo: number;
  readonly verdict: StepVerdict | null;
  readonly observedSharePct: number | null;
  /** Metrics that are only shown, as the last look found them at this step. */
  readonly dryRuns?: readonly DryRunReport[];
  /** The weight that was last written, the one before, and when: what the share gate holds the traffic against. */
  readonly asked?: { readonly weightPct: number; readonly beforePct: number; readonly setAtMs: number };
  /** The shadow before the first step; left out where there is none. */
  readonly shadow?: ShadowState;
  /** Of the present step, as the last look left them; null before its first look. */
  readonly gates?: LookGates | null;
  /** A proven step that waits for somebody's approval. Looks go on meanwhile. */
  readonly awaiting?: Awaiting | null;
  /** How often the present step's soak was extended. */
  readonly extended?: number;
  /** While the service is to be served by its backup model; null or left out otherwise. See `backup.ts`. */
  readonly backup?: OnBackup | null;
  /** Blocks that hold traffic of the backup model: no look folds them. */
  readonly apart?: readonly BlockRange[];
  /** This rollout has taken its own candidate away, or is about to: that nothing is served is nobody else's doing. */
  readonly leftNothing?: boolean;
  /** While a write waits for the end of a pause of the fleet or a freeze window; null or left out otherwise. */
  readonly standstill?: Standstill | null;
  /** Somebody resumed after both arms had been hurt: the next look proves a common fall anew. */
  readonly fallAnew?: boolean;
  /** How often an anomaly has asked for a cycle. */
  readonly cyclesAsked?: number;
  readonly looks: number;
  /** When the verdict was reached; a look that failed does not change it. */
  readonly lookedAtMs?: number;
  readonly steps: readonly StepRecord[];
  /** The newest entries, those of people for longer; the whole log is in the store. */
  readonly log: readonly LogEntry[];
  /** Message ids already handled, newest last. */
  readonly seen: readonly string[];
}

const SEEN_KEPT = 200;

/** Where a rollout begins that waits for nobody. */
export function firstPhase(plan: RolloutPlan): 'shadowing' | 'applying' {
  return plan.shadow ? 'shadowing' : 'applying';
}

/**
 * The state of a rollout that has just been admitted. `foldedTo` is the block that was open at that time. A plan with a shadow comes with
 * the evidence that it begins with.
 * @throws TypeError naming `shadow` when a plan with a shadow comes without it
 */
export function startRollout(
  plan: RolloutPlan,
  evidence: RolloutEvidence,
  shadow?: ShadowEvidence,
): RolloutState {
  if (plan.shadow && !shadow) throw new TypeError('shadow must be given with a plan that has one');
  const asks = asksBeforeStart(plan);
  return logged(
    {
      version: 1,
      plan,
      phase: asks ? 'awaitingApproval' : firstPhase(plan),
      outcome: null,
      stepIndex: 0,
      weightPct: 0,
      revision: 0,
      soakEndsAtMs: null,
      nextLookAtMs: null,
      leaseExpiresAtMs: null,
      paused: null,
      held: null,
      ending: null,
      replacement: null,
      evidence,
      evidenceHash: '',
      foldedTo: Math.floor(plan.admittedAtMs / plan.blockMs),
      verdict: null,
      observedSharePct: null,
      looks: 0,
      steps: [],
      log: [],
      seen: [],
      ...(plan.shadow && shadow && { shadow: startShadow(shadow, plan) }),
    },
    {
      atMs: plan.admittedAtMs,
      what: asks ? 'awaiting approval' : 'admitted',
      by: plan.requestedBy,
      why: plan.reason,
    },
  );
}

/** Where the first step is the last one too, an approval before the last is one before the start. */
function asksBeforeStart({ approval, strategy, steps }: RolloutPlan): boolean {
  const startsLast = strategy !== undefined && steps.length === 1;
  return approval === 'beforeStart' || approval === 'perStep' || (approval === 'beforeLast' && startsLast);
}

/** The state with one more log entry. */
export function logged(state: RolloutState, entry: LogEntry): RolloutState {
  return { ...state, log: withEntry(state.log, entry) };
}

/** The state that remembers a message id. */
export function withSeen(state: RolloutState, messageId: string): RolloutState {
  return { ...state, seen: [...state.seen, messageId].slice(-SEEN_KEPT) };
}

/** Whether the rollout was admitted under these rules, or later ones. */
export function keepsTable({ table }: Pick<RolloutPlan, 'table'>, least: 2 | 3 | 4): boolean {
  return (table ?? 1) >= least;
}

/** When a step's wait for an approval is over; never, once it has been given. */
export function approvalEndsMs({ awaiting }: RolloutState): number {
  return awaiting && !awaiting.approved ? awaiting.untilMs : Infinity;
}

export function isLastStep(state: RolloutState): boolean {
  return state.stepIndex === state.plan.steps.length - 1;
}

/**
 * Brings a state carried over by continue-as-new to the present version. A state of an unknown version is refused: it
 * was written by a newer program.
 */
export function upgradeRolloutState(state: RolloutState): RolloutState {
  if (state.version !== 1) {
    throw new RangeError(
      `state.version: ${String(state.version)} is given, expected 1 (this program is older than the state)`,
    );
  }
  return state;
}
