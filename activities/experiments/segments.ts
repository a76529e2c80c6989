/** Where an experiment's effect seems to differ, by task type and by region: kept beside its end as exploration, never deciding, and never waited for. */
import { exploreSegments, type SegmentExploration } from '../../src/decision/index.ts';
import type { ExperimentRunState } from '../../src/state/experiment/index.ts';
import type { ActivityPorts } from '../ports.ts';
import { within, type Within } from '../within.ts';

const LONGEST_MS = 4_000;

export interface ExploredSegments {
  readonly taskType: Within<SegmentExploration>;
  readonly region: Within<SegmentExploration>;
}

/** Never fails, and takes at most four seconds. */
export async function segmentsOf(
  { experimentWindows }: Pick<ActivityPorts, 'experimentWindows'>,
  { plan }: ExperimentRunState,
): Promise<ExploredSegments> {
  const { serviceId, generation, design } = plan;
  const by = (kind: 'taskType' | 'region'): Promise<Within<SegmentExploration>> =>
    within(async () => {
      const segments = await experimentWindows.experimentSegments({ serviceId, generation, by: kind });
      return exploreSegments(segments, { control: design.control });
    }, LONGEST_MS);
  const [taskType, region] = await Promise.all([by('taskType'), by('region')]);
  return { taskType, region };
}
