/** The table at the end of the first story: before and after, from the windows that ingest wrote. */
import Table from 'cli-table3';
import { newcombeInterval, wilsonInterval } from '../analysis/index.ts';
import type { ArmWindow } from '../domain/window.ts';
import { mergeStats, quantile } from '../math/index.ts';
import type { WindowStore } from '../ports/windows.ts';
import type { StepRecord } from '../state/rollout/index.ts';

/** What one generation did, whichever arm served it. */
export interface Served {
  readonly model: string;
  readonly generation: number;
  readonly requests: number;
  readonly labels: number;
  readonly successes: number;
  readonly costUsdPer1000: number | null;
  readonly latencyP95Ms: number | null;
}

/** Everything that a generation served since `fromMs`, as candidate and as stable. */
export async function servedBy(
  windows: WindowStore,
  of: {
    readonly serviceId: string;
    readonly generation: number;
    readonly model: string;
    readonly fromMs: number;
    readonly toMs: number;
  },
): Promise<Served> {
  const { model, ...range } = of;
  const [stable, candidate] = await Promise.all([
    windows.summary({ ...range, arm: 'stable' }),
    windows.summary({ ...range, arm: 'candidate' }),
  ]);
  const quality = merged(stable.all, candidate.all, 'quality');
  const error = merged(stable.all, candidate.all, 'error');
  const cost = merged(stable.all, candidate.all, 'costUsd');
  const latency = merged(stable.all, candidate.all, 'latencyMs');
  return {
    model,
    generation: of.generation,
    requests: error?.count ?? 0,
    labels: quality?.count ?? 0,
    successes: quality?.sum ?? 0,
    costUsdPer1000: cost && cost.count > 0 ? (1_000 * cost.sum) / cost.count : null,
    latencyP95Ms: latency?.sketch && latency.count > 0 ? quantile(latency.sketch, 0.95) : null,
  };
}

function merged(a: ArmWindow, b: ArmWindow, metric: keyof ArmWindow) {
  const [x, y] = [a[metric], b[metric]];
  return x && y ? mergeStats(x, y) : (x ?? y);
}

/** The table. Quality comes with its 95 % interval, and the difference with Newcombe's. */
export function storyTable(
  before: Served,
  after: Served,
  rollout: { readonly steps: readonly StepRecord[]; readonly looks: number; readonly historyEvents: number },
): string {
  const table = new Table({ head: ['', 'before', 'after'], style: { head: [], border: [] } });
  table.push(
    ['model', before.model, after.model],
    ['requests served', before.requests.toLocaleString('en'), after.requests.toLocaleString('en')],
    [
      'cost per 1,000 requests',
      usd(before.costUsdPer1000),
      `${usd(after.costUsdPer1000)}${savingOf(before, after)}`,
    ],
    ['quality (95 % interval)', qualityOf(before), qualityOf(after)],
    ['quality, difference', '', differenceOf(before, after)],
    ['p95 latency', ms(before.latencyP95Ms), ms(after.latencyP95Ms)],
    ['steps', '', rollout.steps.map((step) => `${step.weightPct} %: ${secondsOf(step)}`).join(', ')],
    ['looks, history events', '', `${rollout.looks}, ${rollout.historyEvents}`],
  );
  return table.toString();
}

function usd(value: number | null): string {
  return value === null ? 'unknown' : `$${value.toFixed(2)}`;
}

function ms(value: number | null): string {
  return value === null ? 'unknown' : `${(value / 1_000).toFixed(2)} s`;
}

function savingOf(before: Served, after: Served): string {
  if (before.costUsdPer1000 === null || after.costUsdPer1000 === null) return '';
  const changePct = 100 * (after.costUsdPer1000 / before.costUsdPer1000 - 1);
  return ` (${changePct > 0 ? '+' : ''}${changePct.toFixed(1)} %)`;
}

function qualityOf({ labels, successes }: Served): string {
  if (labels === 0) return 'unknown';
  const { low, high } = wilsonInterval(successes, labels);
  return `${(successes / labels).toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function differenceOf(before: Served, after: Served): string {
  if (before.labels === 0 || after.labels === 0) return 'unknown';
  const { difference, low, high } = newcombeInterval(
    { successes: before.successes, n: before.labels },
    { successes: after.successes, n: after.labels },
  );
  const points = (value: number) => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)}`;
  return `${points(difference)} points (${points(low)} to ${points(high)})`;
}

function secondsOf(step: StepRecord): string {
  return step.endedAtMs === null ? 'open' : `${Math.round((step.endedAtMs - step.startedAtMs) / 1_000)} s`;
}
