/** How far a step is, and what is only shown beside it, in words. Shows; decides nothing. */
import type { DryRunReport } from '../domain/dry-run.ts';
import type { GuardrailSpec, StepVerdict } from '../domain/guardrail.ts';
import type { ExperimentProgress } from '../state/experiment/index.ts';
import type { StepProgress } from '../state/rollout/index.ts';
import { about } from './about.ts';
import { betterOf, marginOf, unitName } from './guardrail-words.ts';

/** "143 of about 2,400 labels, some 6h". */
export function progressText({ labels, of, expectedAtMs, isTooLate }: StepProgress, nowMs: number): string {
  if (of === null) return `${count(labels)} labels, how many it takes cannot be told yet`;
  const have = `${count(labels)} of about ${count(of)} labels`;
  if (expectedAtMs === null) return `${have}, none arrives`;
  const left = expectedAtMs > nowMs ? `some ${about(expectedAtMs - nowMs)}` : 'due now';
  return `${have}, ${left}${isTooLate ? ', beyond the longest duration of the rollout' : ''}`;
}

/** "12,400 of at most 28,000 labels per arm, some 2d". */
export function experimentProgressText(
  { labels, of, expectedAtMs, isTooLate }: ExperimentProgress,
  nowMs: number,
): string {
  const have = `${count(labels)} of at most ${count(of)} labels per arm`;
  if (expectedAtMs === null) return `${have}, none arrives`;
  const left = expectedAtMs > nowMs ? `some ${about(expectedAtMs - nowMs)}` : 'due now';
  return `${have}, ${left}${isTooLate ? ', beyond the longest duration of the experiment' : ''}`;
}

/** One line per guardrail: what it allows, in which unit, and where it stands. */
export function guardrailLines(
  guardrails: readonly GuardrailSpec[],
  verdict: StepVerdict | null,
  progress: readonly StepProgress[],
  nowMs: number,
): readonly string[] {
  return guardrails.map((spec) => {
    const { id, required } = spec;
    const open = progress.find(({ guardrail }) => guardrail === id);
    const outcome = verdict?.guardrails.find((each) => each.id === id)?.outcome ?? 'no look yet';
    const stands = open ? `${outcome}, ${progressText(open, nowMs)}` : outcome;
    return `  ${id}: at most a ${marginOf(spec)} (${unitName(spec)}, ${betterOf(spec)} is better), ${required ? 'required' : 'advisory'}: ${stands}`;
  });
}

/** "groundedness 0.812 vs 0.805, +0.007 (-0.010 to +0.024), higher is better: no difference is told; 340 and 2,900 values". */
export function dryRunLine(report: DryRunReport): string {
  const { name, observed, difference, values, reason } = report;
  const pair = `${name} ${figure(observed.candidate)} vs ${figure(observed.stable)}`;
  const apart = difference
    ? `, ${signed(difference.estimate)} (${signed(difference.low)} to ${signed(difference.high)})`
    : '';
  return `  ${pair}${apart}, ${betterOf(report)} is better: ${reason}; ${count(values.candidate)} and ${count(values.stable)} values`;
}

const count = (value: number): string => value.toLocaleString('en');
const figure = (value: number | null): string =>
  value === null ? 'unknown' : String(Number(value.toPrecision(4)));
const signed = (value: number): string => `${value < 0 ? '' : '+'}${Number(value.toPrecision(3))}`;
