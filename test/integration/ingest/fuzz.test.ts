/** A short turn of `npm run prove -- fuzz`: the receivers answer whatever comes, with a reason, and store whole batches only. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fuzz } from '../../support/ingest-fuzz.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const ROUNDS = 200;

let postgres: TestPostgres;
let ingest: TestIngest;
beforeAll(async () => {
  postgres = await startPostgres();
  ingest = await startTestIngest(postgres);
});
afterAll(async () => {
  await ingest.close();
  await postgres.stop();
});

it('answers what is cut, bent, nested, packed and mislabelled, and counts what it has taken', async () => {
  const { answers, broken } = await fuzz(ingest, { seed: 1, rounds: ROUNDS });
  expect(broken).toEqual([]);
  // Every way was tried, and both ends of it were met.
  expect(Object.keys(answers)).toEqual(
    expect.arrayContaining([
      '/v1/events 202',
      '/v1/events 207',
      '/v1/events 422',
      '/v1/events 400',
      '/v1/events 415',
      '/v1/metrics 200',
      '/v1/metrics 400',
      '/v1/traces 200',
      '/v1/traces 400',
      'gRPC 0',
      'gRPC 3',
      'gRPC bomb 3',
      'gRPC bomb 8',
    ]),
  );
});
