/**
 * The one way the stores talk to PostgreSQL: typed rows, numbers as numbers, failures by name, transactions that end.
 */
import {
  types as defaults,
  type CustomTypesConfig,
  type Pool,
  type PoolClient,
  type QueryResultRow,
} from 'pg';
import { toStoreFailure } from './store-failure.ts';

/** Anything that runs a statement: the pool, or one connection inside a transaction. */
export interface Queryable {
  /** Rows of one statement. Throws `Failure('StoreUnavailable')` when the database cannot be reached. */
  query<R extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly R[]>;
}

export interface Database extends Queryable {
  /** Commits what `work` did, or none of it when it throws. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
}

/** `bigint` columns hold times and counts, all below 2^53: read as numbers, whatever the pool is set to. */
const types: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === defaults.builtins.INT8 ? Number : defaults.getTypeParser(oid, format),
};

const over = (client: Pool | PoolClient): Queryable => ({
  query: async <R extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
    try {
      const result = await client.query<R>({ text, values: [...values], types });
      return result.rows;
    } catch (error) {
      throw toStoreFailure(error);
    }
  },
});

/** Wraps a pool. The pool stays the caller's: it opens and ends it, and listens to its `error` event. */
export function databaseOver(pool: Pool): Database {
  return {
    ...over(pool),
    transaction: async (work) => {
      const client = await pool.connect().catch((error: unknown) => {
        throw toStoreFailure(error);
      });
      // Without a listener a connection that dies between two statements would end the process.
      let broken: Error | undefined;
      const onError = (error: Error) => (broken = error);
      client.on('error', onError);
      try {
        const tx = over(client);
        await tx.query('BEGIN');
        const result = await work(tx);
        await tx.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((late: unknown) => {
          broken = late instanceof Error ? late : new Error(String(late));
        });
        throw error;
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    },
  };
}
