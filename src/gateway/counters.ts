/**
 * What became of the requests of the data plane since the gateway started; `/health` shows it.
 */
export interface Counters {
  answered: number;
  /** The provider failed: an error answer and an error in the feedback. */
  failed: number;
  /** Nothing was recorded for that query and model: refused, in no feedback and no metric. */
  notRecorded: number;
  /** Of those answered or failed: no unit id, so served by stable and in no comparison. */
  unassigned: number;
  /** Of those answered or failed: from testers of an experiment, served their arm and in no comparison. */
  forced: number;
}

export function createCounters(): Counters {
  return { answered: 0, failed: 0, notRecorded: 0, unassigned: 0, forced: 0 };
}
