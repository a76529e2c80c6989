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
/** Events at which a run continues as new, and those that a tick adds. */
const RUN_ENDS_AT = 8_000;
const EVENTS_OF_A_TICK = 11;
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
 * Within the last tick but one of a run time is held still, and the experiment is paused after that tick: the run continues as new with the pause. The
 * first time it is resumed after six hours; the second time it is rolled back at that very moment. (A message that interrupts an activity stops this
 * server from skipping time for good.)
 */
function disturbedWeek(bundle: WorkflowBundleOption): Promise<Weeks['disturbed']> {
  return onServer(bundle, async (temporal) => {
    const world = temporal.service('disturbed-week');
    const handle = await temporal.experiment(world);
    const lengthOf = async (): Promise<number> => (await handle.describe()).historyLength;
    const sentAtEvents: number[] = [];
    const isNearTheEnd = async (ticksAhead: number): Promise<boolean> => {
      const length = await lengthOf();
      if (length < RUN_ENDS_AT - ticksAhead * EVENTS_OF_A_TICK) return false;
      sentAtEvents.push(length);
      return true;
    };
    const paused = new Promise<Paused>((resolve, reject) => {
      world.onTick = async () => {
        if (sentAtEvents.length === 0) {
          if (!(await isNearTheEnd(2))) return;
          await clockOf(temporal).lockTimeSkipping({});
          const before = await ticksOf(handle);
          pauseForHours(temporal, world, { handle, before }).then(resolve, reject);
        } else if (sentAtEvents.length === 1 && (await isNearTheEnd(2))) {
          await clockOf(temporal).lockTimeSkipping({});
          const before = await ticksOf(handle);
          rollBackAtTheEnd(temporal, world, { handle, before }).catch(reject);
        }
      };
    });
    const [week, pause] = await Promise.all([weekOf(temporal, world, handle, bundle), paused]);
    return { ...week, ...pause, sentAtEvents };
  });
}

type Paused = Pick<Weeks['disturbed'], 'pausedMs' | 'runsWhilePaused'>;

/** Pauses it once more, and rolls it back at the moment at which its arms are gone: that is when the run continues as new. */
async function rollBackAtTheEnd(temporal: Temporal, world: World, { handle, before }: At): Promise<void> {
  while ((await ticksOf(handle)) === before) await delay(20);
  await handle.signal('pause', { by: 'ann', reason: 'pause before the boundary' });
  await whenServed(temporal, world, false);
  await handle.signal('rollback', { by: 'oncall', reason: 'rollback across the boundary' });
  await clockOf(temporal).unlockTimeSkipping({});
}

interface At {
  readonly handle: WorkflowHandle;
  /** Ticks that were reported when time was held still. */
  readonly before: number;
}

const ticksOf = async (handle: WorkflowHandle): Promise<number> =>
  (await handle.query<{ readonly ticks: number }>('state')).ticks;

/** Begins within a tick, with time held still, and ends with time running again. */
async function pauseForHours(temporal: Temporal, world: World, { handle, before }: At): Promise<Paused> {
  const { env } = temporal;
  const ticks = world.ticks.length;
  while ((await ticksOf(handle)) === before) await delay(20);
  await handle.signal('pause', { by: 'ann', reason: 'pause across the boundary' });
  const pausedAtMs = await whenServed(temporal, world, false);
  await env.sleep(PAUSED_MS);
  if (world.ticks.length > ticks) throw new Error('it ticked while it was paused');
  const runsWhilePaused = (await historiesOf(temporal, handle.workflowId)).length;
  await handle.signal('resume', { by: 'ann' });
  const resumedAtMs = await whenServed(temporal, world, true);
  await clockOf(temporal).unlockTimeSkipping({});
  return { pausedMs: resumedAtMs - pausedAtMs, runsWhilePaused };
}

/** What holds the time of the server still, and lets it run again. */
function clockOf({ env }: Temporal) {
  const { testService } = env.connection;
  if (!testService) throw new TypeError('this server skips no time');
  return testService;
}

/** Server time at which the gateway was seen to serve the arms, or not to serve them any more. Nothing is skipped meanwhile: no timer leads there. */
async function whenServed(temporal: Temporal, world: World, wanted: boolean): Promise<number> {
  for (let turn = 0; turn < 500; turn += 1) {
    if ((world.gateway.arms !== null) === wanted) return temporal.env.currentTimeMs();
    await delay(20);
  }
  throw new Error(`the arms were never ${wanted ? 'served again' : 'taken away'}`);
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
