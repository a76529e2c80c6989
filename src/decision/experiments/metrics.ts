/** Which metric of the windows each metric of an experiment's design is. Maps; decides nothing. */
import type { MetricSpec } from '../../analysis/index.ts';
import type { Metric } from '../../domain/window.ts';

/**
 * Names in a design. `qualityLoss` is the quality as a guardrail beside the quality as what is to get better: the same labels, another
 * question.
 */
export type DesignMetric = 'quality' | 'qualityLoss' | 'errorRate' | 'latencyP95' | 'cost';

const WINDOW_METRIC: Readonly<Record<DesignMetric, Metric>> = {
  quality: 'quality',
  qualityLoss: 'quality',
  errorRate: 'error',
  latencyP95: 'latencyMs',
  cost: 'costUsd',
};

/** @throws RangeError naming `metric` for one that no window holds. */
export const windowMetricOf = ({ id }: Pick<MetricSpec, 'id'>): Metric => {
  const found = Object.hasOwn(WINDOW_METRIC, id) ? WINDOW_METRIC[id as DesignMetric] : undefined;
  if (found === undefined) {
    throw new RangeError(`metric must be one of ${Object.keys(WINDOW_METRIC).join(', ')}, got ${id}`);
  }
  return found;
};

export const isQuality = (metric: Pick<MetricSpec, 'id'>): boolean => windowMetricOf(metric) === 'quality';
