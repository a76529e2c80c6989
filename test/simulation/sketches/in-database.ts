/** The same windows by the way that production takes: events into a real PostgreSQL, its upserts and `sum_sketches`, and the sum that gates and detectors read. */
import type { SketchState } from '../../../src/domain/window.ts';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { startPostgres } from '../../support/postgres.ts';
import type { Kind } from './recorded.ts';

const MINUTE_MS = 60_000;
const AT_ONCE = 2_000;

/** Dealt by kind; window `i` is the `i`th minute. Every batch holds events of many windows, so that each window is merged several times. */
export async function sumInDatabase(
  dealt: Readonly<Record<Kind, readonly (readonly number[])[]>>,
  onProgress: (line: string) => void,
): Promise<{ readonly sums: ReadonlyMap<string, SketchState | null>; readonly windows: number }> {
  const postgres = await startPostgres();
  try {
    const { pool } = await postgres.createDatabase();
    const { ingest, windows } = createStores(pool);
    const kinds = Object.entries(dealt);
    const most = Math.max(...kinds.map(([, all]) => all.length));
    const toMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const fromMs = toMs - most * MINUTE_MS;
    const events = kinds.flatMap(([service, ofKind]) =>
      ofKind.flatMap((values, no) =>
        values.map((latency_ms, i) =>
          feedbackEvent(`${service}-${no}-${i}`, {
            service,
            latency_ms,
            timestamp: new Date(fromMs + no * MINUTE_MS + i).toISOString(),
          }),
        ),
      ),
    );
    const batches = Math.ceil(events.length / AT_ONCE);
    onProgress(`${events.length} events into PostgreSQL`);
    for (let no = 0; no < batches; no += 1) {
      const batch = events.filter((_, i) => i % batches === no);
      await ingest.recordFeedback(batch, Date.now());
    }
    const sums = new Map<string, SketchState | null>();
    for (const [serviceId] of kinds) {
      const { all } = await windows.summary({ serviceId, arm: 'stable', generation: 1, fromMs, toMs });
      sums.set(serviceId, all.latencyMs?.sketch ?? null);
    }
    const { rows } = await pool.query<{ n: number }>(
      `SELECT count(*)::integer AS n FROM metric_windows WHERE metric = 'latencyMs'`,
    );
    return { sums, windows: rows[0]?.n ?? 0 };
  } finally {
    await postgres.stop();
  }
}
