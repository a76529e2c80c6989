/** What a service's stable configuration did before a rollout starts: read from the windows, frozen into the plan. */
import { wilsonInterval } from '../src/analysis/index.ts';
import type { LiveConfiguration } from '../src/domain/orchestrator-wire.ts';
import type { Metric, WindowStats } from '../src/domain/window.ts';
import { mergeStats, quantile } from '../src/math/index.ts';
import type { ServiceRecord } from '../src/ports/stores.ts';
import type { ActivityPorts } from './ports.ts';

/** The baseline is what the stable configuration did in at most this long before the start. */
const BASELINE_MS = 3_600_000;

/** Labels per hour are counted over at most this long. */
const RATE_MS = 600_000;

/** The same where all labels are to have come, and of units that are counted once an hour. */
const HOURLY_RATE_MS = 3_600_000;

/** Error probability of the interval whose cautious end is frozen. */
const BASELINE_ALPHA = 0.001;

/**
 * What the stable configuration did before the start. `frozen` is the cautious end of each rate's 99.9 % interval: a baseline
 * is an estimate, and a chance high of it must not make a healthy stable arm look fallen later.
 */
export interface Baseline {
  readonly frozen: { readonly quality: number | null; readonly errorRate: number | null };
  readonly quality: number | null;
  readonly errorRate: number | null;
  readonly latencyP95Ms: number | null;
  readonly labels: number;
  readonly labelsPerHour: number;
  /** Units with an answer, whether or not anybody labels it. */
  readonly unitsPerHour: number;
  /** Of single labels. Null without two of them. */
  readonly qualitySd: number | null;
  /** Per request, US dollars. */
  readonly costUsd: { readonly mean: number; readonly sd: number } | null;
}

/**
 * Every arm that served the stable configuration counts: just after a promotion that was the candidate. A product that nobody of ours
 * has promoted anything at knows no generation (0): then it is the recorded one, by which ingest tells its events.
 *
 * `matureAfterMs`: rates are counted over the hour whose labels have all come by then, for plans that last. Left out: over the last minutes, as things are
 * now; labels that are still to come are missing there. Sessions and users are new once an hour, hardly one in its last minutes: of them the whole
 * hour counts where that says more.
 */
export async function baselineOf(
  ports: ActivityPorts,
  service: ServiceRecord,
  {
    live,
    recordedGeneration,
    matureAfterMs,
  }: {
    readonly live: LiveConfiguration;
    readonly recordedGeneration: number;
    readonly matureAfterMs?: number;
  },
  nowMs: number,
): Promise<Baseline> {
  const { serviceId } = service;
  const generation = live.stable.generation === 0 ? recordedGeneration : live.stable.generation;
  const fromMs = Math.max(nowMs - BASELINE_MS, await backupUntilMs(ports, serviceId, generation));
  const range = { serviceId, generation, fromMs, toMs: nowMs };
  const [asStable, asCandidate, counted] = await Promise.all([
    ports.windows.summary({ ...range, arm: 'stable' }),
    ports.windows.summary({ ...range, arm: 'candidate' }),
    ratesOf(ports, service, nowMs, matureAfterMs),
  ]);
  const both = (metric: Metric): WindowStats | null => {
    const [a, b] = [asStable.unitFirst[metric], asCandidate.unitFirst[metric]];
    const stats = a && b ? mergeStats(a, b) : (a ?? b);
    return stats && stats.count > 0 ? stats : null;
  };
  const [quality, error, latency] = [both('quality'), both('error'), both('latencyMs')];
  const cost = both('costUsd');
  const costSd = cost && sdOf(cost);
  return {
    frozen: {
      quality: quality && wilsonInterval(quality.sum, quality.count, BASELINE_ALPHA).low,
      errorRate: error && wilsonInterval(error.sum, error.count, BASELINE_ALPHA).high,
    },
    quality: quality && quality.sum / quality.count,
    errorRate: error && error.sum / error.count,
    latencyP95Ms: latency?.sketch ? quantile(latency.sketch, 0.95) : null,
    labels: quality?.count ?? 0,
    labelsPerHour: counted.quality,
    unitsPerHour: Math.max(counted.quality, counted.error),
    qualitySd: quality && sdOf(quality),
    costUsd: cost && costSd !== null ? { mean: cost.sum / cost.count, sd: costSd } : null,
  };
}

interface RateStretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What rates are counted over, the first one in which anything came: a service may have been adopted, or have got its traffic, since its labels matured. */
export function rateStretches(
  nowMs: number,
  adoptedAtMs: number,
  matureAfterMs: number | undefined,
): readonly RateStretch[] {
  const recent = { fromMs: Math.max(nowMs - RATE_MS, adoptedAtMs), toMs: nowMs };
  if (matureAfterMs === undefined) return [recent];
  const toMs = nowMs - matureAfterMs;
  const fromMs = Math.max(toMs - HOURLY_RATE_MS, adoptedAtMs);
  return toMs - fromMs < RATE_MS ? [recent] : [{ fromMs, toMs }, recent];
}

interface Rates {
  readonly quality: number;
  readonly error: number;
}

async function ratesOf(
  ports: Pick<ActivityPorts, 'windows'>,
  { serviceId, settings, adoptedAtMs }: ServiceRecord,
  nowMs: number,
  matureAfterMs: number | undefined,
): Promise<Rates> {
  const stretches = rateStretches(nowMs, adoptedAtMs ?? 0, matureAfterMs);
  let rates: Rates = { quality: 0, error: 0 };
  for (const stretch of stretches) {
    rates = await ratesOver(ports, serviceId, stretch);
    if (rates.quality > 0) break;
  }
  if (matureAfterMs !== undefined || settings.unit === 'request') return rates;
  const fromMs = Math.max(nowMs - HOURLY_RATE_MS, adoptedAtMs ?? 0);
  const hourly = await ratesOver(ports, serviceId, { fromMs, toMs: nowMs });
  return {
    quality: Math.max(rates.quality, hourly.quality),
    error: Math.max(rates.error, hourly.error),
  };
}

/** First outcomes per hour, whatever generation answered. */
async function ratesOver(
  { windows }: Pick<ActivityPorts, 'windows'>,
  serviceId: string,
  { fromMs, toMs }: RateStretch,
): Promise<Rates> {
  const range = { serviceId, generation: null, fromMs, toMs };
  const arms = await Promise.all([
    windows.summary({ ...range, arm: 'stable' }),
    windows.summary({ ...range, arm: 'candidate' }),
  ]);
  const perHour = (metric: Metric): number => {
    const count = arms.reduce((sum, arm) => sum + (arm.unitFirst[metric]?.count ?? 0), 0);
    return (count * 3_600_000) / Math.max(1_000, toMs - fromMs);
  };
  return { quality: perHour('quality'), error: perHour('error') };
}

/** Null without two observations. */
function sdOf({ count, sum, sumOfSquares }: WindowStats): number | null {
  return count < 2 ? null : Math.sqrt(Math.max(0, (sumOfSquares - (sum * sum) / count) / (count - 1)));
}

/** A rollout that was on the backup route served another model under its own generation: nothing until then counts. */
async function backupUntilMs(
  ports: Pick<ActivityPorts, 'rollouts'>,
  serviceId: string,
  generation: number,
): Promise<number> {
  const rollout = (await ports.rollouts.list(serviceId)).find((each) => each.generation === generation);
  const kept = (rollout?.state ?? {}) as Readonly<Record<string, unknown>>;
  return typeof kept['backupUntilMs'] === 'number' ? kept['backupUntilMs'] : 0;
}
