/** How long what is kept, and what of it may go at a moment. Pure: nothing here touches a table. */
import { z } from 'zod';
import { durationMs, durationSchema, formatDuration } from './duration.ts';
import { invalidInput, type Problem } from './failure.ts';
import { parseOrFail } from './validate.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Every setting with its variable, its default and its bounds. `late` is a bound on what ingest takes; the others are ages at which something goes.
 * An event that is late by more than `late` is set aside. That is 7 days at most: an event's identity is remembered for so long, and what came again after
 * that would be counted twice. What is merged, and units, are older than the two weeks before a change, which are read beside it.
 */
export const RETENTION = {
  late: { variable: 'INGEST_LATE', usual: '7d', least: '1h', most: '7d' },
  raw: { variable: 'RETENTION_RAW', usual: '7d', least: '1d', most: '365d' },
  mergeAfter: { variable: 'RETENTION_MERGE_AFTER', usual: '35d', least: '15d', most: '3650d' },
  windows: { variable: 'RETENTION_WINDOWS', usual: '365d', least: '35d', most: '3650d' },
  units: { variable: 'RETENTION_UNITS', usual: '35d', least: '15d', most: '3650d' },
  streams: { variable: 'RETENTION_STREAMS', usual: '90d', least: '8d', most: '3650d' },
  notes: { variable: 'RETENTION_NOTES', usual: '30d', least: '8d', most: '3650d' },
} as const;

/**
 * An alert that is older when it comes is set aside. Alerts are kept for a day longer at least (`notes`, counted from when they came): one that is not kept any more is too
 * old to come again as a new one.
 */
export const OLDEST_ALERT_MS = 7 * DAY_MS;

export type RetentionName = keyof typeof RETENTION;

/** Ages in ms. */
export type Retention = Readonly<Record<RetentionName, number>>;

export const RETENTION_NAMES = Object.keys(RETENTION) as readonly RetentionName[];

/** What a person may type into a workflow; durations such as `14d`. How late an event may be is not its to say. */
export const maintenanceInputSchema = z.strictObject({
  raw: durationSchema.optional(),
  mergeAfter: durationSchema.optional(),
  windows: durationSchema.optional(),
  units: durationSchema.optional(),
  streams: durationSchema.optional(),
  notes: durationSchema.optional(),
  by: z.string({ error: 'who asks' }).min(1, { error: 'who asks' }).max(200).optional(),
});

/**
 * The retention that these durations make.
 * @param given durations that `parseDurationMs` reads; one that is left out is the usual one
 * @param what names the input in the message
 * @param fieldOf how a person calls a setting: its key in an input, its variable in the environment
 * @throws Failure('InvalidInput') with every duration that is out of its bounds, or that would lose what another one keeps
 */
export function retentionOf(
  given: Readonly<Partial<Record<RetentionName, string | undefined>>>,
  what: string,
  fieldOf: (name: RetentionName) => string = (name) => name,
): Retention {
  const textOf = (name: RetentionName): string => given[name] ?? RETENTION[name].usual;
  const kept = Object.fromEntries(
    RETENTION_NAMES.map((name) => [name, durationMs(textOf(name))]),
  ) as Retention;
  const problems: Problem[] = RETENTION_NAMES.flatMap((name) => {
    const { least, most } = RETENTION[name];
    if (kept[name] >= durationMs(least) && kept[name] <= durationMs(most)) return [];
    return [{ field: fieldOf(name), value: textOf(name), expected: `${least} to ${most}` }];
  });
  const atLeast = (name: RetentionName, other: RetentionName): void => {
    if (problems.length > 0 || kept[name] >= kept[other]) return;
    const expected = `${formatDuration(kept[other])} or more, beside ${fieldOf(other)} of ${textOf(other)}`;
    problems.push({ field: fieldOf(name), value: textOf(name), expected });
  };
  atLeast('raw', 'late');
  atLeast('windows', 'mergeAfter');
  if (problems.length > 0) throw invalidInput(what, problems);
  return kept;
}

/**
 * The retention of one run: what its input says, else what the process is set to.
 * @throws Failure('InvalidInput') with every problem of the input
 */
export function retentionOfRun(input: unknown, usual: Retention): Retention {
  const what = 'input of maintenance';
  const { by: _by, ...given } = parseOrFail(maintenanceInputSchema, input ?? {}, what);
  const texts = Object.fromEntries(RETENTION_NAMES.map((name) => [name, formatDuration(usual[name])]));
  return retentionOf({ ...texts, ...given }, what);
}

/** A partition of a table by time: rows of `[fromMs, toMs)`. */
export interface Partition {
  readonly table: string;
  /** Events go when they are old; which events came is remembered for as long as they may come again. */
  readonly holds: 'events' | 'identities';
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Clocks of the machines may differ, and a batch that was let in may still be on its way. */
const MARGIN_MS = HOUR_MS;

/** How far ahead of now an event's time may be. */
export const AHEAD_MS = HOUR_MS;

/** Identities hold for so long after an event has arrived: as long as it may come again, which is counted from its own time. */
const IDENTITIES_MS = durationMs(RETENTION.late.most) + AHEAD_MS;

/** The partitions of which every row is older than is kept: events before identities, oldest first. */
export const partitionsToDrop = (
  partitions: readonly Partition[],
  kept: Pick<Retention, 'raw'>,
  nowMs: number,
): readonly Partition[] =>
  partitions
    .filter(({ holds, toMs }) => toMs + MARGIN_MS <= nowMs - (holds === 'events' ? kept.raw : IDENTITIES_MS))
    .toSorted(
      (a, b) =>
        Number(a.holds === 'identities') - Number(b.holds === 'identities') ||
        a.toMs - b.toMs ||
        (a.name < b.name ? -1 : 1),
    );

/** From when on something of a service is still open. */
export interface OpenSince {
  readonly serviceId: string;
  readonly fromMs: number;
}

/** What was there before a change began is read beside it: its baseline, and what is known of its units. */
const BEFORE_A_CHANGE_MS = 14 * DAY_MS;

/** Rows of a service from before this may go: they are older than `keepMs`, and older than all that anything open may read. */
export function cutoffOf(
  serviceId: string,
  open: readonly OpenSince[],
  keepMs: number,
  nowMs: number,
): number {
  const protectedFrom = open
    .filter((each) => each.serviceId === serviceId)
    .map(({ fromMs }) => fromMs - BEFORE_A_CHANGE_MS);
  return Math.min(nowMs - keepMs, ...protectedFrom);
}

/** Windows are merged by the hour, whole hours only. */
export const MERGED_MS = HOUR_MS;
export const wholeHour = (atMs: number): number => Math.floor(atMs / HOUR_MS) * HOUR_MS;

/** Beginning of the epoch in which a unit that is seen at `atMs` counts, as ingest tells it; `epoch` is the newest that had begun by then. */
export function epochInForce(
  epoch: { readonly beganAtMs: number; readonly every: 'step' | 'hour' } | null,
  atMs: number,
): number {
  if (epoch?.every === 'step') return epoch.beganAtMs;
  return Math.max(wholeHour(atMs), epoch?.beganAtMs ?? 0);
}
