/** What each kind of change tells people, and when it asks for a cycle: as its state's own functions decide. */
import { asksForCycle, noticeOf, rolloutNotices } from '../src/state/rollout/index.ts';

export const ROLLOUT_VOICE = { notices: rolloutNotices, noticeOf, asksForCycle };
