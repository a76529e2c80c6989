// The search attributes. A workflow that sets an unregistered one is stuck in its first task, so they come before any worker.
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, type ConnectionLike } from '@temporalio/client';
import { untilKnown } from './retry.ts';
import { SEARCH_ATTRIBUTES } from './wanted.ts';

/** `temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD` */
const KEYWORD = 2;

export interface AttributeState {
  readonly missing: readonly string[];
  /** Registered with another type, by somebody else. */
  readonly wrongType: readonly string[];
}

export async function searchAttributeState(
  connection: ConnectionLike,
  namespace: string,
): Promise<AttributeState> {
  const listed = await connection.operatorService.listSearchAttributes({ namespace });
  const types = listed.customAttributes ?? {};
  return {
    missing: SEARCH_ATTRIBUTES.filter((name) => types[name] === undefined),
    wrongType: SEARCH_ATTRIBUTES.filter((name) => ![undefined, KEYWORD].includes(types[name])),
  };
}

/**
 * Registers what is missing and waits until the server accepts each in a query: its caches lag behind the registration.
 * Returns what it did in words. Throws an Error when one has another type, or is not usable within `timeoutMs`.
 */
export async function ensureSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const { missing, wrongType } = await untilKnown(timeoutMs, () =>
    searchAttributeState(connection, namespace),
  );
  if (wrongType.length > 0) {
    throw new Error(
      `Search attribute ${wrongType.join(', ')} of namespace ${namespace} is not a Keyword: remove it, or use another namespace.`,
    );
  }
  if (missing.length > 0) await register(connection, namespace, missing);
  const query = SEARCH_ATTRIBUTES.map((name) => `${name} = 'bootstrap'`).join(' OR ');
  await untilKnown(timeoutMs, () => connection.workflowService.countWorkflowExecutions({ namespace, query }));
  return missing.length === 0 ? undefined : `registered search attributes ${missing.join(', ')}`;
}

async function register(
  connection: ConnectionLike,
  namespace: string,
  names: readonly string[],
): Promise<void> {
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(names.map((name) => [name, KEYWORD])),
    });
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== status.ALREADY_EXISTS) throw error;
  }
}
