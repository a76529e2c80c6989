/** A person sets the weights, the exposed share, or both. What is written next follows; what may not be is refused as a whole. Pure. */
import type { Message } from '../messages.ts';
import { allocationText, askFor, asked, mayNotRaise, weightsProblem } from './allocation.ts';
import { logged, type ExperimentRunState } from './state.ts';

export type AllocationSet =
  | { readonly ok: true; readonly state: ExperimentRunState; readonly why: string }
  | { readonly ok: false; readonly why: string };

export function setAllocation(
  state: ExperimentRunState,
  { by, reason, weights, exposedPct }: Extract<Message, { readonly name: 'setAllocation' }>,
  atMs: number,
): AllocationSet {
  const problem = problemOf(state, weights, exposedPct);
  if (problem !== null) return { ok: false, why: problem };
  const next = askFor(state, {
    ...(weights && { weights }),
    ...(exposedPct !== undefined && { exposedPct }),
    by,
    why: reason,
  });
  const ramp = exposedPct === undefined ? state.ramp : { ...state.ramp, nextAtMs: null, isOver: true };
  const what = allocationText(asked(next));
  const notes = [
    ...(exposedPct === undefined || ramp.index === state.plan.ramp.exposedPct.length - 1
      ? []
      : ['the ramp is over: the share stays as set']),
    ...(weights && losesMeans(state)
      ? ['means can no longer be judged: their error probability is spent']
      : []),
  ];
  return {
    ok: true,
    state: logged({ ...next, ramp }, { atMs, what: 'allocation set', by, why: `${what}: ${reason}` }),
    why: [next.wanted ? `${what}, written next` : `${what}, as it is`, ...notes].join('; '),
  };
}

function problemOf(
  state: ExperimentRunState,
  weights: Readonly<Record<string, number>> | undefined,
  exposedPct: number | undefined,
): string | null {
  const { plan, phase } = state;
  if (phase === 'awaitingApproval') return 'the experiment waits for its approval: allocation is as planned';
  const stopped = state.paused ?? state.held;
  const why = stopped ? `stopped by ${stopped.by}: ${stopped.reason}` : 'a winner waits for approval';
  if (weights && mayNotRaise(state)) return `weights are not changed now: ${why}`;
  if (weights && plan.allocation.kind !== 'fixed')
    return `weights are set by ${plan.allocation.kind}: only exposedPct can be set by hand`;
  if (weights && plan.analysis === 'fixedHorizon')
    return 'weights are not changed under fixedHorizon: it is judged once, as one sample of the weights it was planned with';
  if (exposedPct !== undefined && mayNotRaise(state) && exposedPct > asked(state).exposedPct)
    return `exposedPct: ${exposedPct} is given, expected at most ${asked(state).exposedPct} now: ${why}`;
  return weights ? weightsProblem(plan, weights) : null;
}

/** Means may be judged in so many stretches of equal weights as the design says. */
function losesMeans({ plan, evidence }: ExperimentRunState): boolean {
  const { primary, guardrails, stages } = plan.design;
  const hasMeans = primary.kind === 'mean' || guardrails.some(({ metric }) => metric.kind === 'mean');
  return hasMeans && (evidence.stage?.no ?? 0) + 1 >= stages;
}
