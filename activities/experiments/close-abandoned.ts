/** Closes the row of an experiment whose workflow has gone without closing it. What it served is taken away by whoever calls this. */
import type { ActivityPorts } from '../ports.ts';

/** How many of a service's newest experiments are searched. */
const SEARCHED = 5;

/** Key: (service, generation). One that has ended, or whose workflow ends itself later, keeps what it says. */
export async function closeAbandoned(
  { experiments, nowMs }: Pick<ActivityPorts, 'experiments' | 'nowMs'>,
  serviceId: string,
  generation: number,
  reason: string,
): Promise<void> {
  const rows = await experiments.list(serviceId, SEARCHED);
  const open = rows.find((row) => row.generation === generation && row.endedAtMs === null);
  if (!open) return;
  await experiments.upsert({ ...open, phase: 'ended', outcome: 'superseded', endedAtMs: nowMs(), reason });
}
