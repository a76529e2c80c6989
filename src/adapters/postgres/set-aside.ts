/** Keeps what could not be read, with its reason. */
import type { SetAside } from '../../ports/event-batch.ts';
import type { Queryable } from './database.ts';

export async function putAside(db: Queryable, items: readonly SetAside[], nowMs: number): Promise<void> {
  if (items.length === 0) return;
  await db.query(
    `INSERT INTO ingest_set_aside (received_at_ms, source, reason, body)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])`,
    [
      nowMs,
      items.map((item) => storable(item.source)),
      items.map((item) => storable(item.reason)),
      items.map((item) => storable(item.body)),
    ],
  );
}

/** PostgreSQL text cannot hold NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');
