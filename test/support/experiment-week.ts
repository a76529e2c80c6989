/**
 * Seven days of an experiment on the time-skipping server: every look and renewal that was due is held against what the activities were asked, and
 * the history of every run is replayed. The second story is paused and rolled back by signals that are sent as a run continues as new.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { ExperimentSummary } from '../../activities/index.ts';
import { createTimeSkipping, startWorkers, Temporal } from '../workflow/support/environment.ts';
import type { World } from '../workflow/support/world.ts';

const MINUTE_MS = 60_000;
const TICK_MS = 5 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Looks come with every third tick. */
const TICKS_PER_LOOK = 3;
/** Events at which a run continues as new, those that a tick adds, and a length at which it is not to be expected within hours. */
const RUN_ENDS_AT = 8_000;
const EVENTS_OF_A_TICK = 11;
const FAR_FROM_THE_END = 7_500;
const PAUSED_MS = 6 * 60 * MINUTE_MS;

export interface Week {
  readonly days: number;
  readonly outcome: string;
  readonly reason: string;
  readonly ticks: number;
  readonly looks: number;
  /** Ticks and looks that were due and never came, or came at another time than they were due. */
  readonly missed: number;
  readonly runs: number;
  readonly events: number;
  readonly replayed: number;
  readonly seconds: number;
  /** What the gateway still served in the end beside the stable configuration: nothing, or a promise is broken. */
  readonly leftLive: string | null;
}

export interface Weeks {
  readonly whole: Week;
  readonly disturbed: Week & {
    readonly pausedMs: number;
    /** Two when the pause was carried into a new run, and the resume reached that one. */
    readonly runsWhilePaused: number;
    readonly sentAtEvents: readonly number[];
  };
}

export async function liveThroughWeeks(
  bundle: WorkflowBundleOption,
  onProgress: (line: string) => void,
): Promise<Weeks> {
  const whole = await wholeWeek(bundle);
  onProgress(`a week without disturbance: ${whole.outcome}, ${whole.events} events in ${whole.runs} runs`);
  return { whole, disturbed: await disturbedWeek(bundle) };
}

/** Nothing is found in seven days. */
function wholeWeek(bundle: WorkflowBundleOption): Promise<Week> {
  return onServer(bundle, async (temporal) => {
    const world = temporal.service('week');
    const handle = await temporal.experiment(world);
    return weekOf(temporal, world, handle, bundle);
  });
}

/**
 * Just before the end of the first run it is paused, so that the run continues as new with the pause; after six hours it is resumed. At the end of the second run it is rolled back, by a signal
 * that comes within the tick after which it would continue as new. (A pause that interrupts an activity stops this server from skipping time for good.)
 */
function disturbedWeek(bundle: WorkflowBundleOption): Promise<Weeks['disturbed']> {
  return onServer(bundle, async (temporal) => {
    const world = temporal.service('disturbed-week');
    const handle = await temporal.experiment(world);
    const lengthOf = async (): Promise<number> => (await handle.describe()).historyLength;
    const sentAtEvents: number[] = [];
    for (let length = 0; length < RUN_ENDS_AT - EVENTS_OF_A_TICK; length = await lengthOf()) {
      await skipped(temporal, length < FAR_FROM_THE_END ? '1h' : '5m');
      if (world.finishedExperiment) throw new Error('it ended before it could be paused');
    }
    sentAtEvents.push(await lengthOf());
    await handle.signal('pause', { by: 'ann', reason: 'pause across the boundary' });
    const pausedAtMs = await whenServed(temporal, world, false);
    while ((await temporal.env.currentTimeMs()) < pausedAtMs + PAUSED_MS) await skipped(temporal, '1h');
    const runsWhilePaused = (await historiesOf(temporal, handle.workflowId)).length;
    await handle.signal('resume', { by: 'ann' });
    const resumedAtMs = await whenServed(temporal, world, true);
    world.onTick = async () => {
      if (sentAtEvents.length > 1) return;
      const length = await lengthOf();
      if (length < RUN_ENDS_AT - EVENTS_OF_A_TICK) return;
      sentAtEvents.push(length);
      await handle.signal('rollback', { by: 'oncall', reason: 'rollback across the boundary' });
    };
    const week = await weekOf(temporal, world, handle, bundle);
    return { ...week, pausedMs: resumedAtMs - pausedAtMs, runsWhilePaused, sentAtEvents };
  });
}

/** Server time at which the gateway was seen to serve the arms, or not to serve them any more. Nothing is skipped meanwhile: no timer leads there. */
async function whenServed(temporal: Temporal, world: World, wanted: boolean): Promise<number> {
  for (let turn = 0; turn < 500; turn += 1) {
    if ((world.gateway.arms !== null) === wanted) return temporal.env.currentTimeMs();
    await delay(20);
  }
  throw new Error(`the arms were never ${wanted ? 'served again' : 'taken away'}`);
}

/** Skips time, or gives up after a second: the server now and then loses the wake-up of a sleep that meets a task. */
async function skipped({ env }: Temporal, duration: '5m' | '1h'): Promise<void> {
  await Promise.race([env.sleep(duration), delay(1_000)]);
}

async function onServer<T>(
  bundle: WorkflowBundleOption,
  run: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  const temporal = new Temporal(await createTimeSkipping());
  const workers = await startWorkers(temporal, bundle);
  try {
    return await run(temporal);
  } finally {
    await workers.stop();
    await temporal.env.teardown();
  }
}

async function weekOf(
  temporal: Temporal,
  world: World,
  handle: WorkflowHandle,
  bundle: WorkflowBundleOption,
): Promise<Week> {
  const began = performance.now();
  const summary = (await handle.result()) as ExperimentSummary;
  const seconds = (performance.now() - began) / 1_000;
  const histories = await historiesOf(temporal, handle.workflowId);
  for (const history of histories) await Worker.runReplayHistory({ workflowBundle: bundle }, history);
  const periods = world.finishedExperiment?.periods ?? [];
  const due = periods.flatMap(({ fromMs, toMs }) => dueTicks(world, fromMs, toMs ?? fromMs));
  return {
    days: due.length === 0 ? 0 : ((due.at(-1) ?? 0) - (periods[0]?.fromMs ?? 0)) / DAY_MS,
    outcome: summary.outcome,
    reason: summary.reason,
    ticks: summary.ticks,
    looks: summary.looks,
    missed: missedOf(world, due),
    runs: histories.length,
    events: histories.reduce((sum, { events }) => sum + (events?.length ?? 0), 0),
    replayed: histories.length,
    seconds,
    leftLive: world.gateway.arms ?? world.gateway.candidate,
  };
}

/** Every point of the grid within a period; the grid begins when the arms were first served. */
function dueTicks(world: World, fromMs: number, toMs: number): readonly number[] {
  const originMs = world.finishedExperiment?.startedAtMs ?? fromMs;
  const first = Math.floor((fromMs - originMs) / TICK_MS) + 1;
  const last = Math.floor((toMs - originMs) / TICK_MS);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => originMs + (first + i) * TICK_MS);
}

/** A tick is in time within a second of when it was due, and looks when a look was due. */
function missedOf(world: World, due: readonly number[]): number {
  const originMs = world.finishedExperiment?.startedAtMs ?? 0;
  const missed = due.filter((atMs) => {
    const tick = world.ticks.find((each) => Math.abs(each.atMs - atMs) < 1_000);
    const isLook = Math.round((atMs - originMs) / TICK_MS) % TICKS_PER_LOOK === 0;
    return !tick || (isLook && !tick.judge);
  });
  return missed.length;
}

/** The server sends a history in one piece, larger than a client takes unless told. */
async function historiesOf({ env }: Temporal, workflowId: string) {
  const connection = await Connection.connect({
    address: env.address,
    channelArgs: { 'grpc.max_receive_message_length': -1 },
  });
  const client = new Client({ connection, namespace: env.namespace ?? 'default' });
  const histories: Awaited<ReturnType<WorkflowHandle['fetchHistory']>>[] = [];
  try {
    for (let runId: string | undefined; ;) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      histories.unshift(history);
      const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
      runId = started?.continuedExecutionRunId ?? undefined;
      if (runId === undefined || runId === '') return histories;
    }
  } finally {
    await connection.close();
  }
}
