/** What answered in each arm and window of an experiment, and how often. What of it counts as a change is not decided here. */
import { providerSignature } from '../../domain/provider-signature.ts';
import type { FeedbackEvent } from '../../ports/windows.ts';
import { windowMsOf } from './block-lengths.ts';
import type { Queryable } from './database.ts';
import { windowStartMs } from './window-rows.ts';

/** In the caller's transaction. A request that failed was answered by nobody: it would look like another provider. */
export async function rememberProviders(
  tx: Queryable,
  events: readonly FeedbackEvent[],
  blocks: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = new Map<string, Readonly<Record<string, unknown>> & { readonly answers: number }>();
  for (const { data } of events.filter((event) => !event.data.error)) {
    const windowMs = windowMsOf(blocks, data.service);
    const row = {
      service_id: data.service,
      generation: data.generation,
      window_start_ms: windowStartMs(Date.parse(data.timestamp), windowMs),
      window_ms: windowMs,
      arm: data.arm,
      signature: providerSignature(data),
    };
    const key = JSON.stringify(Object.values(row));
    rows.set(key, { ...row, answers: (rows.get(key)?.answers ?? 0) + 1 });
  }
  if (rows.size === 0) return;
  // One order for all writers: two batches never wait for each other in a circle.
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await tx.query(
    `INSERT INTO experiment_providers AS known
     SELECT * FROM json_populate_recordset(NULL::experiment_providers, $1)
     ON CONFLICT (service_id, generation, window_start_ms, window_ms, arm, signature)
     DO UPDATE SET answers = known.answers + excluded.answers`,
    [JSON.stringify(sorted)],
  );
}
