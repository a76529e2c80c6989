/**
 * The watch for harm on one guardrail of one variant: a process that starts anew beside one that goes on (`../long-watch.ts`). A sequence over means
 * cannot go on when the weights change, so there the long one is anew at each stage and stage j (from 1) may spend 6 / (pi^2 j^2) of its part.
 */
import { foldLongWatch, harmLevels, nearerLimit, type HarmReached } from '../long-watch.ts';
import { foldRestarting, restartLimit } from '../restarts.ts';
import { harmShare, type ExperimentDesign, type MetricSpec } from './design.ts';
import { emptyProcess, type Process } from './process.ts';
import { harmStep } from './stage.ts';
import type { ExperimentState, GuardrailEvidence, StageState } from './state.ts';

type Watches = Pick<GuardrailEvidence, 'harm' | 'longHarm'>;

/** Evidence that the long watch needs in this stage. */
const longLimit = (design: ExperimentDesign, { kind }: MetricSpec, stageNo: number): number => {
  const { long } = harmLevels(harmShare(design));
  return kind === 'mean' ? restartLimit(stageNo + 1, long) : Math.log(1 / long);
};

/** Both watches after one more block with `labels` outcomes of the variant. */
export const foldHarmWatch = (
  { harm, longHarm }: Watches,
  {
    design,
    stage,
    metric,
    labels,
  }: {
    readonly design: ExperimentDesign;
    readonly stage: StageState;
    readonly metric: MetricSpec;
    readonly labels: number;
  },
  fold: (process: Process, question: 'harm' | 'longHarm') => Process,
): Watches => ({
  harm: foldRestarting(
    harm,
    harmStep(stage, metric),
    labels,
    () => emptyProcess(metric),
    (process) => fold(process, 'harm'),
    { alpha: harmLevels(harmShare(design)).restarting },
  ),
  longHarm: foldLongWatch(
    longHarm,
    (process) => fold(process, 'longHarm'),
    longLimit(design, metric, stage.no),
  ),
});

/** The alarm, if either watch has raised it. */
export const harmAlarmOf = ({ harm, longHarm }: Watches): HarmReached | null => harm.alarm ?? longHarm.alarm;

/** The alarm, or how far the watch is that is nearest to one. */
export const harmOf = (
  watches: Watches,
  metric: MetricSpec,
  { design, stage }: ExperimentState,
): HarmReached => {
  const alarm = harmAlarmOf(watches);
  if (alarm !== null) return alarm;
  const { harm, longHarm } = watches;
  const { restarting } = harmLevels(harmShare(design));
  return nearerLimit(
    { logE: harm.process.logE, limit: restartLimit(harm.restart, restarting) },
    { logE: longHarm.process.logE, limit: longLimit(design, metric, stage?.no ?? 0) },
  );
};
