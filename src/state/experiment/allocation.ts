/**
 * Who is to get which arm: what is in force, what is asked for, and what may be asked for. Weights come from the plan, from a person or from
 * the core that judges; nothing here works any out.
 */
import { isSameAllocation } from './periods.ts';
import {
  isStopped,
  type Allocation,
  type ExperimentPlan,
  type ExperimentRunState,
  type Weights,
} from './state.ts';

/** Sums of weights that went through JSON and a division. */
const SUM_TOLERANCE = 1e-9;

type Shares = Pick<Allocation, 'weights' | 'exposedPct'>;

/** What was read back last; as planned before anything was. */
export function inForce({ plan, periods, ramp }: ExperimentRunState): Allocation {
  const last = periods.at(-1);
  if (last) return { weights: last.weights, exposedPct: last.exposedPct, by: 'optimizer', why: last.why };
  const exposedPct = plan.ramp.exposedPct[ramp.index] ?? 0;
  return { weights: plan.allocation.weights, exposedPct, by: plan.requestedBy, why: 'as planned' };
}

/** What is to be in force: what is in force, unless something else is asked for. */
export function asked(state: ExperimentRunState): Allocation {
  return state.wanted ?? inForce(state);
}

/** The state that asks for it. What it does not say stays as it is asked for already. */
export function askFor(
  state: ExperimentRunState,
  change: {
    readonly weights?: Weights;
    readonly exposedPct?: number;
    readonly by: string;
    readonly why: string;
  },
): ExperimentRunState {
  const wanted = { ...asked(state), ...change };
  const isLive = state.served === 'yes' && isSameAllocation(wanted, inForce(state));
  return { ...state, wanted: isLive ? null : wanted };
}

/** What is wrong with weights, null when nothing is. Every arm is named, control and at least one variant get something. */
export function weightsProblem({ arms }: ExperimentPlan, weights: Weights): string | null {
  const known = arms.map(({ id }) => id);
  const unknown = Object.keys(weights).filter((arm) => !known.includes(arm));
  const missing = known.filter((arm) => !Object.hasOwn(weights, arm));
  if (unknown.length > 0 || missing.length > 0) {
    return `weights: ${Object.keys(weights).join(', ') || 'nothing'} is given, expected the arms ${known.join(', ')}`;
  }
  const shares = known.map((arm) => weights[arm] ?? 0);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (!shares.every((share) => share >= 0) || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    return `weights: a sum of ${sum} is given, expected shares of 0 to 1 that sum to 1`;
  }
  const [control = 0, ...variants] = shares;
  return control > 0 && variants.some((share) => share > 0)
    ? null
    : `weights: ${known.map((arm) => `${arm} ${weights[arm] ?? 0}`).join(', ')} is given, expected more than 0 for ${known[0] ?? 'control'} and for a variant`;
}

/** An experiment that is stopped, or whose winner waits, only gets less exposure; who gets which arm of it stays. */
export function mayWrite(state: ExperimentRunState, allocation: Allocation): boolean {
  return !mayNotRaise(state) || onlyFalls(inForce(state), allocation);
}

/** While nothing may be changed, everything that is asked for waits but less exposure: that needs nobody's leave. */
export function waitsForStandstill(state: ExperimentRunState, allocation: Shares): boolean {
  return (state.standstill ?? null) !== null && !onlyFalls(inForce(state), allocation);
}

/** Whether an allocation only takes exposure away from another, or is the same. */
export function onlyFalls(from: Shares, to: Shares): boolean {
  return to.exposedPct <= from.exposedPct && isSameAllocation(to, { ...from, exposedPct: to.exposedPct });
}

/** What the next write of the arms serves: what was in force, again, unless what is asked for may be written. */
export function toWrite(state: ExperimentRunState): Allocation {
  const { wanted } = state;
  return wanted && mayWrite(state, wanted) ? wanted : inForce(state);
}

/** With the shares that a write which begins now serves, unless it takes the arms away. */
export function withUnread(state: ExperimentRunState): ExperimentRunState {
  const { unread = [], served } = state;
  if (!wantsArms(state) || (isStopped(state) && served !== 'yes')) return state;
  const { weights, exposedPct } = toWrite(state);
  const isKnown = unread.some((shares) => isSameAllocation(shares, { weights, exposedPct }));
  return isKnown ? state : { ...state, unread: [...unread, { weights, exposedPct }] };
}

/** Arms were served once, and a write since was left halfway. */
export function isUnsettled({ served, startedAtMs }: ExperimentRunState): boolean {
  return served === 'unknown' && startedAtMs !== null;
}

export function mayNotRaise(state: ExperimentRunState): boolean {
  return isStopped(state) || state.phase === 'awaitingGraduation';
}

/** Whether the arms are to be served at all. */
export function wantsArms({ phase, paused, held }: ExperimentRunState): boolean {
  const serves = phase === 'starting' || phase === 'running' || phase === 'awaitingGraduation';
  return serves && paused === null && held?.armsAway !== true;
}

/** "control 50 %, concise 50 %, of 20 % of the units". */
export function allocationText({ weights, exposedPct }: Pick<Allocation, 'weights' | 'exposedPct'>): string {
  const shares = Object.entries(weights).map(
    ([arm, share]) => `${arm} ${Number((100 * share).toFixed(2))} %`,
  );
  return `${shares.join(', ')}, of ${exposedPct} % of the units`;
}
