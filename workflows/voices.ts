/** What each kind of change tells people, and when it asks for a cycle: as its state's own functions decide. */
import {
  experimentNoticeOf,
  experimentNotices,
  type ExperimentRunState,
} from '../src/state/experiment/index.ts';
import { asksForCycle, noticeOf, rolloutNotices } from '../src/state/rollout/index.ts';

export const ROLLOUT_VOICE = { notices: rolloutNotices, noticeOf, asksForCycle };

export const EXPERIMENT_VOICE = {
  notices: experimentNotices,
  noticeOf: experimentNoticeOf,
  asksForCycle: (before: ExperimentRunState | null, after: ExperimentRunState): boolean =>
    after.cyclesAsked > (before?.cyclesAsked ?? 0),
};
