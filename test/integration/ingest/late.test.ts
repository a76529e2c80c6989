/** How late an event may be: up to the bound it goes to the window of its own time, beyond it is set aside with the reason, whatever brings it. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { feedbackEvent } from '../../support/feedback.ts';
import { startTestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());

async function send(lateMs: number | undefined, ...ageMs: readonly number[]) {
  const nowMs = Math.floor(Date.now() / MINUTE) * MINUTE + 30_000;
  const options = { clock: () => nowMs, ...(lateMs !== undefined && { lateMs }) };
  const ingest = await startTestIngest(postgres, options);
  onTestFinished(() => ingest.close());
  const events = ageMs.map((age) => {
    const { id, data, source } = feedbackEvent(`age-${age}`, {
      timestamp: new Date(nowMs - age).toISOString(),
    });
    return { specversion: '1.0', type: 'com.llmdevops.observatory.feedback.v1', id, source, data };
  });
  const response = await fetch(`${ingest.httpUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  const { rows } = await ingest.pool.query<{ at: number }>(
    `SELECT ($1 - window_start_ms)::float8 AS at FROM metric_windows WHERE metric = 'error' ORDER BY 1`,
    [nowMs - 30_000],
  );
  return {
    status: response.status,
    minutesAgo: rows.map(({ at }) => at / MINUTE),
    aside: await ingest.setAside(),
  };
}

it('an event as late as the bound goes to its own minute, a later one is set aside with the bound in its reason', async () => {
  const { minutesAgo, aside } = await send(2 * HOUR, 0, 45 * MINUTE, 2 * HOUR, 2 * HOUR + 1);
  expect(minutesAgo).toEqual([0, 45, 120]);
  expect(aside).toHaveLength(1);
  expect(aside[0]?.reason).toContain('a time within the last 2h, at most 1 hour ahead');
});

it('without a setting the bound is seven days', async () => {
  const { minutesAgo, aside } = await send(undefined, 7 * 24 * HOUR, 7 * 24 * HOUR + 1);
  expect(minutesAgo).toEqual([7 * 24 * 60]);
  expect(aside[0]?.reason).toContain('within the last 7 days');
});
