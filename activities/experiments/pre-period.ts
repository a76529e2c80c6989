/** What is known of the units from before the experiment: shown beside a conclusion, never deciding, and never waited for. */
import type { ExperimentWindows } from '../../src/ports/experiments.ts';
import type { ExperimentRunState } from '../../src/state/experiment/index.ts';

/** It is looked for in this long before the start. */
const PRE_PERIOD_MS = 14 * 24 * 3_600_000;
/** A tick has ten seconds, and the conclusion must not wait for what is only shown. */
const LONGEST_MS = 2_000;

export type PrePeriod =
  | { readonly kind: 'found'; readonly prePeriod: Awaited<ReturnType<ExperimentWindows['prePeriod']>> }
  | { readonly kind: 'left'; readonly why: string };

/** Never fails, and takes at most `longestMs`: what is not there by then is left out. */
export async function prePeriodOf(
  { experimentWindows }: { readonly experimentWindows: Pick<ExperimentWindows, 'prePeriod'> },
  { plan, startedAtMs }: ExperimentRunState,
  longestMs = LONGEST_MS,
): Promise<PrePeriod> {
  const { serviceId, generation, admittedAtMs } = plan;
  const startMs = startedAtMs ?? admittedAtMs;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<PrePeriod>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'left', why: `not there within ${longestMs} ms` }), longestMs);
  });
  try {
    const asked = experimentWindows.prePeriod({ serviceId, generation, startMs, beforeMs: PRE_PERIOD_MS });
    return await Promise.race([asked.then((prePeriod) => ({ kind: 'found', prePeriod }) as const), late]);
  } catch (error) {
    return { kind: 'left', why: String(error) };
  } finally {
    clearTimeout(timer);
  }
}
