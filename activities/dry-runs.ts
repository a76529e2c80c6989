/** Metrics that a service only wants shown: read over the present step, compared by the core. They never gate, and never fail a look. */
import { compareDryRun } from '../src/analysis/rollout/dry-run.ts';
import type { DryRunReport } from '../src/domain/dry-run.ts';
import type { RolloutState } from '../src/state/rollout/index.ts';
import type { ActivityPorts } from './ports.ts';

/**
 * One report per metric over the blocks of the present step up to `toNo`, under one weight: sums over a ramp with a drifting base rate
 * would show a difference between equal arms. Null for a rollout without such metrics.
 */
export async function dryRunsOf(
  ports: Pick<ActivityPorts, 'windows'>,
  { plan, steps, stepIndex, apart }: RolloutState,
  toNo: number,
): Promise<readonly DryRunReport[] | null> {
  const { metrics, serviceId, generation, blockMs } = plan;
  const startedAtMs = steps.findLast(({ index }) => index === stepIndex)?.startedAtMs;
  if (metrics === undefined || startedAtMs === undefined) return null;
  // Since the service was last on its backup model: that answered in the candidate's place.
  const sinceBackupNo = Math.max(0, ...(apart ?? []).map((range) => range.toNo + 1));
  const fromNo = Math.max(Math.ceil(startedAtMs / blockMs), sinceBackupNo);
  const names = metrics.map(({ name }) => name);
  const found =
    toNo < fromNo
      ? { stable: {}, candidate: {} }
      : await ports.windows.named({ serviceId, generation, blockMs, fromNo, toNo, names });
  const of = (arm: 'stable' | 'candidate', name: string) =>
    Object.entries(found[arm]).find(([key]) => key === name)?.[1];
  return metrics.map((metric) =>
    compareDryRun(metric, { stable: of('stable', metric.name), candidate: of('candidate', metric.name) }),
  );
}
