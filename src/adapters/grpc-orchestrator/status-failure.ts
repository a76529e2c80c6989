/** What a gRPC status that is not OK means: a failure by name, with what the gateway said. */
import { status, type ServiceError } from '@grpc/grpc-js';
import { ERROR_DETAIL } from '../../actuator/index.ts';
import { Failure, describeProblem, type FailureType } from '../../domain/failure.ts';
import { orchestratorErrorSchema } from '../../domain/orchestrator-wire.ts';
import type { Fence } from '../../ports/orchestrator.ts';

const TYPE_OF: ReadonlyMap<status, FailureType> = new Map([
  [status.ABORTED, 'StaleGeneration'],
  [status.ALREADY_EXISTS, 'StaleGeneration'],
  [status.FAILED_PRECONDITION, 'StaleGeneration'],
  [status.NOT_FOUND, 'UnknownService'],
  [status.UNAUTHENTICATED, 'Unauthorized'],
  [status.PERMISSION_DENIED, 'Unauthorized'],
  [status.INVALID_ARGUMENT, 'OrchestratorRejected'],
  [status.OUT_OF_RANGE, 'OrchestratorRejected'],
  [status.UNIMPLEMENTED, 'OrchestratorRejected'],
]);

function detailOf(error: ServiceError) {
  const [bytes] = error.metadata?.get(ERROR_DETAIL) ?? [];
  if (bytes === undefined) return undefined;
  try {
    const parsed = orchestratorErrorSchema.safeParse(JSON.parse(bytes.toString()));
    return parsed.success ? parsed.data.error : undefined;
  } catch {
    return undefined;
  }
}

const pair = ({ generation, revision }: { generation?: number | undefined; revision?: number | undefined }) =>
  `(generation ${generation ?? 'unknown'}, revision ${revision ?? 'unknown'})`;

/**
 * The failure that an error of a call stands for. Any status without a meaning of its own may pass: `OrchestratorUnavailable`.
 * @param what what was asked, for the message
 * @param fence the pair that a write carried; a conflict names it beside the live one
 */
export function statusFailure(what: string, error: ServiceError, fence: Fence | null): Failure {
  const type = TYPE_OF.get(error.code) ?? 'OrchestratorUnavailable';
  const detail = detailOf(error);
  if (type === 'StaleGeneration' && fence !== null) {
    return new Failure(type, `${what}: ours is ${pair(fence)}, live is ${pair(detail ?? {})}`);
  }
  const problems = (detail?.problems ?? []).map(({ field, value, expected }) => ({ field, value, expected }));
  const listed = problems.map(describeProblem).join('; ');
  const said = listed || detail?.message || error.details;
  const failure = new Failure(type, `${what}: gateway answered ${status[error.code]}: ${said}`, problems);
  failure.cause = error;
  return failure;
}
