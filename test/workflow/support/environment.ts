/**
 * A Temporal server for the tests of a file, with workers for both task queues. Each test works on a service of its own, so
 * that no workflow id is used twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { Activities } from '../../../activities/index.ts';
import type { RolloutState } from '../../../src/state/rollout/index.ts';
import { CONTROL_TASK_QUEUE, TASK_QUEUE } from '../../../workflows/activity-options.ts';
import { SEARCH_ATTRIBUTES } from '../../../deploy/bootstrap/wanted.ts';
import { startDevelopment, startTimeSkipping } from '../../support/temporal-environment.ts';
import { controlActivities, mainActivities } from './activities.ts';
import type { Place } from './place.ts';
import { World, type Hang } from './world.ts';

/** What the `state` query of a rollout shows, as far as tests read it. */
export type Shown = Omit<RolloutState, 'evidence' | 'seen'> & {
  readonly input: unknown;
  readonly startedBy: string;
  readonly ignored: readonly { readonly name: string; readonly why: string }[];
};

/** A query whose answer has not come by then is asked again, with more time after each that was lost: a slow machine answers late. */
const QUERY_LIMIT_MS = 2_000;
const LONGEST_QUERY_MS = 20_000;
/** Turns of `until`, 20 ms each, before time is skipped. */
const TURNS_IN_REAL_TIME = 25;
/** What has not come by then never comes. Less than the time of a test, so that the test says what it saw last. */
const NEVER_MS = 180_000;

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

export class Temporal {
  readonly env: TestWorkflowEnvironment;
  readonly worlds = new Map<string, World>();

  constructor(env: TestWorkflowEnvironment) {
    this.env = env;
  }

  get client() {
    return this.env.client;
  }

  /** A service of its own for a test. Names are read in histories, so they say what is tried. */
  service(serviceId: string): World {
    if (this.worlds.has(serviceId)) throw new Error(`service ${serviceId}: two tests share it`);
    const world = new World(serviceId);
    this.worlds.set(serviceId, world);
    return world;
  }

  /** Starts a workflow as a person would. Ids are those of the contracts. */
  start(type: string, workflowId: string, ...args: readonly unknown[]): Promise<WorkflowHandle> {
    return this.client.workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [...args] });
  }

  rollout(world: World, more: Readonly<Record<string, unknown>> = {}): Promise<WorkflowHandle> {
    const { serviceId } = world;
    return this.start('canaryRollout', `rollout/${serviceId}`, {
      serviceId,
      change: { model: 'new' },
      ...more,
    });
  }

  experiment(world: World, more: Readonly<Record<string, unknown>> = {}): Promise<WorkflowHandle> {
    const { serviceId } = world;
    return this.start('abExperiment', `experiment/${serviceId}`, {
      serviceId,
      name: 'concise',
      variants: [
        { id: 'concise', change: { model: 'new' } },
        { id: 'clear', change: { model: 'other' } },
      ],
      ...more,
    });
  }

  /** Skips time, or gives up after a second: the server now and then loses the wake-up of a sleep that meets a task. */
  async skip(duration: '1s' | '10s' | '1m'): Promise<void> {
    await Promise.race([this.env.sleep(duration), delay(1_000)]);
  }

  /** Waits until an activity hangs; time is skipped a second at a time, and stands still while an activity runs. */
  async reach(hang: Hang): Promise<void> {
    const reached = hang.reached.then(() => true);
    for (const endMs = performance.now() + NEVER_MS; performance.now() < endMs;) {
      if (await Promise.race([reached, this.skip('1s').then(() => false)])) return;
    }
    throw new Error('the activity was never reached');
  }

  /** The answer of a query of a workflow that is there, asked again for as long as it gets lost. No time is skipped. */
  async ask<S = Shown>(handle: WorkflowHandle, query = 'state'): Promise<S> {
    for (let lost = 0; ; lost += 1) {
      const answer = await this.answerOf<S>(handle, query, lost);
      if (answer !== null) return answer;
      await delay(20);
    }
  }

  /**
   * The history's events as on a machine that never stands still: a workflow task that ran out of time, or whose code was kept from running
   * for so long that it counted as stuck, is tried again, and each such try adds three events.
   */
  async eventsOf(workflowId: string): Promise<readonly HistoryEvent[]> {
    const { events } = await this.client.workflow.getHandle(workflowId).fetchHistory();
    const all = events ?? [];
    const lost = all.flatMap(({ eventId, ...event }) => {
      const tried = event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes;
      return tried ? [eventId, tried.scheduledEventId, tried.startedEventId].map(String) : [];
    });
    return all.filter(({ eventId }) => !lost.includes(String(eventId)));
  }

  /**
   * What the query shows; null while the workflow is not there yet, and when the answer got lost: the time-skipping server
   * now and then drops a query that meets a workflow task.
   */
  private async answerOf<S>(handle: WorkflowHandle, query: string, lost: number): Promise<S | null> {
    const limitMs = Math.min(LONGEST_QUERY_MS, (1 + lost) * QUERY_LIMIT_MS);
    try {
      return await this.client.withDeadline(Date.now() + limitMs, () => handle.query<S>(query));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      const cause: unknown = error instanceof Error ? error.cause : undefined;
      const isLost = [error, cause].some((each) => isGrpcServiceError(each) && LOST.has(each.code));
      if (isLost) return null;
      throw error;
    }
  }

  /**
   * Waits until the workflow's state is as `wanted` says. What comes without any timer is waited for as it is; after that time
   * is skipped, where it can be, ten seconds at a turn.
   */
  async until<S = Shown>(handle: WorkflowHandle, wanted: (state: S) => boolean): Promise<S> {
    let lost = 0;
    let last: S | null = null;
    const endMs = performance.now() + NEVER_MS;
    for (let turn = 0; performance.now() < endMs; turn += 1) {
      const state = await this.answerOf<S>(handle, 'state', lost);
      if (state !== null && wanted(state)) return state;
      lost = state === null ? lost + 1 : 0;
      last = state ?? last;
      await (this.env.supportsTimeSkipping && turn >= TURNS_IN_REAL_TIME ? this.skip('10s') : delay(20));
    }
    const { status } = await handle.describe();
    throw new Error(`${status.name}, and the state never came: ${JSON.stringify(last)}`);
  }
}

/** What a query ends with whose answer does not come in time. */
const LOST: ReadonlySet<number> = new Set([status.DEADLINE_EXCEEDED, status.CANCELLED]);

/** `temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD` */
const KEYWORD = 2;

/** A time-skipping server that knows the search attributes; it answers no visibility query, so the bootstrap cannot be used. */
export async function createTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const env = await startTimeSkipping();
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
  return env;
}

/** The development server: real time, and continue-as-new as it truly is. */
export const createDevelopment = (): Promise<TestWorkflowEnvironment> => startDevelopment();

export interface Running {
  stop(): Promise<void>;
}

/** Both workers, over a bundle. */
export async function startWorkers(temporal: Temporal, bundle: WorkflowBundleOption): Promise<Running> {
  const { env } = temporal;
  const place: Place = {
    world: (serviceId) => {
      const world = temporal.worlds.get(serviceId);
      if (!world) throw new Error(`service ${serviceId}: no test has named it`);
      return world;
    },
    nowMs: () => env.currentTimeMs(),
    signalRollback: async (workflowId, message) => {
      try {
        await env.client.workflow.getHandle(workflowId).signal('rollback', message);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
  const common = {
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    identity: 'test-worker',
    shutdownGraceTime: 0,
  };
  const activities: Activities = mainActivities(place);
  const workers = [
    // In debug mode code of a workflow may take as long as it takes: no machine is so slow that it counts as stuck.
    await Worker.create({
      ...common,
      taskQueue: TASK_QUEUE,
      workflowBundle: bundle,
      activities,
      debugMode: true,
    }),
    await Worker.create({ ...common, taskQueue: CONTROL_TASK_QUEUE, activities: controlActivities(place) }),
  ];
  const runs = workers.map((worker) => worker.run());
  return {
    stop: async () => {
      for (const world of temporal.worlds.values()) world.release();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(runs);
    },
  };
}

/** Keeps the workers' own log out of the tests' output; warnings of workflows that fail on purpose are not news. */
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
