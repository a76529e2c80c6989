/**
 * One experiment from its sizing to its end: planned, designed, judged and concluded by the functions that do it in production (`planSizing`, `designOf`,
 * `judgeLook`), and led by the product's own reducer and next action. Time is what the timers say; a write takes a second and a half.
 */
import { startExperiment } from '../../../src/analysis/index.ts';
import {
  designOf,
  foldMsOf,
  judgeLook,
  pieceMsOf,
  planSizing,
  type PeriodWindow,
} from '../../../src/decision/index.ts';
import type { AllocationKind, AnalysisKind } from '../../../src/domain/experiment.ts';
import type { GuardrailSpec } from '../../../src/domain/guardrail.ts';
import {
  EXPERIMENT_AS_EVENT,
  nextExperimentAction,
  reduceExperiment,
  startExperimentRun,
  type ExperimentEvent,
  type ExperimentPlan,
  type ExperimentRunState,
  type Weights,
} from '../../../src/state/experiment/index.ts';
import { ERROR_RATE, type World } from './world.ts';

export const LOOK_MS = 900_000;
/** Short enough that the fixed size has 27 of them where it is reached in .3 looks. */
const BLOCK_MS = 10_000;
const TAKES_MS = 1_500;
const START_MS = 1_800_000_000_000;

/** Looks until the fixed size is reached; the cap is then 45 of them away. */
const LOOKS_TO_FIXED = 20;
/** The longest duration: time for the cap, and for what chance makes slower. */
const LEAST_LOOKS = 60;
const BEYOND_THE_CAP = 1.1;

const guardrail = (
  id: 'quality' | 'errorRate',
  direction: 'increase' | 'decrease',
  margin: GuardrailSpec['margin'],
  required: boolean,
): GuardrailSpec => ({
  id,
  metric: id === 'quality' ? 'quality' : 'error',
  kind: 'rate',
  direction,
  margin,
  required,
  frozen: null,
});

/** Errors of 1 % that may rise by a point take some 2,500 requests per arm to prove, whatever the quality is: where they are required, they decide the size. */
const guardrailsWith = (errorsRequired: boolean): readonly GuardrailSpec[] => [
  guardrail('quality', 'increase', { kind: 'relative', pct: 5 }, true),
  guardrail('errorRate', 'decrease', { kind: 'absolute', points: 1 }, errorsRequired),
];

/** The product's own, where traffic follows the outcomes. */
const FLOOR = 0.05;

export interface Setting {
  readonly base: number;
  /** The difference that it is sized for, in shares. */
  readonly lift: number;
  readonly allocation: AllocationKind;
  readonly analysis?: AnalysisKind;
  readonly variants?: readonly string[];
  /** Whether a winner must be shown not to fail more often. */
  readonly errorsRequired?: boolean;
  /** Looks until the fixed size is reached; below 1 where much traffic comes. */
  readonly looksToFixed?: number;
  /** Alike when left out. */
  readonly weights?: Weights;
  readonly caps?: Weights;
}

/** A plan with every default of the product, and how fast units come: so that the fixed size takes 20 looks. */
export const planFor = ({
  base,
  lift,
  allocation,
  analysis = 'anytime',
  variants = ['variant'],
  errorsRequired = false,
  looksToFixed = LOOKS_TO_FIXED,
  weights: asked,
  caps,
}: Setting): { readonly plan: ExperimentPlan; readonly unitsPerMs: number } => {
  const guardrails = guardrailsWith(errorsRequired);
  const arms = ['control', ...variants];
  const weights: Weights = asked ?? Object.fromEntries(arms.map((arm) => [arm, 1 / arms.length]));
  const minImprovementPct = (100 * lift) / base;
  const sized = (unitsPerHour: number, maxDurationMs: number) =>
    planSizing({
      primary: 'quality',
      analysis,
      arms,
      weights,
      baseline: {
        quality: { mean: base },
        errorRate: ERROR_RATE,
        costUsd: null,
        labelsPerHour: unitsPerHour,
        unitsPerHour,
      },
      minImprovementPct,
      minCostReductionPct: 10,
      guardrails,
      ramp: { exposedPct: [100], everyMs: 0 },
      matureAfterMs: 0,
      maxDurationMs,
      blockMs: BLOCK_MS,
    });
  const { nFixPerArm, capPerArm } = sized(1, LOOK_MS);
  const unitsPerMs = (arms.length * nFixPerArm) / (looksToFixed * LOOK_MS);
  const looks = Math.max(LEAST_LOOKS, Math.ceil((BEYOND_THE_CAP * looksToFixed * capPerArm) / nFixPerArm));
  const maxDurationMs = looks * LOOK_MS;
  const sizing = sized(unitsPerMs * 3_600_000, maxDurationMs);
  const design = designOf({
    primary: 'quality',
    analysis,
    allocation,
    arms,
    guardrails,
    graded: false,
    nFixPerArm,
    capPerArm,
  });
  const plan: ExperimentPlan = {
    version: 1,
    serviceId: 'simulated',
    name: 'simulated',
    hypothesis: '',
    generation: 1,
    target: { driver: 'rest', url: 'http://127.0.0.1:1' },
    unit: 'user',
    salt: 'salt',
    arms: arms.map((id) => ({ id, hash: id, summary: id })),
    stableHash: 'control',
    primary: 'quality',
    analysis,
    design,
    allocation: {
      kind: allocation,
      weights,
      floor: allocation === 'fixed' ? 0 : FLOOR,
      ...(caps && { caps }),
    },
    ramp: { exposedPct: [100], everyMs: LOOK_MS },
    forced: {},
    budget: { usd: null, regret: null },
    sizing,
    criteria: { minImprovementPct: 5, minCostReductionPct: 10 },
    seed: 1,
    forcedStart: false,
    approval: 'none',
    approvalTimeoutMs: LOOK_MS,
    graduate: true,
    tickMs: LOOK_MS,
    lookMs: LOOK_MS,
    leaseMs: 3 * LOOK_MS,
    blockMs: BLOCK_MS,
    foldMs: foldMsOf(sizing, { blockMs: BLOCK_MS, lookMs: LOOK_MS }),
    matureAfterMs: 0,
    maxDurationMs,
    notify: [],
    requestedBy: 'simulation',
    reason: 'simulated',
    admittedAtMs: START_MS,
  };
  return { plan, unitsPerMs };
};

/** What has not been folded of each allocation period, up to now, in the blocks of the plan. */
const due = (
  { plan, periods, foldedToMs }: ExperimentRunState,
  nowMs: number,
  world: World,
): readonly PeriodWindow[] =>
  periods.flatMap(({ fromMs, toMs, weights }) => {
    const [from, to] = [Math.max(fromMs, foldedToMs), Math.min(toMs ?? nowMs, nowMs)];
    const pieceMs = pieceMsOf(plan.foldMs ?? to - from, to - from);
    return Array.from({ length: Math.max(0, Math.ceil((to - from) / pieceMs)) }, (_, i) => {
      const [start, end] = [from + i * pieceMs, Math.min(to, from + (i + 1) * pieceMs)];
      return { window: world.window(start, end, weights), weights };
    });
  });

const tick = (state: ExperimentRunState, nowMs: number, world: World): ExperimentEvent => {
  const { plan, periods } = state;
  const judged = judgeLook({
    plan,
    state,
    windows: due(state, nowMs, world),
    weights: periods.at(-1)!.weights,
    expired: nowMs >= (state.startedAtMs ?? nowMs) + plan.maxDurationMs,
  });
  return {
    kind: 'ticked',
    tick: {
      atMs: nowMs,
      live: 'ours',
      leaseExpiresAtMs: nowMs + plan.leaseMs,
      judged: { ...judged, evidenceHash: '' },
    },
  };
};

const MOST_STEPS = 100_000;

/** Plays until the experiment has ended, or is held (a broken split: only a person goes on from there). */
export const playExperiment = (plan: ExperimentPlan, world: World): ExperimentRunState => {
  let state = startExperimentRun(plan, startExperiment(plan.design));
  let nowMs = START_MS;
  const happens = (event: ExperimentEvent): void => void (state = reduceExperiment(state, event));
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    if (state.held !== null) return state;
    const action = nextExperimentAction(state, nowMs);
    switch (action.kind) {
      case 'finish':
        return state;
      case 'wait':
        nowMs = Math.max(nowMs, action.untilMs);
        break;
      case 'setArms': {
        happens({ kind: 'writeStarted', atMs: nowMs, arms: true });
        nowMs += TAKES_MS;
        const { weights, exposedPct } = action;
        happens({
          kind: 'armsSet',
          atMs: nowMs,
          weights,
          exposedPct,
          leaseExpiresAtMs: nowMs + plan.leaseMs,
        });
        break;
      }
      case 'tick':
        happens({ kind: 'writeStarted', atMs: nowMs });
        happens(tick(state, nowMs, world));
        break;
      case 'restore':
        happens({ kind: 'writeStarted', atMs: nowMs, arms: true });
        happens({ kind: 'restored', atMs: nowMs });
        break;
      case 'graduate':
        happens({ kind: 'graduated', atMs: nowMs, workflowId: 'rollout', runId: 'run' });
        break;
      case 'runOutOfTime':
        happens({ kind: 'timeRanOut', atMs: nowMs, conclusion: null });
        break;
      case 'takeArmsAway':
        happens({ kind: 'writeStarted', atMs: nowMs, arms: true });
        happens({ kind: 'armsTakenAway', atMs: nowMs });
        break;
      default:
        happens({ kind: EXPERIMENT_AS_EVENT[action.kind], atMs: nowMs });
    }
  }
  throw new RangeError('plan must end within its longest duration');
};
