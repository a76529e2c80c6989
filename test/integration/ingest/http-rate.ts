/**
 * How fast ingest takes feedback over HTTP in batches of 200, one after another, and what it costs in Node, the sender in
 * the same process included: `npx tsx test/integration/ingest/http-rate.ts`.
 */
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { randomFeedback } from '../../support/feedback.ts';
import { startTestIngest } from '../../support/ingest.ts';
import { startPostgres } from '../../support/postgres.ts';

const EVENTS = 20_000;
const BATCH = 200;
const SPAN_MS = 20_000;

const postgres = await startPostgres();
try {
  const ingest = await startTestIngest(postgres);
  const events = randomFeedback(1, EVENTS, { startMs: Date.now() - SPAN_MS, spanMs: SPAN_MS });
  const bodies = Array.from({ length: EVENTS / BATCH }, (_, i) =>
    JSON.stringify(
      events
        .slice(i * BATCH, (i + 1) * BATCH)
        .map(({ source, id, data }) => ({ specversion: '1.0', type: FEEDBACK_EVENT_TYPE, source, id, data })),
    ),
  );
  const [before, started] = [process.cpuUsage(), performance.now()];
  for (const body of bodies) {
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const response = await fetch(`${ingest.httpUrl}/v1/events`, { method: 'POST', headers, body });
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }
  const elapsedMs = performance.now() - started;
  const node = process.cpuUsage(before);
  console.table({
    'events per second': Math.round((EVENTS / elapsedMs) * 1_000),
    'Node CPU, ms per 1,000 events': Math.round((node.user + node.system) / EVENTS),
  });
  await ingest.close();
} finally {
  await postgres.stop();
}
