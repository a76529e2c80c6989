/** A running rollout in words: for the live view and for the plain line. Shows; decides nothing. */
import pc from 'picocolors';
import { formatDuration } from '../domain/duration.ts';
import type { GateReport } from '../domain/gate.ts';
import type { GuardrailVerdict } from '../domain/guardrail.ts';
import { pairsOf, type RolloutState, type StepProgress } from '../state/rollout/index.ts';
import { about } from './about.ts';

/** What the `state` query answers, as far as it is shown. */
export type RolloutView = Pick<
  RolloutState,
  | 'plan'
  | 'phase'
  | 'outcome'
  | 'stepIndex'
  | 'weightPct'
  | 'verdict'
  | 'observedSharePct'
  | 'soakEndsAtMs'
  | 'held'
  | 'paused'
  | 'looks'
  | 'shadow'
> & { readonly gates?: readonly GateReport[]; readonly progress?: readonly StepProgress[] };

/** What was planned before the start: labels needed, labels that arrive, and the finish that follows. */
export function planOf({ plan }: Pick<RolloutView, 'plan'>): string {
  const { needed, perHour, expectedMs } = plan.labels;
  const { strategy = 'canary' } = plan;
  const how = strategy === 'canary' ? '' : `${strategy}, `;
  const steps = `${how}${plan.steps.map((step) => `${step} %`).join(' > ')}`;
  if (strategy === 'immediate') return `Plan: ${steps}; nothing is judged before the promotion.`;
  if (needed === null || expectedMs === null)
    return `Plan: ${steps}; how many labels it takes cannot be told yet.`;
  const labels = `about ${needed.toLocaleString('en')} labelled requests, ${perHour.toLocaleString('en')} an hour arrive`;
  return `Plan: ${steps}; ${labels}: some ${formatDuration(Math.ceil(expectedMs / 1_000) * 1_000)}.`;
}

/** One line: step, weight, labels, each guardrail's evidence in per cent of what is needed, and what is furthest behind. */
export function plainRollout(view: RolloutView, nowMs: number): string {
  if (view.phase === 'shadowing') return `  ${shadowLine(view)}`;
  const { plan, verdict } = view;
  const step = `step ${view.stepIndex + 1}/${plan.steps.length} at ${view.weightPct} %`;
  if (!verdict) return `  ${step}: ${view.phase}, first look to come`;
  const proof = verdict.guardrails.map(evidencePct).join(', ');
  const slowest = furthestBehind(verdict.guardrails);
  const behind = slowest ? `; ${slowest.reason}` : '';
  return `  ${step}: ${labelsOf(view, verdict.guardrails, nowMs)}, ${soakOf(view, nowMs)}; evidence ${proof}${behind}`;
}

/** "shadow of 20 % of the requests: 143 of about 400 pairs". */
function shadowLine({ plan, verdict, shadow }: RolloutView): string {
  const of = `shadow of ${plan.shadow?.copyPct ?? 0} % of the requests`;
  if (!verdict) return `${of}: ${shadow?.setAtMs ? 'first look to come' : 'being set'}`;
  const open = verdict.guardrails.filter((g) => g.required && g.outcome !== 'pass');
  const pairs = pairsOf({ verdict });
  const left = open.some((g) => g.labelsNeeded === null)
    ? Math.max(0, (plan.shadow?.pairs.needed ?? 0) - pairs)
    : Math.max(0, ...open.map((g) => g.labelsNeeded ?? 0));
  const about =
    left > 0 ? `${pairs} of about ${(pairs + left).toLocaleString('en')} pairs` : `${pairs} pairs`;
  const behind = furthestBehind(verdict.guardrails);
  const evidence = verdict.guardrails.map(evidencePct).join(', ');
  return `${of}: ${about}; evidence ${evidence}${behind ? `; ${behind.reason}` : ''}`;
}

function evidencePct(guardrail: GuardrailVerdict): string {
  const harmed = guardrail.outcome === 'harm';
  const share = guardrail.outcome === 'pass' ? 1 : harmed ? guardrail.harm : guardrail.proof;
  return `${guardrail.id} ${Math.round(100 * share)} %${harmed ? ' of harm' : ''}`;
}

/** Several lines: the same, and each guardrail's evidence as a bar. */
export function liveRollout(view: RolloutView, nowMs: number): string[] {
  const { plan, verdict } = view;
  const stopped = view.paused ?? view.held;
  const head = [
    `  ${pc.bold(plan.summary)}`,
    view.phase === 'shadowing'
      ? `  ${shadowLine(view)}`
      : `  step ${view.stepIndex + 1} of ${plan.steps.length} (${plan.steps.map((step, i) => (i === view.stepIndex ? pc.bold(`${step} %`) : pc.dim(`${step} %`))).join(' > ')}), ${view.phase}, ${soakOf(view, nowMs)}`,
  ];
  if (stopped) head.push(pc.yellow(`  stopped by ${stopped.by}: ${stopped.reason}`));
  if (!verdict) return [...head, pc.dim('  first look to come')];
  if (view.phase === 'shadowing') return [...head, ...verdict.guardrails.map(guardrailLine)];
  return [
    ...head,
    `  ${labelsOf(view, verdict.guardrails, nowMs)}`,
    ...verdict.guardrails.map(guardrailLine),
  ];
}

function guardrailLine(guardrail: GuardrailVerdict): string {
  const harmed = guardrail.outcome === 'harm';
  const bar = meter(harmed ? guardrail.harm : guardrail.proof);
  const colour = harmed ? pc.red : guardrail.outcome === 'pass' ? pc.green : pc.cyan;
  const name = `${guardrail.id}${guardrail.required ? '' : ' (advisory)'}`.padEnd(16);
  return `  ${name} ${colour(bar)} ${guardrail.reason}`;
}

function meter(share: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, share)) * 20);
  return `${'#'.repeat(filled)}${'.'.repeat(20 - filled)}`;
}

function labelsOf({ progress }: RolloutView, guardrails: readonly GuardrailVerdict[], nowMs: number): string {
  const quality = guardrails.find((g) => g.id === 'quality') ?? guardrails[0];
  if (!quality) return 'no labels';
  const open = guardrails.filter((g) => g.required && g.outcome !== 'pass' && g.labelsNeeded !== null);
  const left = Math.max(0, ...open.map((g) => g.labelsNeeded ?? 0));
  const have = quality.labels.candidate;
  const lastMs = Math.max(0, ...(progress ?? []).map(({ expectedAtMs }) => expectedAtMs ?? 0));
  const some = lastMs > nowMs ? `, some ${about(lastMs - nowMs)}` : '';
  return left > 0
    ? `${have} of about ${have + left} labels of the candidate${some}`
    : `${have} labels of the candidate`;
}

function soakOf(view: RolloutView, nowMs: number): string {
  const waiting = view.gates?.find((gate) => gate.outcome === 'waiting');
  if (view.soakEndsAtMs === null) {
    return view.phase === 'soaking'
      ? `soak not begun: ${waiting?.reason ?? 'first look to come'}`
      : 'applying';
  }
  const leftS = Math.ceil((view.soakEndsAtMs - nowMs) / 1_000);
  if (leftS > 0) return `soak ends in ${leftS} s`;
  return waiting ? `soaked, waiting: ${waiting.reason}` : 'soaked';
}

function furthestBehind(guardrails: readonly GuardrailVerdict[]): GuardrailVerdict | undefined {
  const required = guardrails.filter((g) => g.required);
  return (
    required.find((g) => g.outcome === 'harm') ??
    required.filter((g) => g.outcome !== 'pass').sort((a, b) => a.proof - b.proof)[0]
  );
}
