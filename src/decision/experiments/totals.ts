/** What each arm has brought so far, added up window by window: for people, budgets and allocation. No verdict rests on it. */
import type { WindowStats } from '../../domain/window.ts';
import { quantile } from '../../math/ddsketch.ts';
import { meanOf } from '../../math/window-stats.ts';
import type { ExperimentArmWindow, ExperimentWindow } from '../../domain/experiment-window.ts';
import type { ArmTotals, WeighedPair } from '../../state/experiment/index.ts';

export type Totals = Readonly<Record<string, ArmTotals>>;

const mean = (stats: WindowStats | undefined): number | null => (stats === undefined ? null : meanOf(stats));

const p95Of = (stats: WindowStats | undefined): number | null =>
  stats?.sketch == null || stats.count === 0 ? null : quantile(stats.sketch, 0.95);

/** Money, errors and latency are of every request; quality is of the first label of each unit. */
const ofWindow = ({ unitFirst, all, exposures }: ExperimentArmWindow): ArmTotals => ({
  exposures,
  labels: unitFirst.quality?.count ?? 0,
  requests: Math.max(0, ...Object.values(all).map(({ count }) => count)),
  qualityMean: mean(unitFirst.quality),
  errorRate: mean(all.error),
  costUsdPerRequest: mean(all.costUsd),
  latencyP95Ms: p95Of(all.latencyMs),
});

/** Each arm of one window. Of a window over the whole experiment these are exact; those that looks add up have a latency that is not. */
export const totalsOfWindow = ({ arms }: ExperimentWindow): Totals =>
  Object.fromEntries(Object.entries(arms).map(([arm, window]) => [arm, ofWindow(window)]));

const weighted = (a: number | null, nA: number, b: number | null, nB: number): number | null => {
  if (a === null || nA === 0) return b ?? a;
  if (b === null || nB === 0) return a;
  return a + (b - a) * (nB / (nA + nB));
};

/** Means weighted by what they are of. A p95 of two windows is taken as the mean of both by requests, as no sketch is kept: close while traffic is even. */
const merged = (a: ArmTotals, b: ArmTotals): ArmTotals => {
  const byRequests = (field: 'errorRate' | 'costUsdPerRequest' | 'latencyP95Ms'): number | null =>
    weighted(a[field], a.requests, b[field], b.requests);
  return {
    exposures: a.exposures + b.exposures,
    labels: a.labels + b.labels,
    requests: a.requests + b.requests,
    qualityMean: weighted(a.qualityMean, a.labels, b.qualityMean, b.labels),
    errorRate: byRequests('errorRate'),
    costUsdPerRequest: byRequests('costUsdPerRequest'),
    latencyP95Ms: byRequests('latencyP95Ms'),
  };
};

const NOTHING_BESIDE: WeighedPair = { weight: 0, control: 0, variant: 0 };
const NOTHING_COMPARED = { quality: NOTHING_BESIDE, costUsd: NOTHING_BESIDE };

const addPair = (
  before: WeighedPair,
  [a, nA]: readonly [number | null, number],
  [b, nB]: readonly [number | null, number],
): WeighedPair => {
  if (a === null || b === null || nA + nB === 0) return before;
  const weight = (nA * nB) / (nA + nB);
  return {
    weight: before.weight + weight,
    control: before.control + weight * a,
    variant: before.variant + weight * b,
  };
};

const besideOf = (
  before: ArmTotals['beside'],
  control: ArmTotals,
  variant: ArmTotals,
): NonNullable<ArmTotals['beside']> => {
  const of = (field: 'costUsdPerRequest' | 'latencyP95Ms') =>
    [
      [control[field], control.requests],
      [variant[field], variant.requests],
    ] as const;
  return {
    costUsd: addPair(before?.costUsd ?? NOTHING_BESIDE, ...of('costUsdPerRequest')),
    latencyMs: addPair(before?.latencyMs ?? NOTHING_BESIDE, ...of('latencyP95Ms')),
  };
};

/**
 * Whether an arm is compared from its first window on. One that a release before began is not: a few new labels would stand for all its answers. It keeps
 * its means over all to the end.
 */
const isCompared = (before: ArmTotals | undefined): boolean =>
  before === undefined || before.compared !== undefined;

const comparedOf = (
  { quality, costUsd }: NonNullable<ArmTotals['compared']> = NOTHING_COMPARED,
  control: ArmTotals | undefined,
  variant: ArmTotals | undefined,
): NonNullable<ArmTotals['compared']> => {
  if (control === undefined || variant === undefined) return { quality, costUsd };
  return {
    quality: addPair(quality, [control.qualityMean, control.labels], [variant.qualityMean, variant.labels]),
    costUsd: addPair(
      costUsd,
      [control.costUsdPerRequest, control.requests],
      [variant.costUsdPerRequest, variant.requests],
    ),
  };
};

/**
 * The totals with one more window. With a window in which something else began to answer the comparison beside control starts anew, and that window, which
 * may hold both sides of the change, is not in it.
 */
export const addToTotals = (
  before: Totals,
  window: ExperimentWindow,
  { control, isNewPhase }: { readonly control: string; readonly isNewPhase: boolean },
): Totals => {
  const added = totalsOfWindow(window);
  const after: Record<string, ArmTotals> = { ...before };
  for (const [arm, one] of Object.entries(added)) {
    const had = after[arm];
    after[arm] = had === undefined ? one : { ...had, ...merged(had, one) };
  }
  for (const [arm, had] of Object.entries(after)) {
    if (arm === control) continue;
    const [ofControl, ofVariant] = [added[control], added[arm]];
    // What was lost is lost whatever answers: both sides of a change were served at the same time.
    const one = isCompared(before[arm])
      ? { ...had, compared: comparedOf(had.compared, ofControl, ofVariant) }
      : had;
    if (isNewPhase) after[arm] = { ...one, beside: { costUsd: NOTHING_BESIDE, latencyMs: NOTHING_BESIDE } };
    else if (ofControl && ofVariant)
      after[arm] = { ...one, beside: besideOf(one.beside, ofControl, ofVariant) };
    else after[arm] = one;
  }
  return after;
};
