/** What is known of the units from before the experiment: shown beside a conclusion, never deciding, and never waited for. */
import type { ExperimentWindows } from '../../src/ports/experiments.ts';
import type { ExperimentRunState } from '../../src/state/experiment/index.ts';
import { within, type Within } from '../within.ts';

/** It is looked for in this long before the start. */
const PRE_PERIOD_MS = 14 * 24 * 3_600_000;
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
