/**
 * What a change's state remembers of its log. What people did is written to the audit log from here, at looks and at the end, so nothing that a
 * program says, however often, may push it out. Pure.
 */

/** One line of a log, of a rollout or an experiment. */
export interface LogEntry {
  readonly atMs: number;
  readonly what: string;
  readonly by: string;
  readonly why: string;
}

/** Of what programs said, and of what people did. */
export const LOG_KEPT = 40;
export const ACTS_KEPT = 40;

/** What the program does by itself is in the decision log. */
export const OURSELVES: ReadonlySet<string> = new Set(['optimizer', 'gateway']);
/** Detectors, whose alerts come in storms and are stored where they arrive. */
const DETECTORS: ReadonlySet<string> = new Set(['sentinel']);

const isAct = ({ by }: LogEntry): boolean => !OURSELVES.has(by) && !DETECTORS.has(by);

/** The log with one more entry; the oldest of its own kind goes beyond the bound. */
export function withEntry(log: readonly LogEntry[], entry: LogEntry): readonly LogEntry[] {
  const all = [...log, entry];
  const isOfPeople = isAct(entry);
  const kept = isOfPeople ? ACTS_KEPT : LOG_KEPT;
  if (all.length <= kept) return all;
  const alike = all.filter((each) => isAct(each) === isOfPeople);
  const [oldest] = alike;
  return alike.length <= kept ? all : all.filter((each) => each !== oldest);
}
