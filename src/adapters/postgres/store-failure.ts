/**
 * Tells failures of the database's reachability (try again) from mistakes of ours (let them surface).
 */
import { Failure } from '../../domain/failure.ts';

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * SQLSTATE classes and codes after which the same statement may well succeed: connection exceptions (08), rollbacks such
 * as deadlocks (40), too few resources (53), lock not available, cancelled, shut down, and a standby after a failover.
 */
const RETRIED_SQLSTATE = /^(08|40|53|55P03$|57014$|57P0[1-5]$|25006$)/u;

/** What `pg` says without a code when a connection or its pool goes away. */
const LOST_CONNECTION =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|client was closed|query read timeout|^timeout expired$/iu;

/** `Failure('StoreUnavailable')` for what another attempt may mend; a `Failure` and everything else as it is. */
export function toStoreFailure(error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const refusedEverywhere =
    error instanceof AggregateError && error.errors.some((one) => toStoreFailure(one) !== one);
  if (
    NETWORK_CODES.has(code) ||
    RETRIED_SQLSTATE.test(code) ||
    LOST_CONNECTION.test(error.message) ||
    refusedEverywhere
  ) {
    const failure = new Failure('StoreUnavailable', `database: ${error.message || code}`);
    failure.cause = error;
    return failure;
  }
  return error;
}

/** SQLSTATE of a failed statement, or '' when the error is none. */
export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export const FOREIGN_KEY_VIOLATION = '23503';
