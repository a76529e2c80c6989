/** What an experiment was admitted with. It stays as it is to the end. */
import type { ExperimentDesign } from '../../analysis/sequential/design.ts';
import type { AllocationKind, AnalysisKind, PrimaryKind } from '../../domain/experiment.ts';
import type { GatewayTarget } from '../../domain/gateway-target.ts';
import type { Notify } from '../../domain/notice.ts';
import type { Unit } from '../../domain/orchestrator-wire.ts';

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
  /**
   * Which rules the experiment keeps to its end (`keepsExperimentTable`). Left out: those of the first. 2: an approval is of the variant that was named, a winner waits for the end of a
   * standstill, and a lease that ran out over the end of the time hides no finding.
   */
  readonly table?: 2;
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
  readonly allocation: {
    readonly kind: AllocationKind;
    readonly weights: Weights;
    readonly floor: number;
    /** The most that a variant may have when others are put out; left out where there is no such limit. */
    readonly caps?: Weights;
  };
  /** Per cents of units that take part, each for `everyMs`; the last one stays. One entry without a ramp. */
  readonly ramp: { readonly exposedPct: readonly number[]; readonly everyMs: number };
  readonly forced: Readonly<Record<string, string>>;
  readonly budget: { readonly usd: number | null; readonly regret: number | null };
  readonly sizing: ExperimentSizing;
  readonly criteria: { readonly minImprovementPct: number; readonly minCostReductionPct: number };
  /** Outcomes per arm before which nothing is concluded but harm or a spent budget; left out by plans from before. */
  readonly minSamples?: number;
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
  /** How long a block of the evidence is, in whole `blockMs`; left out by plans from before, whose looks are one block per stretch. */
  readonly foldMs?: number;
  readonly matureAfterMs: number;
  readonly maxDurationMs: number;
  readonly notify: Notify;
  readonly requestedBy: string;
  readonly reason: string;
  readonly admittedAtMs: number;
}

/** Whether the experiment was admitted under these rules, or later ones. */
export function keepsExperimentTable({ table }: Pick<ExperimentPlan, 'table'>, least: 2): boolean {
  return (table ?? 1) >= least;
}
