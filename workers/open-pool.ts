/** The database pools of a process: one for reads, records and ingest, and one that only the control queue uses. Wiring only. */
import { Pool } from 'pg';
import type { Logger } from '../src/config/log.ts';
import type { Running } from './running.ts';

/** Connections. A restore needs the database: its pool is its own, so that no number of slow reads can keep it waiting. */
export const POOL_SIZES = { main: 20, control: 5 } as const;

/**
 * A peer that is gone without a word (a failover, a cut network) must be an outage that is tried again, not a wait without end. No statement here
 * takes long: migrations have a client of their own.
 */
const LIMITS = { keepAlive: true, connectionTimeoutMillis: 5_000, query_timeout: 60_000 } as const;

/** Opens a pool of at most `size` connections, to be ended by `running`. */
export function openPool(url: string, size: number, logger: Logger, running: Running): Pool {
  const pool = new Pool({ ...LIMITS, connectionString: url, max: size });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'));
  running.add('database pool', () => pool.end());
  return pool;
}
