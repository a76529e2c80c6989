/** An experiment's plan, ticks and looks for tests: whole, valid, and different only where a test says so. */
import { startExperiment } from '../../src/analysis/index.ts';
import type {
  ExperimentOutcome as VerdictOutcome,
  ExperimentVerdict,
  VariantLook,
} from '../../src/analysis/sequential/verdict.ts';
import {
  startExperimentRun,
  type ArmTotals,
  type ExperimentConclusion,
  type ExperimentFinding,
  type ExperimentPlan,
  type ExperimentRunState,
  type ExperimentTick,
  type JudgedLook,
} from '../../src/state/experiment/index.ts';

/** When every test experiment was admitted, ms since the Unix epoch. */
export const ADMITTED_AT_MS = Date.UTC(2026, 0, 5, 12);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const EVIDENCE = startExperiment({
  control: 'control',
  variants: ['concise', 'clear'],
  primary: { id: 'quality', kind: 'proportion', direction: 'increase' },
  guardrails: [
    {
      metric: { id: 'errorRate', kind: 'proportion', direction: 'decrease' },
      margin: { kind: 'absolute', amount: 0.01 },
      required: true,
    },
    {
      metric: { id: 'costUsd', kind: 'mean', direction: 'decrease', scale: { kind: 'log' } },
      margin: { kind: 'relative', pct: 10 },
      required: false,
    },
  ],
  nFixPerArm: 10_000,
});
const { design } = EVIDENCE;

/** Two variants beside the control, ticks of five minutes, looks of fifteen, and every other default of the contracts page. */
export const experimentPlan = (different: Partial<ExperimentPlan> = {}): ExperimentPlan => ({
  version: 1,
  table: 2,
  serviceId: 'support-bot',
  name: 'concise',
  hypothesis: 'shorter answers are as good and cheaper',
  generation: 2,
  target: { driver: 'rest', url: 'http://127.0.0.1:1' },
  unit: 'user',
  salt: 'salt',
  arms: [
    { id: 'control', hash: 'control-hash', summary: 'as it is' },
    { id: 'concise', hash: 'concise-hash', summary: 'systemPrompt changed' },
    { id: 'clear', hash: 'clear-hash', summary: 'systemPrompt changed' },
  ],
  stableHash: 'control-hash',
  primary: 'quality',
  analysis: 'anytime',
  design,
  allocation: { kind: 'fixed', weights: { control: 0.5, concise: 0.25, clear: 0.25 }, floor: 0 },
  ramp: { exposedPct: [100], everyMs: HOUR_MS },
  forced: {},
  budget: { usd: null, regret: null },
  sizing: {
    baseline: 0.7,
    minimumEffect: 0.035,
    nFixPerArm: 10_000,
    capPerArm: 22_500,
    labelsPerHour: 900,
    expectedMs: 2 * DAY_MS,
    capMs: 4 * DAY_MS,
    reachable: true,
    reason: 'as the test says',
  },
  criteria: { minImprovementPct: 5, minCostReductionPct: 10 },
  seed: 7,
  forcedStart: false,
  approval: 'none',
  approvalTimeoutMs: DAY_MS,
  graduate: true,
  tickMs: 5 * MINUTE_MS,
  lookMs: 15 * MINUTE_MS,
  leaseMs: 20 * MINUTE_MS,
  blockMs: MINUTE_MS,
  matureAfterMs: 0,
  maxDurationMs: 7 * DAY_MS,
  notify: [],
  requestedBy: 'ann',
  reason: 'cheaper',
  admittedAtMs: ADMITTED_AT_MS,
  ...different,
});

/** The state of an experiment that has just been admitted. */
export const experimentAdmitted = (different: Partial<ExperimentPlan> = {}): ExperimentRunState => {
  const plan = experimentPlan(different);
  return startExperimentRun(plan, plan.design === design ? EVIDENCE : startExperiment(plan.design));
};

const variantLook = (variant: string, outcome: VerdictOutcome, difference: number): VariantLook => ({
  variant,
  status: outcome === 'winner' && variant === 'concise' ? 'better' : 'undecided',
  reason: `${variant} says ${outcome}`,
  observed: { control: 0.7, variant: 0.7 + difference, difference, relative: difference / 0.7 },
  interval: { low: difference - 0.02, high: difference + 0.02, alpha: 0.05, stage: 0 },
  logE: 1,
  p: 0.5,
  pAdjusted: 0.5,
  labels: { control: 500, variant: 250 },
  labelsNeeded: 1_000,
  labelParity: null,
  guardrails: [
    {
      metric: 'errorRate',
      required: true,
      outcome:
        outcome === 'harm' && variant === 'clear' ? 'harm' : outcome === 'winner' ? 'pass' : 'inconclusive',
      reason: `${variant}'s errors`,
      observed: { control: 0.01, variant: 0.01, difference: 0, relative: 0 },
      interval: null,
      p: 0.5,
      harm: { logE: 0, limit: 5 },
      labels: { control: 500, variant: 250 },
    },
    {
      metric: 'costUsd',
      required: false,
      outcome: 'inconclusive',
      reason: `${variant}'s cost`,
      observed: { control: 0.01, variant: 0.008, difference: -0.002, relative: -0.2 },
      interval: null,
      p: 0.5,
      harm: { logE: 0, limit: 5 },
      labels: { control: 500, variant: 250 },
    },
  ],
});

/** `concise` leads, by three points. */
export const experimentVerdict = (outcome: VerdictOutcome): ExperimentVerdict => ({
  outcome,
  variant: outcome === 'winner' ? 'concise' : outcome === 'harm' ? 'clear' : null,
  reason: `the look says ${outcome}`,
  perVariant: [variantLook('concise', outcome, 0.03), variantLook('clear', outcome, 0.01)],
  sampleRatio: null,
});

export const experimentConclusion = (
  outcome: ExperimentConclusion['outcome'],
  variant: string | null = null,
): ExperimentConclusion => ({
  outcome,
  variant,
  sentence: `concluded: ${outcome}`,
  effect: variant === null ? null : { difference: 0.03, relative: 0.04, low: 0.01, high: 0.05 },
  costUsdPerRequest: null,
  latencyP95Ms: null,
  savedUsdPer1000Requests: null,
  cuped: null,
});

const totals = (labels: number, costUsdPerRequest: number): ArmTotals => ({
  exposures: labels,
  labels,
  requests: labels,
  qualityMean: 0.7,
  errorRate: 0.01,
  costUsdPerRequest,
  latencyP95Ms: 900,
});

/** What the look that a finding stands for says, and how it would conclude. */
const SAYS: Readonly<
  Record<
    Exclude<ExperimentFinding, 'tickFailed' | 'leaseLost' | 'renewed'>,
    readonly [VerdictOutcome, ExperimentConclusion | null]
  >
> = {
  harm: ['harm', experimentConclusion('harmed', 'clear')],
  budgetSpent: ['running', experimentConclusion('budgetSpent')],
  frozen: ['frozen', null],
  winner: ['winner', experimentConclusion('adopted', 'concise')],
  otherWinner: ['winner', experimentConclusion('adopted', 'clear')],
  timeUp: ['noDifference', experimentConclusion('expired')],
  controlKept: ['controlBetter', experimentConclusion('keptControl')],
  noDifference: ['noDifference', experimentConclusion('noDifference')],
  undecided: ['running', null],
};

export type Judged = keyof typeof SAYS;
export const JUDGED = Object.keys(SAYS) as readonly Judged[];

export const experimentLook = (
  state: ExperimentRunState,
  says: Judged,
  different: Partial<JudgedLook> = {},
): JudgedLook => {
  const [outcome, conclusion] = SAYS[says];
  return {
    evidence: state.evidence,
    evidenceHash: `evidence-${state.looks + 1}`,
    foldedToMs: state.foldedToMs + state.plan.lookMs,
    verdict: { ...experimentVerdict(outcome), ...(says === 'otherWinner' && { variant: 'clear' }) },
    totals: { control: totals(500, 0.01), concise: totals(250, 0.008), clear: totals(240, 0.01) },
    spent: { regret: 1, usd: 0.5 },
    providers: { signature: 'gpt-4o', phase: 0 },
    allocation: null,
    conclusion,
    ...different,
  };
};

/** A tick that finds this. */
export const experimentTick = (
  state: ExperimentRunState,
  atMs: number,
  finds: Exclude<ExperimentFinding, 'tickFailed'>,
  different: Partial<JudgedLook> = {},
): ExperimentTick => {
  const isLost = finds === 'leaseLost';
  return {
    atMs,
    live: isLost ? 'leaseLost' : 'ours',
    leaseExpiresAtMs: isLost ? null : atMs + state.plan.leaseMs,
    judged: isLost || finds === 'renewed' ? null : experimentLook(state, finds, different),
  };
};
