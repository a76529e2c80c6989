/** An experiment as it is to run: every default of the service resolved, sized, and frozen. It refuses nothing and changes nothing. */
import { designOf, foldMsOf, planSizing, type SizingInput } from '../../src/decision/index.ts';
import { durationMs } from '../../src/domain/duration.ts';
import type { ExperimentInput } from '../../src/domain/experiment.ts';
import { guardrailsOf } from '../../src/domain/guardrails-of.ts';
import type { Configuration } from '../../src/domain/orchestrator-wire.ts';
import type { ServiceSettings } from '../../src/domain/service-settings.ts';
import { gatewayTargetOf } from '../../src/domain/supporting-target.ts';
import type { LeaseHolder } from '../../src/ports/stores.ts';
import type { ExperimentPlan, Weights } from '../../src/state/experiment/index.ts';
import type { LeasedBy } from '../../src/state/rollout/index.ts';
import type { Baseline } from '../baseline.ts';
import { hashOf } from '../hash-of.ts';
import { summaryOf } from '../plan-rollout.ts';
import type { ActivityPorts } from '../ports.ts';
import type { AskedArm } from './arms-of.ts';

/** Renewals come at least this often, and at least so many in a lease: one that is lost takes no arms away. */
const LONGEST_TICK_MS = 300_000;
const TICKS_IN_LEASE = 4;

/** Digits of a salt: as many experiments as a service will ever run get another one each. */
const SALT_DIGITS = 12;
const SEED_DIGITS = 8;

export interface PlanPieces {
  readonly input: ExperimentInput;
  readonly settings: ServiceSettings;
  readonly stable: Configuration;
  readonly arms: readonly AskedArm[];
  readonly baseline: Baseline;
  readonly leasedBy: LeasedBy;
  readonly holder: LeaseHolder;
  readonly requestedBy: string;
  readonly nowMs: number;
}

/**
 * The generation comes with the lease: it is 0 here.
 * @throws RangeError naming what cannot be sized or judged, such as `baseline.quality.mean` or `allocation`
 */
export function experimentPlanOf(ports: Pick<ActivityPorts, 'hash'>, of: PlanPieces): ExperimentPlan {
  const { input, settings, arms, baseline, holder } = of;
  const { experiment, change, quality, rollout } = settings;
  const primary = input.primary ?? 'quality';
  const analysis = input.analysis ?? 'anytime';
  const allocation = input.allocation ?? experiment.allocation;
  const lookMs = durationMs(input.look ?? experiment.look);
  const leaseMs = durationMs(experiment.lease);
  const blockMs = durationMs(rollout.block);
  const ids = arms.map(({ id }) => id);
  const weights = weightsOf(input, ids);
  const sizing = planSizing(sizingInput(of, { primary, analysis, weights, ids }));
  const identity = ports.hash(`${holder.workflowId}/${holder.firstRunId}`);
  const graded = isGraded(settings);
  return {
    version: 1,
    serviceId: input.serviceId,
    name: input.name,
    hypothesis: input.hypothesis ?? '',
    generation: 0,
    table: 2,
    target: gatewayTargetOf(settings, of.leasedBy),
    unit: settings.unit,
    salt: identity.slice(0, SALT_DIGITS),
    arms: arms.map(({ id, body, change: changed }) => ({
      id,
      hash: hashOf(ports, body),
      summary: changed === null ? 'as it is' : summaryOf(of.stable, changed),
    })),
    stableHash: hashOf(ports, of.stable),
    primary,
    analysis,
    design: designOf({
      primary,
      analysis,
      allocation,
      arms: ids,
      guardrails: guardrailsOf(settings, baseline.latencyP95Ms),
      graded,
      nFixPerArm: sizing.nFixPerArm,
      capPerArm: sizing.capPerArm,
      alpha: input.alpha ?? experiment.alpha,
    }),
    allocation: {
      kind: allocation,
      weights,
      floor: input.floor ?? experiment.floor,
      ...(input.caps && { caps: input.caps }),
    },
    ramp: rampOf(input, settings),
    forced: input.forced ?? {},
    budget: { usd: input.budget?.usd ?? null, regret: input.budget?.regret ?? null },
    sizing,
    criteria: {
      minImprovementPct: input.minImprovementPct ?? experiment.minImprovementPct,
      minCostReductionPct: input.minCostReductionPct ?? experiment.minCostReductionPct,
    },
    minSamples: input.minSamples ?? experiment.minSamples,
    seed: Number.parseInt(identity.slice(0, SEED_DIGITS), 16),
    forcedStart: input.force === true,
    approval: approvalOf(input, settings),
    approvalTimeoutMs: durationMs(change.approvalTimeout),
    graduate: input.graduate ?? true,
    ...gridOf(lookMs, leaseMs),
    leaseMs,
    blockMs,
    foldMs: foldMsOf(sizing, { blockMs, lookMs }),
    matureAfterMs: durationMs(quality.matureAfter),
    maxDurationMs: durationMs(input.maxDuration ?? experiment.maxDuration),
    notify: settings.notify,
    requestedBy: of.requestedBy,
    reason: input.reason ?? 'asked for',
    admittedAtMs: of.nowMs,
  };
}

/** Labels that are marks between 0 and 1, and not good or bad. */
export function isGraded({ metrics, quality }: ServiceSettings): boolean {
  return metrics.find(({ name }) => name === quality.name)?.kind === 'bounded';
}

/** Per cents of units that take part; what is held out takes part at no step. */
export function rampOf(
  { ramp, rampEvery, holdoutPct, look }: ExperimentInput,
  { experiment }: ServiceSettings,
): ExperimentPlan['ramp'] {
  const most = 100 - (holdoutPct ?? experiment.holdoutPct);
  return { exposedPct: ramp ?? [most], everyMs: durationMs(rampEvery ?? look ?? experiment.look) };
}

/** What was typed need not sum to 1 to the last bit; what goes over the wire does. */
function weightsOf({ weights }: ExperimentInput, ids: readonly string[]): Weights {
  const asked = ids.map((id) => weights?.[id] ?? 1 / ids.length);
  const sum = asked.reduce((total, weight) => total + weight, 0);
  return Object.fromEntries(ids.map((id, i) => [id, (asked[i] ?? 0) / sum]));
}

/** Ticks of whole milliseconds, and each look on one of them. A look that nothing near divides becomes longer by its rounding. */
export function gridOf(lookMs: number, leaseMs: number): Pick<ExperimentPlan, 'tickMs' | 'lookMs'> {
  const fewest = Math.ceil(lookMs / Math.min(LONGEST_TICK_MS, leaseMs / TICKS_IN_LEASE));
  const counts = Array.from({ length: fewest + 1 }, (_, i) => fewest + i);
  const ticks = counts.find((count) => lookMs % count === 0) ?? fewest;
  const tickMs = Math.ceil(lookMs / ticks);
  return { tickMs, lookMs: ticks * tickMs };
}

/** Nobody may ask for less approval than the service wants of every change. */
function approvalOf(
  { approval = 'none' }: ExperimentInput,
  { change }: ServiceSettings,
): ExperimentPlan['approval'] {
  const start =
    approval === 'beforeStart' ||
    approval === 'both' ||
    change.approval === 'beforeStart' ||
    change.approval === 'perStep';
  const graduation =
    approval === 'beforeGraduation' ||
    approval === 'both' ||
    change.approval === 'beforeLast' ||
    change.approval === 'perStep';
  if (start && graduation) return 'both';
  return start ? 'beforeStart' : graduation ? 'beforeGraduation' : 'none';
}

function sizingInput(
  { input, settings, baseline }: PlanPieces,
  of: Pick<SizingInput, 'primary' | 'analysis' | 'weights'> & { readonly ids: readonly string[] },
): SizingInput {
  const { experiment, quality, rollout } = settings;
  const sd = baseline.qualitySd ?? 0;
  return {
    primary: of.primary,
    analysis: of.analysis,
    arms: of.ids,
    weights: of.weights,
    baseline: {
      quality: { mean: baseline.quality ?? 0, ...(isGraded(settings) && { sd }) },
      costUsd: baseline.costUsd,
      labelsPerHour: baseline.labelsPerHour,
      errorRate: baseline.errorRate,
      unitsPerHour: baseline.unitsPerHour,
    },
    minImprovementPct: input.minImprovementPct ?? experiment.minImprovementPct,
    minCostReductionPct: input.minCostReductionPct ?? experiment.minCostReductionPct,
    guardrails: guardrailsOf(settings, baseline.latencyP95Ms),
    ramp: rampOf(input, settings),
    alpha: input.alpha ?? experiment.alpha,
    power: input.power ?? experiment.power,
    minSamples: input.minSamples ?? experiment.minSamples,
    matureAfterMs: durationMs(quality.matureAfter),
    maxDurationMs: durationMs(input.maxDuration ?? experiment.maxDuration),
    unit: settings.unit,
    blockMs: durationMs(rollout.block),
  };
}
