/** For a file of tests that each need an ingest and a database of their own, on one PostgreSQL. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startTestIngest, type TestIngest } from './ingest.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

/** Starts and stops them around the tests; what it answers is the ingest of the test that runs. */
export function useIngest(options: Parameters<typeof startTestIngest>[1] = {}): () => TestIngest {
  let postgres: TestPostgres;
  let ingest: TestIngest;
  beforeAll(async () => void (postgres = await startPostgres()));
  afterAll(() => postgres.stop());
  beforeEach(async () => void (ingest = await startTestIngest(postgres, options)));
  afterEach(() => ingest.close());
  return () => ingest;
}
