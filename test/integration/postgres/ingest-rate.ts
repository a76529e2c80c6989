/**
 * How fast one writer stores feedback in batches of 200, and what it costs: `npx tsx test/integration/postgres/ingest-rate.ts`.
 * CPU of Node and of its one database connection, per event; the rate is of the whole round trip with fsync on.
 */
import { readFile } from 'node:fs/promises';
import { createStores } from '../../../src/adapters/postgres/index.ts';
import { randomFeedback } from '../../support/feedback.ts';
import { startPostgres } from '../../support/postgres.ts';
import { testSettings } from '../../support/settings.ts';

const EVENTS = 20_000;
const BATCH = 200;
const SPAN_MS = 20_000;
const CLOCK_TICKS_PER_SECOND = 100;

/** User and system time of a process, ms (fields 14 and 15 of proc_pid_stat). */
async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND) * 1_000;
}

const postgres = await startPostgres();
try {
  const { pool } = await postgres.createDatabase({ connections: 1 });
  const stores = createStores(pool);
  const settings = { rollout: { block: '10s', look: '10s', lease: '60s' } };
  await stores.services.put(testSettings('support-bot', settings));
  const nowMs = Date.now();
  const startMs = nowMs - SPAN_MS;
  const events = randomFeedback(1, EVENTS, { startMs, spanMs: SPAN_MS }).sort((a, b) =>
    a.data.timestamp.localeCompare(b.data.timestamp),
  );
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid ?? 0;
  const [nodeBefore, databaseBefore, started] = [process.cpuUsage(), await cpuMsOf(pid), performance.now()];
  for (let i = 0; i < EVENTS; i += BATCH) {
    await stores.ingest.recordFeedback(events.slice(i, i + BATCH), nowMs);
  }
  const elapsedMs = performance.now() - started;
  const node = process.cpuUsage(nodeBefore);
  console.table({
    'events per second': Math.round((EVENTS / elapsedMs) * 1_000),
    'Node CPU, ms per 1,000 events': Math.round((node.user + node.system) / EVENTS),
    'database CPU, ms per 1,000 events': Math.round(
      ((await cpuMsOf(pid)) - databaseBefore) / (EVENTS / 1_000),
    ),
  });
} finally {
  await postgres.stop();
}
