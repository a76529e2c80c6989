/** Ingest on a real database, and what it has counted. */
import { pino } from 'pino';
import type { Pool } from 'pg';
import { createStores, type Stores } from '../../src/adapters/postgres/index.ts';
import { createKafkaLog, type KafkaSettings } from '../../src/adapters/kafka/index.ts';
import type { AnomalySender } from '../../src/ports/alerts.ts';
import { startIngest, type Ingest, type IngestOptions } from '../../src/ingest/index.ts';
import type { TestPostgres } from './postgres.ts';

/** Takes every anomaly and does nothing. */
export const nobody: AnomalySender = { send: async () => 'nobody: this test has no workflows' };

export interface TestIngest extends Ingest {
  readonly stores: Stores;
  readonly pool: Pool;
  /** Ends ingest and starts another one on the same database, as after a crash of the process. */
  restart(): Promise<TestIngest>;
  /** `{metric: [count, sum]}` of a service over all time, every window and task type together. */
  totals(serviceId: string): Promise<Record<string, readonly [count: number, sum: number]>>;
  setAside(): Promise<readonly { readonly reason: string; readonly body: string }[]>;
}

/** Of an ingest that reads from Kafka as well. */
export interface TestKafkaOptions {
  readonly settings: KafkaSettings;
  readonly group: string;
  readonly topics: readonly string[];
}

type Options = Partial<IngestOptions> & { readonly kafka?: TestKafkaOptions };

export async function startTestIngest(postgres: TestPostgres, options: Options = {}): Promise<TestIngest> {
  const { pool } = await postgres.createDatabase();
  return startIngestOn(pool, options);
}

/** On a database that is there: another process on the same one. */
export async function startIngestOn(pool: Pool, { kafka, ...options }: Options = {}): Promise<TestIngest> {
  const stores = createStores(pool);
  const logger = options.logger ?? pino({ level: 'silent' });
  const ingest = await startIngest({
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    store: stores.ingest,
    alerts: { store: stores.alerts, sender: nobody },
    logger,
    // A test's own clock need not be that of the database.
    ...(options.clock === undefined && { databaseClock: () => stores.maintenance.nowMs() }),
    ...(kafka && {
      log: { ...kafka, log: createKafkaLog(kafka.settings, kafka.group, logger), store: stores.log },
    }),
    ...options,
  });
  return {
    ...ingest,
    stores,
    pool,
    restart: async () => {
      await ingest.close();
      return startIngestOn(pool, { ...options, ...(kafka && { kafka }) });
    },
    totals: async (serviceId) => {
      const { rows } = await pool.query<{ metric: string; count: number; sum: number }>(
        `SELECT metric, sum(count)::float8 AS count, sum(sum) AS sum FROM metric_windows
         WHERE service_id = $1 GROUP BY metric ORDER BY metric`,
        [serviceId],
      );
      return Object.fromEntries(rows.map(({ metric, count, sum }) => [metric, [count, sum] as const]));
    },
    setAside: async () =>
      (
        await pool.query<{ reason: string; body: string }>(
          'SELECT reason, body FROM ingest_set_aside ORDER BY id',
        )
      ).rows,
  };
}
