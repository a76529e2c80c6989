/**
 * `onConflict: supersede`: a rollout or an experiment that has whatever holds its service taken back first, waits for the lease durably, and is then admitted. It
 * waits about half an hour at most; a rollback or a rejection that comes meanwhile ends the waiting at once.
 */
import { ApplicationFailure, condition, proxyActivities } from '@temporalio/workflow';
import type { Activities, Admission, AdmitRequest, ExperimentAdmission, Room } from '../activities/index.ts';
import type { Message } from '../src/state/messages.ts';
import { admitOptions } from './activity-options.ts';
import { failureType } from './failures.ts';

const admit =
  proxyActivities<
    Pick<Activities, 'admitRollout' | 'makeRoom' | 'admitExperiment' | 'makeRoomForExperiment'>
  >(admitOptions);

/** Seconds between two looks at the lease: 1, 2, 4, ... 30. */
const LONGEST_PAUSE_S = 30;
const TRIES = 65;

export interface Waiting {
  /** Whom the change waits for, for the `state` query. */
  readonly on: (holder: string) => void;
  /** Why nobody wants it any more, null while somebody does. */
  readonly stopped: () => string | null;
}

/** Whether what was typed asks for it. Read before validation: whatever else is wrong with the input is refused by the first activity. */
export function asksToSupersede(input: unknown): boolean {
  return (
    typeof input === 'object' && input !== null && 'onConflict' in input && input.onConflict === 'supersede'
  );
}

/** @throws the activities' failures, and ChangeInFlight when the service is still held at the end, or nobody wants the change any more */
export function admitSuperseding(request: AdmitRequest, waiting: Waiting): Promise<Admission> {
  return superseding(request, waiting, { makeRoom: admit.makeRoom, admit: admit.admitRollout });
}

/** The same of an experiment. */
export function admitExperimentSuperseding(
  request: AdmitRequest,
  waiting: Waiting,
): Promise<ExperimentAdmission> {
  return superseding(request, waiting, {
    makeRoom: admit.makeRoomForExperiment,
    admit: admit.admitExperiment,
  });
}

interface Ways<A> {
  readonly makeRoom: (request: AdmitRequest & { readonly toldRunId: string | null }) => Promise<Room>;
  readonly admit: (request: AdmitRequest) => Promise<A>;
}

async function superseding<A>(request: AdmitRequest, waiting: Waiting, ways: Ways<A>): Promise<A> {
  let toldRunId: string | null = null;
  let held = 'another change';
  for (let tried = 0; tried < TRIES; tried += 1) {
    const room: Room = await ways.makeRoom({ ...request, toldRunId });
    if (room.kind === 'free') {
      const admission = await admittedUnlessTaken(request, ways);
      if (admission) return admission;
    } else {
      held = room.holder.workflowId;
      waiting.on(held);
      if (room.told) toldRunId = room.holder.firstRunId;
    }
    const pauseMs = 1_000 * Math.min(LONGEST_PAUSE_S, 2 ** tried);
    await condition(() => waiting.stopped() !== null, pauseMs);
    const stopped = waiting.stopped();
    if (stopped !== null) throw inFlight(`stopped while it waited for ${held} to end: ${stopped}`);
  }
  const told = toldRunId === null ? '' : ', though it was told to take its change back';
  throw inFlight(`${held} still holds the service after half an hour${told}`);
}

/**
 * The first message that ends a change before it was admitted, in words; null when there is none.
 * @param hearsStop whether `stop` is one, too: of an experiment, unless it began to wait before that was heard
 */
export function stopReason(early: readonly Message[], hearsStop = false): string | null {
  for (const message of early) {
    const isStop = hearsStop && message.name === 'stop';
    if (isStop || message.name === 'rollback' || message.name === 'reject') {
      return `${message.name} by ${message.by}: ${message.reason}`;
    }
  }
  return null;
}

/** Null when somebody else took the lease in between. */
async function admittedUnlessTaken<A>(request: AdmitRequest, ways: Ways<A>): Promise<A | null> {
  try {
    return await ways.admit(request);
  } catch (error) {
    if (failureType(error) === 'ChangeInFlight') return null;
    throw error;
  }
}

function inFlight(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'ChangeInFlight', message, nonRetryable: true });
}
