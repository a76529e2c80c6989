// The namespace and its retention. It lengthens a retention that is too short and never shortens one.
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, type ConnectionLike } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import { RETENTION_DAYS } from './wanted.ts';

const DAY_MS = 86_400_000;

/** Days of retention, or `undefined` when there is no such namespace. */
export async function namespaceRetentionDays(
  connection: ConnectionLike,
  namespace: string,
): Promise<number | undefined> {
  try {
    const described = await connection.workflowService.describeNamespace({ namespace });
    return (optionalTsToMs(described.config?.workflowExecutionRetentionTtl) ?? 0) / DAY_MS;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return undefined;
    throw error;
  }
}

/** Creates the namespace, or lengthens its retention. Returns what it did in words, or `undefined` when nothing was to do. */
export async function ensureNamespace(
  connection: ConnectionLike,
  namespace: string,
): Promise<string | undefined> {
  const retention = msToTs(RETENTION_DAYS * DAY_MS);
  const days = await namespaceRetentionDays(connection, namespace);
  if (days === undefined) {
    try {
      await connection.workflowService.registerNamespace({
        namespace,
        description: 'LLM auto-optimizer',
        workflowExecutionRetentionPeriod: retention,
      });
      return `created namespace ${namespace} with ${RETENTION_DAYS} days of retention`;
    } catch (error) {
      // Another bootstrap was faster; what it made is checked like any other.
      if (isGrpcServiceError(error) && error.code === status.ALREADY_EXISTS) {
        return ensureNamespace(connection, namespace);
      }
      throw error;
    }
  }
  if (days >= RETENTION_DAYS) return undefined;
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: retention },
  });
  return `retention of namespace ${namespace}: ${days} -> ${RETENTION_DAYS} days`;
}
