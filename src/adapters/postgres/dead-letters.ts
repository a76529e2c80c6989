/** Messages that could not be read, until their dead-letter topic has them. Stores and hands out; sends nothing. */
import type { DeadLetter, DeadLetterStore } from '../../ports/event-batch.ts';
import type { Database, Queryable } from './database.ts';

/** Of one statement, whose texts hold bytes as twice as many hexadecimal digits: a batch of letters may hold 128 MB. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;

const bytesOf = ({ key, value, headers, reason }: DeadLetter): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + JSON.stringify(headers).length + reason.length;

/** Keeps them in the caller's transaction. */
export async function keepDeadLetters(
  tx: Queryable,
  letters: readonly DeadLetter[],
  nowMs: number,
): Promise<void> {
  let rest = letters.map((letter) => ({ letter, bytes: bytesOf(letter) }));
  while (rest.length > 0) {
    const count = countWithin(rest, BYTES_AT_ONCE);
    const part = rest.slice(0, count).map(({ letter }) => letter);
    await insert(tx, part, nowMs);
    rest = rest.slice(count);
  }
}

async function insert(tx: Queryable, letters: readonly DeadLetter[], nowMs: number): Promise<void> {
  // Bytes that are a parameter of their own travel as they are, so one letter may be as large as it is.
  const alone = letters.length === 1 ? letters[0] : undefined;
  const [keys, values] =
    alone === undefined
      ? ['$4::bytea[]', '$5::bytea[]']
      : ['ARRAY[$4::bytea]::bytea[]', 'ARRAY[$5::bytea]::bytea[]'];
  await tx.query(
    `INSERT INTO dead_letters (topic, partition, message_offset, message_key, message_value, headers, reason, topic_id, message_timestamp_ms, set_aside_at_ms)
     SELECT *, $10 FROM unnest($1::text[], $2::integer[], $3::bigint[], ${keys}, ${values}, $6::json[], $7::text[], $8::text[], $9::bigint[])`,
    [
      letters.map(({ topic }) => topic),
      letters.map(({ partition }) => partition),
      letters.map(({ offset }) => offset),
      alone === undefined ? letters.map(({ key }) => key) : alone.key,
      alone === undefined ? letters.map(({ value }) => value) : alone.value,
      letters.map(({ headers }) => JSON.stringify(headers)),
      letters.map(({ reason }) => reason.replaceAll('\0', '\uFFFD')),
      letters.map(({ topicId }) => topicId),
      letters.map(({ timestampMs }) => timestampMs),
      nowMs,
    ],
  );
}

interface Row {
  readonly no: number;
  readonly topic: string;
  readonly partition: number;
  readonly message_offset: number;
  readonly message_key: Buffer | null;
  readonly message_value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly topic_id: string | null;
  readonly message_timestamp_ms: number | null;
  readonly set_aside_at_ms: number;
}

const letterOf = (row: Row) => ({
  topic: row.topic,
  partition: row.partition,
  offset: row.message_offset,
  key: row.message_key,
  value: row.message_value,
  headers: row.headers,
  reason: row.reason,
  topicId: row.topic_id,
  timestampMs: row.message_timestamp_ms,
  setAsideAtMs: row.set_aside_at_ms,
});

/** How many of the first letters are together no larger than `bytes`; one at least, whatever its size. */
function countWithin(letters: readonly { readonly bytes: number }[], bytes: number): number {
  let sum = 0;
  const end = letters.findIndex((each, i) => (sum += each.bytes) > bytes && i > 0);
  return end < 0 ? letters.length : end;
}

export function createDeadLetterStore(db: Database): DeadLetterStore {
  return {
    handOver: ({ limit, bytes, notOf }, send) =>
      db.transaction(async (tx) => {
        const sizes = await tx.query<{ no: number; bytes: number }>(
          `SELECT no, octet_length(topic) + coalesce(octet_length(message_key), 0) + coalesce(octet_length(message_value), 0)
             + octet_length(headers::text) + octet_length(reason) AS bytes
           FROM dead_letters WHERE refused IS NULL AND topic <> ALL ($2::text[])
           ORDER BY no LIMIT $1 FOR UPDATE SKIP LOCKED`,
          [limit, notOf],
        );
        const rows = await tx.query<Row>(
          'SELECT * FROM dead_letters WHERE no = ANY ($1::bigint[]) ORDER BY no',
          [sizes.slice(0, countWithin(sizes, bytes)).map(({ no }) => no)],
        );
        if (rows.length === 0) return 0;
        const answers = await send(rows.map(letterOf));
        const sent = rows.filter((_, i) => answers[i]?.kind === 'sent').map(({ no }) => no);
        await tx.query('DELETE FROM dead_letters WHERE no = ANY ($1::bigint[])', [sent]);
        await tx.query(
          `UPDATE dead_letters d SET refused = n.why, refused_at_ms = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
           FROM unnest($1::bigint[], $2::text[]) AS n(no, why)
           WHERE d.no = n.no AND n.why IS NOT NULL`,
          [
            rows.map(({ no }) => no),
            answers.map((answer) => (answer.kind === 'refused' ? answer.reason : null)),
          ],
        );
        return rows.length;
      }),
  };
}
