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

const CHANGED = 'weights or what answers changed, and segments are summed over both sides of the change';

/** Never fails, and takes at most four seconds. Left out once anything has changed: equal arms would differ by who was where when. */
export async function segmentsOf(
  { experimentWindows }: Pick<ActivityPorts, 'experimentWindows'>,
  { plan, evidence }: ExperimentRunState,
): Promise<ExploredSegments> {
  const left = { kind: 'left', why: CHANGED } as const;
  if ((evidence.stage?.no ?? 0) > 0) return { taskType: left, region: left };
  const { serviceId, generation, design } = plan;
  const by = (kind: 'taskType' | 'region'): Promise<Within<SegmentExploration>> =>
    within(async () => {
      const segments = await experimentWindows.experimentSegments({ serviceId, generation, by: kind });
      return exploreSegments(segments, { control: design.control });
    }, LONGEST_MS);
  const [taskType, region] = await Promise.all([by('taskType'), by('region')]);
  return { taskType, region };
}
