/** A database for the upkeep of one test after the other, and what all of them ask of it. */
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createStores, type Stores } from '../../../../src/adapters/postgres/index.ts';
import { readRetention } from '../../../../src/config/retention-settings.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const NOW = Date.parse('2026-03-10T12:30:00Z');
export const KEPT = readRetention({});
export const ALL = { rowsAtOnce: 100, enough: () => false };

export interface UpkeepDatabase {
  readonly pool: Pool;
  readonly stores: Stores;
  /** What a query of one column answers, in order. */
  readonly column: <T>(sql: string) => Promise<readonly T[]>;
  readonly postgres: TestPostgres;
}

/**
 * Made anew before each test of the file.
 * @param each is called with it before the test
 */
export function useUpkeep(
  each: (made: UpkeepDatabase) => Promise<unknown> | void,
  { connections = 8 }: { readonly connections?: number } = {},
): void {
  let postgres: TestPostgres;
  beforeAll(async () => void (postgres = await startPostgres()));
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    const { pool } = await postgres.createDatabase({ connections });
    await each({
      postgres,
      pool,
      stores: createStores(pool),
      column: async <T>(sql: string) => {
        const { rows } = await pool.query<{ it: T }>(`SELECT it FROM (${sql}) AS s(it) ORDER BY 1`);
        return rows.map(({ it }) => it);
      },
    });
  });
}
