/** What is known of the units from before the experiment: shown beside a conclusion, never deciding, and never waited for. */
import { formatDuration } from '../../src/domain/duration.ts';
import type { ExperimentWindows } from '../../src/ports/experiments.ts';
import type { ExperimentRunState } from '../../src/state/experiment/index.ts';
import { within, type Within } from '../within.ts';

const DAY_MS = 86_400_000;

/** It is looked for in this long before the start. */
const PRE_PERIOD_MS = 14 * DAY_MS;
/** A tick has ten seconds, and the conclusion must not wait for what is only shown. */
const LONGEST_MS = 2_000;

type PrePeriod = Awaited<ReturnType<ExperimentWindows['prePeriod']>>;

/** Never fails, and takes at most `longestMs`: what is not there by then is left out. */
export function prePeriodOf(
  { experimentWindows }: { readonly experimentWindows: Pick<ExperimentWindows, 'prePeriod'> },
  { plan, startedAtMs }: ExperimentRunState,
  longestMs = LONGEST_MS,
): Promise<Within<PrePeriod>> {
  const { serviceId, generation, admittedAtMs } = plan;
  const startMs = startedAtMs ?? admittedAtMs;
  const request = { serviceId, generation, startMs, beforeMs: PRE_PERIOD_MS };
  return within(() => experimentWindows.prePeriod(request), longestMs);
}

/** How much of it raw events, which are kept for `rawMs`, still tell at `nowMs`, in words; null when that is all of it. */
export function prePeriodKept(
  { plan, startedAtMs }: Pick<ExperimentRunState, 'plan' | 'startedAtMs'>,
  nowMs: number,
  rawMs: number,
): string | null {
  const keptMs = (startedAtMs ?? plan.admittedAtMs) - (nowMs - rawMs);
  if (keptMs >= PRE_PERIOD_MS) return null;
  const days = Math.max(0, Math.floor(keptMs / DAY_MS));
  return `raw events are kept for ${formatDuration(rawMs)}: of the ${PRE_PERIOD_MS / DAY_MS} days before the start ${days} are known`;
}
