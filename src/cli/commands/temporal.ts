/** Asks Temporal within a time, and says in one line why it did not answer. */
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { Failure } from '../../domain/failure.ts';
import type { Cli } from './answer.ts';
import type { Opened, Where } from './parts.ts';

export interface Patience extends Where {
  readonly timeoutMs: number;
  /** What to do when nobody answers. */
  readonly hint?: string;
  /** What to do when the workflow does not run. */
  readonly absent?: string;
}

/** What `ask` answers. Throws a Failure with the reason and the hint when Temporal or its workers do not answer in time. */
export async function asked<T>(
  cli: Cli,
  { client }: Opened,
  { address, timeoutMs, hint, absent }: Patience,
  ask: () => Promise<T>,
): Promise<T> {
  const endMs = cli.nowMs() + timeoutMs;
  const more = hint === undefined ? '' : `; ${hint}`;
  try {
    return await client.withDeadline(new Date(endMs), ask);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof WorkflowFailedError) throw new Failure('InvalidInput', causeOf(error));
    if (error instanceof WorkflowNotFoundError) {
      const instead = absent === undefined ? '' : `; ${absent}`;
      throw new Failure('InvalidInput', `${error.workflowId ?? 'the workflow'} does not run${instead}`);
    }
    if (cli.nowMs() >= endMs) {
      const why = `no answer within ${Math.round(timeoutMs / 1_000)} s: are its workers running?`;
      throw new Failure('StoreUnavailable', `Temporal at ${address}: ${why}${more}`);
    }
    if (error instanceof ServiceError || isGrpcServiceError(error)) {
      throw new Failure(
        'StoreUnavailable',
        `Temporal at ${address} cannot be asked: ${causeOf(error)}${more}`,
      );
    }
    throw error;
  }
}

/** The innermost message: the outer ones only say that something failed. */
function causeOf(error: Error): string {
  return error.cause instanceof Error ? causeOf(error.cause) : error.message;
}

/** What whoever rolls back is told beside why it did not work. */
export const rollbackHints = (name: string, serviceId: string): Pick<Patience, 'hint' | 'absent'> =>
  name === 'rollback'
    ? {
        hint: `rollback ${serviceId} --direct needs the gateway alone`,
        absent: `rollback ${serviceId} restores what was served before, whatever runs`,
      }
    : {};

/** How long Temporal and a worker may take for one question. */
export const TEMPORAL_ANSWERS_MS = 30_000;

export const rolloutOf = (serviceId: string): string => `rollout/${serviceId}`;
export const experimentOf = (serviceId: string): string => `experiment/${serviceId}`;
