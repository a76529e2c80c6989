/** Upkeep of the database: what a run keeps to, and one portion of one of its steps. */
import { partitionsToDrop, retentionOfRun } from '../src/domain/retention.ts';
import { Failure } from '../src/domain/failure.ts';
import type { Done, MaintenanceStore, Portion } from '../src/ports/maintenance.ts';
import type { MaintenancePlan, MaintenanceStep } from '../src/state/maintenance.ts';
import type { ActivityPorts } from './ports.ts';

const DAY_MS = 86_400_000;

/** Yesterday's too: what is late must find its partition as well. */
const DAYS = [-1, 0, 1, 2, 3];

/** A portion ends at the first statement after this. */
const PORTION_MS = 10_000;
const ROWS_AT_ONCE = 5_000;

/** How often a partition that is in use is tried in one portion, and how long ingest is left alone between two tries. */
const TRIES = 10;
const PAUSE_MS = 500;

/**
 * Admit. Reads the input, which says for how long what is kept, else the settings of the process. A second run answers the same but for the time.
 * Final: `InvalidInput`.
 */
export async function planMaintenance(
  ports: Pick<ActivityPorts, 'retention' | 'nowMs'>,
  { input }: { readonly input: unknown },
): Promise<MaintenancePlan> {
  return { nowMs: ports.nowMs(), kept: retentionOfRun(input, ports.retention()) };
}

/**
 * Mutate. One portion of a step, some ten seconds of statements that are each done or not done. Key: the step and the plan's time, by which a second run
 * finds only what the first has left. Final: nothing; `StoreUnavailable` when a partition is in use all the time.
 */
export async function maintain(
  ports: Pick<ActivityPorts, 'maintenance' | 'nowMs'>,
  { step, plan }: { readonly step: MaintenanceStep; readonly plan: MaintenancePlan },
): Promise<{ readonly count: number; readonly more: boolean }> {
  const { maintenance: store } = ports;
  const endMs = ports.nowMs() + PORTION_MS;
  const portion = { rowsAtOnce: ROWS_AT_ONCE, enough: () => ports.nowMs() >= endMs };
  if (step === 'partitionsAhead') {
    const count = await store.makePartitions(DAYS.map((days) => plan.nowMs + days * DAY_MS));
    return { count, more: false };
  }
  if (step === 'rawEvents') return told(await dropOld(store, plan, portion));
  if (step === 'mergedWindows') return told(await store.mergeWindows(plan.kept, plan.nowMs, portion));
  return told(await store.removeOld(step, plan.kept, plan.nowMs, portion));
}

const told = ({ rows, more }: Done) => ({ count: rows, more });

async function dropOld(store: MaintenanceStore, plan: MaintenancePlan, { enough }: Portion): Promise<Done> {
  const old = partitionsToDrop(await store.partitions(), plan.kept, plan.nowMs);
  let rows = 0;
  for (const partition of old) {
    for (let tries = 1; !(await store.dropPartition(partition)); tries += 1) {
      if (tries === TRIES) {
        const why = `${partition.name} is in use: it could not be locked within a tenth of a second, ${TRIES} times`;
        throw new Failure('StoreUnavailable', why);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    rows += 1;
    if (enough()) return { rows, more: partition !== old.at(-1) };
  }
  return { rows, more: false };
}
