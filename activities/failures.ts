/** The one place where the product's failures become Temporal's. */
import { ApplicationFailure } from '@temporalio/activity';
import { FINAL_FAILURES, Failure } from '../src/domain/failure.ts';
import { whileBeating } from './heartbeat.ts';

/**
 * Wraps an activity so that a `Failure` ends it with its own type, its problems as details, and a final type not tried
 * again. Anything else stays what it is and is tried again.
 */
export function withFailures<A extends unknown[], R>(
  run: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await whileBeating(() => run(...args));
    } catch (error) {
      throw error instanceof Failure ? toApplicationFailure(error, FINAL_FAILURES) : error;
    }
  };
}

/**
 * The same for compensation, which gives up for the named types only (a greater pair is live, so somebody else has taken
 * over; the change lease is another run's) or never.
 */
export function withCompensationFailures<A extends unknown[], R>(
  run: (...args: A) => Promise<R>,
  finalTypes: readonly ('StaleGeneration' | 'LeaseMoved')[],
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await whileBeating(() => run(...args));
    } catch (error) {
      throw error instanceof Failure ? toApplicationFailure(error, finalTypes) : error;
    }
  };
}

function toApplicationFailure(failure: Failure, finalTypes: readonly string[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.type,
    message: failure.message,
    nonRetryable: finalTypes.includes(failure.type),
    details: failure.problems.length > 0 ? [failure.problems] : [],
    cause: failure,
  });
}
