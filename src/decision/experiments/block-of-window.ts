/**
 * One allocation period of one look as a block of the analysis: first outcomes of units under the weights that were in force, first exposures, and how
 * many of those were labelled. It adds nothing up over periods, which would mix weights.
 */
import {
  metricBlockOfWindow,
  type ExperimentBlock,
  type ExperimentDesign,
  type MetricBlock,
  type MetricMargin,
  type MetricSpec,
} from '../../analysis/index.ts';
import type { ExperimentArmWindow, ExperimentWindow } from '../../domain/experiment-window.ts';
import type { Weights } from '../../state/experiment/index.ts';
import { isQuality, windowMetricOf } from './metrics.ts';

/** A window that lies within one period: the weights that were in force, and each single mark where quality is graded. */
export interface PeriodWindow {
  readonly window: ExperimentWindow;
  readonly weights: Weights;
  readonly scores?: Readonly<Record<string, readonly number[]>>;
}

interface Part {
  readonly metric: MetricSpec;
  readonly margin: MetricMargin | null;
}

const partsOf = ({ primary, guardrails }: ExperimentDesign): readonly Part[] => [
  { metric: primary, margin: null },
  ...guardrails.map(({ metric, margin }) => ({ metric, margin })),
];

const outcomesOf = (
  arm: string,
  { unitFirst }: ExperimentArmWindow,
  parts: readonly Part[],
  scores: PeriodWindow['scores'],
): Readonly<Record<string, MetricBlock>> => {
  const blocks: Record<string, MetricBlock> = {};
  for (const { metric, margin } of parts) {
    if (metric.kind === 'score' && isQuality(metric)) {
      blocks[metric.id] = { kind: 'scores', scores: scores?.[arm] ?? [] };
      continue;
    }
    const stats = unitFirst[windowMetricOf(metric)];
    if (stats !== undefined) blocks[metric.id] = metricBlockOfWindow(metric, stats, margin);
  }
  return blocks;
};

/**
 * The block of a period. Arms without a weight take no part, whatever arrived of them. `withOutcomes: false` keeps only what says how units were
 * split and labelled.
 * @throws TypeError naming `scores` where the design needs single marks and none are given; else as `metricBlockOfWindow`.
 */
export const blockOfWindow = (
  { window, weights, scores }: PeriodWindow,
  design: ExperimentDesign,
  {
    no,
    stage,
    withOutcomes,
  }: { readonly no: number; readonly stage: number; readonly withOutcomes: boolean },
): ExperimentBlock => {
  const parts = partsOf(design);
  if (scores === undefined && parts.some(({ metric }) => metric.kind === 'score')) {
    throw new TypeError('scores must be given for each period, as the design has graded quality');
  }
  const inForce = [design.control, ...design.variants].filter((arm) => (weights[arm] ?? 0) > 0);
  const seen = inForce.flatMap((arm) =>
    Object.hasOwn(window.arms, arm) ? [[arm, window.arms[arm]!] as const] : [],
  );
  return {
    no,
    stage,
    weights: Object.fromEntries(inForce.map((arm) => [arm, weights[arm]!])),
    exposures: Object.fromEntries(seen.map(([arm, { exposures }]) => [arm, exposures])),
    labelled: Object.fromEntries(
      seen.map(([arm, { exposures, labelled }]) => [arm, { exposures, labels: labelled }]),
    ),
    arms: withOutcomes
      ? Object.fromEntries(seen.map(([arm, one]) => [arm, outcomesOf(arm, one, parts, scores)]))
      : {},
  };
};
