/** Letters of one batch may hold as much as a fetch unpacks: they go to the database in parts, in the same transaction. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseOver } from '../../../src/adapters/postgres/database.ts';
import { createDeadLetterStore, keepDeadLetters } from '../../../src/adapters/postgres/dead-letters.ts';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import type { DeadLetter } from '../../../src/ports/event-batch.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const MB = 1024 * 1024;

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

const letterOf = (offset: number, value: Buffer | null): DeadLetter => ({
  topic: 't',
  partition: 0,
  topicId: null,
  offset,
  key: value === null ? Buffer.from([0, 255]) : null,
  value,
  headers: { no: String(offset) },
  timestampMs: null,
  reason: 'no JSON',
});

it('keeps many letters in parts of 8 MB, a larger one alone, and all of them or none', async () => {
  const { pool } = await postgres.createDatabase();
  const db = databaseOver(pool);
  const sizes = [1, 1, 9, 3, 3, 3, 0, 0];
  const letters = sizes.map((mb, offset) =>
    letterOf(offset, mb === 0 ? null : Buffer.alloc(mb * MB, offset)),
  );
  const parts: number[] = [];
  const keep = (fail: boolean) =>
    db.transaction(async (tx) => {
      const counting: typeof tx = {
        query: (text, values = []) => {
          parts.push(Array.isArray(values[0]) ? values[0].length : 0);
          return tx.query(text, values);
        },
      };
      await keepDeadLetters(counting, letters, 7);
      if (fail) throw new Error('undone');
    });
  await expect(keep(true)).rejects.toThrow('undone');
  expect((await pool.query('SELECT FROM dead_letters')).rows).toHaveLength(0);
  parts.length = 0;
  await keep(false);
  expect(parts).toEqual([2, 1, 2, 3]);

  const store = createDeadLetterStore(db);
  const found: DeadLetter[] = [];
  const handed: number[] = [];
  const all = { limit: 500, bytes: 8 * MB, notOf: [] };
  for (;;) {
    const count = await store.handOver(all, async (some) => {
      found.push(...some);
      return some.map(() => ({ kind: 'sent' }) as const);
    });
    if (count === 0) break;
    handed.push(count);
  }
  expect(found.map(({ offset, key, headers }) => [offset, key, headers])).toEqual(
    letters.map(({ offset, key, headers }) => [offset, key, headers]),
  );
  expect(
    found.every(({ value }, i) => value?.equals(letters[i]?.value ?? Buffer.alloc(1)) ?? sizes[i] === 0),
  ).toBe(true);
  expect(handed).toEqual([2, 1, 2, 3]);
});

it('hands out dead letters by their bytes, and forgets only those that were sent or refused', async () => {
  const { pool } = await postgres.createDatabase();
  const { ingest, log } = createStores(pool);
  const none = { topicId: null, key: null, headers: {}, timestampMs: null };
  const place = { ...none, topic: 't', partition: 0, reason: 'no JSON' };
  const deadLetters = [30, 4, 4, 4].map((kilobytes, offset) => ({
    ...place,
    topic: offset === 3 ? 'other' : 't',
    offset,
    value: Buffer.alloc(kilobytes * 1024),
  }));
  await ingest.recordEvents({ feedback: [], pairs: [], metrics: [], setAside: [], deadLetters }, Date.now());
  const handed: number[][] = [];
  const handOver = (kind: 'sent' | 'later', notOf: readonly string[] = []) =>
    log.handOver({ limit: 10, bytes: 9 * 1024, notOf }, async (letters) => {
      handed.push(letters.map(({ offset }) => offset));
      return letters.map((_, i) =>
        kind === 'sent' && i === 1 ? { kind: 'refused', reason: 'too large' } : { kind },
      );
    });
  for (const kind of ['later', 'sent', 'later', 'sent'] as const) await handOver(kind);
  expect(await handOver('sent', ['other'])).toBe(0);
  expect(await handOver('sent')).toBe(1);
  expect(await handOver('sent')).toBe(0);
  expect(handed).toEqual([[0], [0], [1, 2], [1, 2], [3]]);
});
