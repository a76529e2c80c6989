// Brings a Temporal namespace to what the program needs, as often as you like, and says what is missing from one.
import { Connection, type ConnectionLike } from '@temporalio/client';
import { ensureNamespace, namespaceRetentionDays } from './namespace.ts';
import { ensureSearchAttributes, searchAttributeState } from './search-attributes.ts';
import { ensureSchedule } from './schedules.ts';
import { bootstrapCommand, FLEET_SWEEP, MAINTENANCE, RETENTION_DAYS } from './wanted.ts';

export { bootstrapCommand, FLEET_SWEEP, MAINTENANCE, RETENTION_DAYS, SEARCH_ATTRIBUTES } from './wanted.ts';

/** A server that was started at the same time as us may need a moment. */
const CONNECT_MS = 10_000;

const DAY_MS = 86_400_000;
/** Temporal takes no less. */
const LEAST_CATCHUP_MS = 10_000;

export interface BootstrapOptions {
  /** `host:port` of the Temporal frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Interval of the fleet sweep, a minute unless told; null leaves the schedule alone. */
  readonly sweepEveryMs?: number | null;
  /** Below a tenth of the interval unless told. */
  readonly sweepJitterMs?: number;
  /** A minute unless told; Temporal takes no less than ten seconds. */
  readonly sweepCatchupWindowMs?: number;
  /** Interval of the maintenance, a day unless told; null leaves the schedule alone. It is jittered by a tenth and caught up with within half of it. */
  readonly maintenanceEveryMs?: number | null;
  /** How long the server may take to answer, and to accept new search attributes, two minutes unless told. */
  readonly timeoutMs?: number;
  readonly onProgress?: (line: string) => void;
}

export interface BootstrapResult {
  /** What was done, in words; empty when all was as wanted. */
  readonly changes: readonly string[];
}

/**
 * Namespace with 30 days of retention, search attributes, and the schedules of fleet sweep and maintenance, in this order. A second run
 * changes nothing; two at once are safe. Throws when the server cannot be reached or refuses.
 */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrapResult> {
  const { address, namespace, sweepEveryMs = 60_000, maintenanceEveryMs = DAY_MS } = options;
  const { timeoutMs = 120_000, onProgress } = options;
  const changes: string[] = [];
  const did = (change: string | undefined): void => {
    if (change === undefined) return;
    changes.push(change);
    onProgress?.(change);
  };
  await withConnection(address, timeoutMs, async (connection) => {
    did(await ensureNamespace(connection, namespace));
    did(await ensureSearchAttributes(connection, namespace, timeoutMs));
    if (sweepEveryMs !== null) {
      did(
        await ensureSchedule(connection, namespace, FLEET_SWEEP, {
          everyMs: sweepEveryMs,
          jitterMs: options.sweepJitterMs ?? Math.floor(sweepEveryMs / 10),
          // It looks at the last minute, and the next one comes soon.
          catchupWindowMs: options.sweepCatchupWindowMs ?? 60_000,
        }),
      );
    }
    if (maintenanceEveryMs !== null) {
      did(
        await ensureSchedule(connection, namespace, MAINTENANCE, {
          everyMs: maintenanceEveryMs,
          jitterMs: Math.floor(maintenanceEveryMs / 10),
          catchupWindowMs: Math.max(LEAST_CATCHUP_MS, Math.floor(maintenanceEveryMs / 2)),
        }),
      );
    }
  });
  return { changes };
}

export interface BootstrapCheck {
  /** What a worker cannot do without and does not find, in words; empty when it may start. */
  readonly missing: readonly string[];
  /** The command that mends it. */
  readonly command: string;
}

/** Changes nothing. Looks at the namespace and the search attributes, not at the schedules, which somebody may have removed on purpose. */
export async function checkBootstrap(target: {
  readonly address: string;
  readonly namespace: string;
  /** Used instead of a new connection. */
  readonly connection?: ConnectionLike;
}): Promise<BootstrapCheck> {
  const { address, namespace } = target;
  const command = bootstrapCommand(address, namespace);
  const look = async (connection: ConnectionLike): Promise<BootstrapCheck> => {
    const days = await namespaceRetentionDays(connection, namespace);
    if (days === undefined) return { missing: [`namespace ${namespace}`], command };
    const { missing, wrongType } = await searchAttributeState(connection, namespace);
    return {
      missing: [
        ...(days < RETENTION_DAYS ? [`retention of ${RETENTION_DAYS} days (it is ${days})`] : []),
        ...missing.map((name) => `search attribute ${name}`),
        ...wrongType.map((name) => `search attribute ${name} of type Keyword`),
      ],
      command,
    };
  };
  return target.connection === undefined
    ? withConnection(address, CONNECT_MS, look)
    : look(target.connection);
}

async function withConnection<T>(
  address: string,
  timeoutMs: number,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({
    address,
    connectTimeout: Math.min(timeoutMs, CONNECT_MS),
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`No Temporal server answers at ${address}: ${reason}.`, { cause: error });
  });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
