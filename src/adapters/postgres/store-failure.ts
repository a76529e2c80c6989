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

/** What a statement's values can be at fault for: data exceptions, violated constraints, and more than a statement may hold. */
const OF_THE_VALUES = /^(22|23|54)/u;

/**
 * For whoever tries values one by one and leaves out those that are refused: `Failure('StoreUnavailable')` also for what no value is at fault for, such
 * as a schema of another version or a right that is missing. Otherwise everything that comes would be left out.
 */
export function blamingNoValue(error: unknown): unknown {
  const code = sqlState(error);
  if (!SQLSTATE.test(code) || OF_THE_VALUES.test(code)) return error;
  const failure = new Failure(
    'StoreUnavailable',
    `database: ${error instanceof Error ? error.message : code} (${code})`,
  );
  failure.cause = error;
  return failure;
}

const SQLSTATE = /^[0-9A-Z]{5}$/u;

/** SQLSTATE of a failed statement, or '' when the error is none. */
export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export const FOREIGN_KEY_VIOLATION = '23503';
