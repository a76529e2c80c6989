/** `emit` on a real ingest: over OTLP both ways come to the same, and what is refused is no success. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/commands/program.ts';
import { METRIC_EVENT_TYPE } from '../../../src/domain/observatory-metric.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let ingest: TestIngest;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'optimizer-test-emit-'));
  postgres = await startPostgres();
  ingest = await startTestIngest(postgres);
});
afterAll(async () => {
  await ingest.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the command prints and ends with, on a file with these metrics of a service. */
async function emitted(
  to: 'otlp' | 'grpc',
  url: string,
  service: string,
  metrics: readonly object[],
  time = new Date().toISOString(),
) {
  const file = join(folder, `${service}.jsonl`);
  const events = metrics.map((metric, i) => ({
    specversion: '1.0',
    type: METRIC_EVENT_TYPE,
    source: '/test',
    id: `${service}-${i}`,
    time,
    data: { ...metric, attributes: { service } },
  }));
  writeFileSync(file, events.map((event) => JSON.stringify(event)).join('\n'));
  let printed = '';
  const nobody = () => {
    throw new Error('a server was opened');
  };
  const exit = await runCli(
    {
      out: (text) => void (printed += text),
      err: (text) => void (printed += text),
      open: nobody,
      openLog: nobody,
      taskQueue: 'nobody',
      nowMs: Date.now,
      delay: () => Promise.resolve(),
    },
    ['emit', file, '--to', to, '--url', url],
  );
  return { exit, printed };
}

const METRICS = [
  { metric_name: 'llm.request.cost', value: 0.25 },
  { metric_name: 'llm.request.cost', value: 0.5 },
  {
    metric_name: 'llm.request.duration',
    value: 2,
    aggregation: { type: 'histogram', count: 4, sum: 8, min: 1, max: 3 },
  },
];

it('counts the same over gRPC as over HTTP', async () => {
  const all = { 'llm.request.cost': [2, 0.75], 'llm.request.duration': [4, 8] };
  expect(await emitted('grpc', ingest.grpcAddress, 'by-grpc', METRICS)).toEqual({
    exit: 0,
    printed: 'Sent: 3 events.\nOK: 1\n',
  });
  expect(await ingest.totals('by-grpc')).toEqual(all);
  expect(await emitted('grpc', `http://${ingest.grpcAddress}/`, 'by-url', METRICS)).toMatchObject({
    exit: 0,
  });
  expect(await emitted('otlp', ingest.httpUrl, 'by-http', METRICS)).toMatchObject({ exit: 0 });
  expect([await ingest.totals('by-url'), await ingest.totals('by-http')]).toEqual([all, all]);
});

it('says what was refused, and that nobody answers', async () => {
  const old = new Date(Date.now() - 9 * 86_400_000).toISOString();
  const refused = await emitted('grpc', ingest.grpcAddress, 'refused', METRICS, old);
  expect([refused.exit, refused.printed]).toEqual([
    1,
    expect.stringMatching(/^Sent: 3 events\.\nOK .*"rejectedDataPoints":"3"/u),
  ]);
  const nowhere = await emitted('grpc', '127.0.0.1:1', 'nowhere', METRICS);
  expect([nowhere.exit, nowhere.printed]).toEqual([1, expect.stringMatching(/UNAVAILABLE/u)]);
});
