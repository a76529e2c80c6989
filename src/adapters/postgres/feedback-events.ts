/** Remembers which events came, and says which of them are new. */
import type { Queryable } from './database.ts';
import { periodOf } from './event-partitions.ts';

/** Keys as a parameter: an array would be quoted entry by entry. */
export const keysParameter = (keys: Iterable<string>): string => `{${[...keys].join(',')}}`;

/** The keys that are new, in the caller's transaction. */
export async function rememberEvents(
  tx: Queryable,
  keys: Iterable<string>,
  nowMs: number,
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ key: string }>(
    `SELECT replace(key::text, '-', '') AS key FROM remember_events($1::uuid[], $2) AS key`,
    [keysParameter(keys), periodOf(nowMs)],
  );
  return new Set(rows.map(({ key }) => key));
}
