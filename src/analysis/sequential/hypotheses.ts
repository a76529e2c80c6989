/**
 * Which null hypothesis each question of an experiment is, in the terms of the three kinds of test. Nothing is tested here.
 * A margin's boundary is written b = factor * a + shift, with a the control and b the variant.
 */
import type { TlgNull } from '../tlg.ts';
import type { ExperimentDesign, MetricMargin, MetricSpec } from './design.ts';

/**
 * `superiority` of the primary metric; per guardrail `nonInferiority` (worse by the margin is ruled out) and `harm` (it is proven), by the watch
 * that starts anew and by the one that does not (`longHarm`).
 */
export type Question = 'superiority' | 'nonInferiority' | 'harm' | 'longHarm';

export const isHarm = (question: Question): boolean => question === 'harm' || question === 'longHarm';

/** The boundary of a question and the side that evidence is collected for. */
export interface Boundary {
  readonly factor: number;
  readonly shift: number;
  readonly side: 'two' | 'greater' | 'less';
}

const EQUAL = { factor: 1, shift: 0 };

/** The boundary of "as good as control", in both directions or towards the good side only. */
export const superiorityBoundary = ({ primary, alternative }: ExperimentDesign): Boundary => {
  if (alternative === 'twoSided') return { ...EQUAL, side: 'two' };
  return { ...EQUAL, side: primary.direction === 'increase' ? 'greater' : 'less' };
};

const worstAllowed = (metric: MetricSpec, margin: MetricMargin): Pick<Boundary, 'factor' | 'shift'> => {
  const worse = metric.direction === 'increase' ? -1 : 1;
  if (margin.kind === 'absolute') return { factor: 1, shift: worse * margin.amount };
  // A tail's relative margin is in the variant's limit, so its shares are compared as they are.
  if (metric.kind === 'tail') return EQUAL;
  const factor = 1 + (worse * margin.pct) / 100;
  return metric.kind === 'mean' && metric.scale.kind === 'log'
    ? { factor: 1, shift: Math.log(factor) }
    : { factor, shift: 0 };
};

/** The boundary of a guardrail: evidence of non-inferiority points to the good side of it, evidence of harm to the bad one. */
export const guardrailBoundary = (
  metric: MetricSpec,
  margin: MetricMargin,
  question: Exclude<Question, 'superiority'>,
): Boundary => {
  const above = (metric.direction === 'increase') === (question === 'nonInferiority');
  return { ...worstAllowed(metric, margin), side: above ? 'greater' : 'less' };
};

/** In the terms of the block e-process. A boundary has a factor or a shift, never both. */
export const tlgNullOf = ({ factor, shift, side }: Boundary): TlgNull =>
  factor === 1 ? { kind: 'absolute', margin: shift, side } : { kind: 'relative', margin: factor, side };
