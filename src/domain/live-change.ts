/** What a gateway serves beside the stable configuration, told from what is live. Whose it is, and whether it may be there, others decide. */
import type { LiveConfiguration } from './orchestrator-wire.ts';

type Live = Pick<LiveConfiguration, 'candidate' | 'experiment' | 'weight_pct' | 'copy_pct'>;

/** Whether everybody is served the stable configuration and nothing is tried: no candidate, at whatever weight, no shadow, no experiment. */
export function servesStableAlone(live: Pick<Live, 'candidate' | 'experiment'>): boolean {
  return live.candidate === null && (live.experiment ?? null) === null;
}

/** What is tried, in words; null when the stable configuration is served alone. */
export function whatIsTried(live: Live): string | null {
  const { candidate, experiment, weight_pct, copy_pct } = live;
  if (candidate !== null) {
    const share = copy_pct === undefined ? `at ${weight_pct} %` : `in a shadow of ${copy_pct} %`;
    return `a candidate of generation ${candidate.generation} ${share}`;
  }
  if (experiment) {
    const arms = experiment.arms.map(({ id }) => id).join(', ');
    return `the experiment ${experiment.id} of generation ${experiment.generation} (${arms}) to ${experiment.exposed_pct} %`;
  }
  return null;
}
