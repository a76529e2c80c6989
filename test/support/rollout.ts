/** A rollout's plan, verdicts and looks for tests: whole, valid, and different only where a test says so. */
import { startEvidence, startShadowEvidence } from '../../src/analysis/index.ts';
import type {
  GuardrailOutcome,
  GuardrailSpec,
  GuardrailVerdict,
  StepVerdict,
} from '../../src/domain/guardrail.ts';
import type {
  Look,
  RolloutPlan,
  RolloutState,
  ShadowLook,
  ShadowPlan,
} from '../../src/state/rollout/index.ts';
import { startRollout } from '../../src/state/rollout/index.ts';

/** When every test rollout was admitted, ms since the Unix epoch. */
export const ADMITTED_AT_MS = Date.UTC(2026, 0, 5, 12);
export const MINUTE_MS = 60_000;

export const GUARDRAILS: readonly GuardrailSpec[] = [
  {
    id: 'quality',
    metric: 'quality',
    kind: 'rate',
    direction: 'increase',
    margin: { kind: 'relative', pct: 5 },
    required: true,
    frozen: null,
  },
  {
    id: 'cost',
    metric: 'costUsd',
    kind: 'mean',
    direction: 'decrease',
    margin: { kind: 'relative', pct: 10 },
    required: false,
    frozen: null,
  },
];

/** Four steps of fifteen minutes, a look a minute, and every other default of the contracts page. */
export const testPlan = (different: Partial<RolloutPlan> = {}): RolloutPlan => ({
  serviceId: 'support-bot',
  generation: 2,
  target: { driver: 'rest', url: 'http://127.0.0.1:1' },
  summary: 'model a -> b',
  stableHash: 'stable-hash',
  candidateHash: 'candidate-hash',
  stableGeneration: 1,
  steps: [5, 25, 50, 100],
  soakMs: 15 * MINUTE_MS,
  lookMs: MINUTE_MS,
  blockMs: MINUTE_MS,
  matureAfterMs: 0,
  leaseMs: 10 * MINUTE_MS,
  maxRolloutMs: 7 * 24 * 60 * MINUTE_MS,
  watchMs: 24 * 60 * MINUTE_MS,
  minSamples: 200,
  onInconclusive: 'hold',
  approval: 'none',
  approvalTimeoutMs: 24 * 60 * MINUTE_MS,
  guardrails: GUARDRAILS,
  constraints: {},
  labels: { needed: 1_000, perHour: 1_000, expectedMs: 60 * MINUTE_MS },
  requestedBy: 'ann',
  reason: 'cheaper',
  admittedAtMs: ADMITTED_AT_MS,
  ...different,
});

/** The state of a rollout that has just been admitted. */
export const admitted = (different: Partial<RolloutPlan> = {}): RolloutState => {
  const plan = testPlan(different);
  const shadow = plan.shadow && startShadowEvidence(plan.guardrails, false);
  return startRollout(plan, startEvidence(plan.guardrails, plan.steps), shadow);
};

const OUTCOMES: Readonly<Record<StepVerdict['outcome'], GuardrailOutcome>> = {
  healthy: 'pass',
  harm: 'harm',
  bothHurt: 'inconclusive',
  inconclusive: 'inconclusive',
  noData: 'noData',
};

/** A verdict whose required guardrail says the same; the advisory one never passes. */
export const testVerdict = (outcome: StepVerdict['outcome']): StepVerdict => ({
  outcome,
  reason: `quality says ${outcome}`,
  guardrails: GUARDRAILS.map((spec): GuardrailVerdict => ({
    id: spec.id,
    required: spec.required,
    outcome: spec.required ? OUTCOMES[outcome] : 'inconclusive',
    reason: 'as the test says',
    observed: { stable: 0.8, candidate: 0.8 },
    limit: 0.76,
    proof: 0.5,
    harm: 0,
    labels: { stable: 300, candidate: 300 },
    labelsNeeded: 0,
  })),
});

/** What a look found. Evidence stays what the state holds: the reducers only carry it. */
export const testLook = (
  state: RolloutState,
  atMs: number,
  outcome: StepVerdict['outcome'],
  live: Look['live'] = 'ours',
): Look => ({
  atMs,
  live,
  leaseExpiresAtMs: live === 'ours' ? atMs + state.plan.leaseMs : null,
  observedSharePct: 5,
  evidence: state.evidence,
  evidenceHash: `evidence-${state.looks + 1}`,
  foldedTo: state.foldedTo + 1,
  verdict: testVerdict(outcome),
});

/** A shadow of a fifth of the requests before the first step. */
export const SHADOW_PLAN: ShadowPlan = {
  copyPct: 20,
  minPairs: 200,
  maxCopies: null,
  only: false,
  judged: false,
  pairs: { needed: 400, perHour: 400, expectedMs: 60 * MINUTE_MS },
};

/** What a look at a shadow found; like `testLook`. */
export const testShadowLook = (
  state: RolloutState,
  atMs: number,
  outcome: StepVerdict['outcome'],
  live: ShadowLook['live'] = 'ours',
  gates: ShadowLook['gates'] = [],
): ShadowLook => ({
  atMs,
  live,
  leaseExpiresAtMs: live === 'ours' ? atMs + state.plan.leaseMs : null,
  evidence: state.shadow?.evidence ?? startShadowEvidence(state.plan.guardrails, false),
  evidenceHash: `pairs-${state.looks + 1}`,
  foldedTo: (state.shadow?.foldedTo ?? 0) + 1,
  verdict: testVerdict(outcome),
  gates,
});
