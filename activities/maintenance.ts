/** Upkeep of the database: what a run keeps to, and one portion of one of its steps. */
import { CancelledFailure } from '@temporalio/activity';
import { partitionsToDrop, retentionOfRun, type Partition } from '../src/domain/retention.ts';
import { formatDuration } from '../src/domain/duration.ts';
import { Failure } from '../src/domain/failure.ts';
import type { Done, MaintenanceStore, Portion } from '../src/ports/maintenance.ts';
import type { MaintenancePlan, MaintenanceStep, Place } from '../src/state/maintenance.ts';
import { contextIfAny } from './heartbeat.ts';
import type { ActivityPorts } from './ports.ts';

const DAY_MS = 86_400_000;

/** By how much our clock and that of the store may differ: what goes is gone, so neither is believed alone. */
const CLOCKS_MS = 5 * 60_000;

/** Yesterday's too: what is late must find its partition as well. */
const DAYS = [-1, 0, 1, 2, 3];

/** A portion ends at the first statement after this, and fails at the first one after the activity is cancelled. */
const PORTION_MS = 10_000;
const ROWS_AT_ONCE = 5_000;

/** How often partitions that are in use are tried in one portion, and how long ingest is left alone between two tries. */
const TRIES = 10;
const PAUSE_MS = 500;

/**
 * Admit. Reads the input, which says for how long what is kept, else the settings of the process. A second run answers the same but for the time.
 * Final: `InvalidInput`. `StoreUnavailable`, tried again, while the clocks of this process and of the store differ: nothing goes by a clock that is wrong.
 */
export async function planMaintenance(
  ports: Pick<ActivityPorts, 'retention' | 'nowMs'> & {
    readonly maintenance: Pick<MaintenanceStore, 'nowMs'>;
  },
  { input }: { readonly input: unknown },
): Promise<MaintenancePlan> {
  const kept = retentionOfRun(input, ports.retention());
  const [theirs, ours] = [await ports.maintenance.nowMs(), ports.nowMs()];
  const apart = Math.abs(theirs - ours);
  if (!(apart <= CLOCKS_MS)) {
    throw new Failure(
      'StoreUnavailable',
      `the clock of the database says ${textOf(theirs)} and that of this worker ${textOf(ours)}, expected at most ${formatDuration(CLOCKS_MS)} apart: nothing is removed until they agree`,
    );
  }
  return { nowMs: Math.min(theirs, ours), kept };
}

const textOf = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms));

/**
 * Mutate. One portion of a step, some ten seconds of statements that are each done or not done; `from` is where the one before has stopped. Key: the step and the plan's
 * time, by which a second run finds only what the first has left. Final: nothing; `StoreUnavailable` when a partition is in use all the time.
 */
export async function maintain(
  ports: Pick<ActivityPorts, 'maintenance' | 'nowMs'>,
  {
    step,
    plan,
    from,
  }: { readonly step: MaintenanceStep; readonly plan: MaintenancePlan; readonly from?: Place },
): Promise<{ readonly count: number; readonly more: boolean; readonly next?: Place }> {
  const { maintenance: store } = ports;
  const endMs = ports.nowMs() + PORTION_MS;
  const context = contextIfAny();
  const enough = () => {
    if (context?.cancellationSignal.aborted === true) throw new CancelledFailure(`${step}: cancelled`);
    return ports.nowMs() >= endMs;
  };
  const portion = { rowsAtOnce: ROWS_AT_ONCE, enough, ...(from && { from }) };
  if (step === 'partitionsAhead') {
    const count = await store.makePartitions(DAYS.map((days) => plan.nowMs + days * DAY_MS));
    return { count, more: false };
  }
  if (step === 'rawEvents') return told(await dropOld(store, plan, portion));
  if (step === 'mergedWindows') return told(await store.mergeWindows(plan.kept, plan.nowMs, portion));
  return told(await store.removeOld(step, plan.kept, plan.nowMs, portion));
}

const told = ({ rows, ...rest }: Done) => ({ count: rows, ...rest });

/** All that can be locked, whatever becomes of the others: those are tried again, and told of when nothing else is left to do. */
async function dropOld(store: MaintenanceStore, plan: MaintenancePlan, { enough }: Portion): Promise<Done> {
  let old = partitionsToDrop(await store.partitions(), plan.kept, plan.nowMs);
  let rows = 0;
  for (let tries = 1; ; tries += 1) {
    const inUse: Partition[] = [];
    for (const [i, partition] of old.entries()) {
      if (await store.dropPartition(partition)) rows += 1;
      else inUse.push(partition);
      const left = inUse.length + old.length - i - 1;
      if (rows > 0 && left > 0 && enough()) return { rows, more: true };
    }
    if (inUse.length === 0) return { rows, more: false };
    if (tries === TRIES || enough()) {
      if (rows > 0) return { rows, more: true };
      const names = inUse.map(({ name }) => name).join(', ');
      const why = `${names}: in use, and could not be locked within a tenth of a second, ${tries} times`;
      throw new Failure('StoreUnavailable', why);
    }
    old = inUse;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
