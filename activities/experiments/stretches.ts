/**
 * Which stretches of exposure time a look folds: for each allocation the time since the last look, up to what has matured. Time between two
 * writes belongs to neither. Reads; folds nothing.
 */
import type { ExperimentWindow, ExperimentWindows } from '../../src/ports/experiments.ts';
import type { AllocationPeriod, ExperimentRunState } from '../../src/state/experiment/index.ts';

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly period: AllocationPeriod;
}

export interface PeriodWindow {
  readonly period: AllocationPeriod;
  readonly window: ExperimentWindow;
}

/** What has matured by `nowMs`, ending with a whole block, so that no observation falls between two looks. */
export function maturedToMs(
  { plan, foldedToMs }: Pick<ExperimentRunState, 'plan' | 'foldedToMs'>,
  nowMs: number,
): number {
  const maturedMs = nowMs - plan.matureAfterMs;
  return Math.max(foldedToMs, Math.floor(maturedMs / plan.blockMs) * plan.blockMs);
}

export function stretchesOf(
  { periods, foldedToMs }: Pick<ExperimentRunState, 'periods' | 'foldedToMs'>,
  toMs: number,
): readonly Stretch[] {
  return periods
    .map((period) => ({
      period,
      fromMs: Math.max(period.fromMs, foldedToMs),
      toMs: Math.min(period.toMs ?? Infinity, toMs),
    }))
    .filter((stretch) => stretch.fromMs < stretch.toMs);
}

/** Stretches in order, those in which nobody was exposed included: the core tells what to make of them. */
export async function windowsOf(
  { experimentWindows }: { readonly experimentWindows: ExperimentWindows },
  { serviceId, generation }: { readonly serviceId: string; readonly generation: number },
  stretches: readonly Stretch[],
): Promise<readonly PeriodWindow[]> {
  const windows: PeriodWindow[] = [];
  for (const { period, fromMs, toMs } of stretches) {
    const window = await experimentWindows.experimentWindow({ serviceId, generation, fromMs, toMs });
    windows.push({ period, window });
  }
  return windows;
}
