/** Senders that stop in the middle, or never read what they are answered: they cost themselves, and nobody else. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import type { IngestOptions } from '../../../src/ingest/index.ts';
import { feedbackEvent } from '../../support/feedback.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

const BATCH = 'application/cloudevents-batch+json';

let postgres: TestPostgres;
let ingest: TestIngest | null = null;

beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres.stop());
afterEach(() => ingest?.close());

const start = async (options: Partial<IngestOptions>): Promise<TestIngest> =>
  (ingest = await startTestIngest(postgres, options));

/** A connection that has sent the head of a request and `body`, of which more is announced, and reads nothing. */
async function stall(
  { httpUrl }: TestIngest,
  body: string,
  more = 1_000,
  path = '/v1/events',
): Promise<Socket> {
  const { hostname, port } = new URL(httpUrl);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const length = Buffer.byteLength(body) + more;
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${BATCH}\r\nContent-Length: ${length}\r\n\r\n`;
  await new Promise((sent) => socket.write(head + body, sent));
  return socket;
}

/** One event, which nobody has sent before. */
async function post({ httpUrl }: TestIngest) {
  const { source, id, data } = feedbackEvent(`${Math.random()}`, { timestamp: new Date().toISOString() });
  const event = { specversion: '1.0', type: FEEDBACK_EVENT_TYPE, source, id, data };
  const answer = await fetch(`${httpUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': BATCH },
    body: JSON.stringify([event]),
  });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
}

it('takes events while more senders than it works for at once stop within their bodies', async () => {
  const taking = await start({ maxInFlight: 2 });
  for (const path of ['/v1/events', '/v1/metrics', '/v1/traces'])
    await Promise.all([1, 2, 3].map(() => stall(taking, '[', 1_000, path)));
  expect(await post(taking)).toMatchObject({ status: 202 });
  expect(taking.stats().busy).toBe(0);
});

it('cuts a sender that takes too long over its request, and no other', async () => {
  const taking = await start({ requestMs: 500 });
  const ended = await Promise.all(
    ['[', ''].map(async (body) => {
      const socket = await stall(taking, body);
      socket.resume();
      await once(socket, 'close');
      return socket.destroyed;
    }),
  );
  expect(ended).toEqual([true, true]);
  expect(await post(taking)).toMatchObject({ status: 202 });
});

it('turns away what it has no room for while bodies are under way, and takes it when they have gone', async () => {
  const taking = await start({ bodyBytes: 1_000_000 });
  const large = await stall(taking, ' '.repeat(999_900));
  await expect
    .poll(() => post(taking), { timeout: 10_000 })
    .toMatchObject({
      status: 503,
      retryAfter: '1',
      text: expect.stringContaining('"Busy"'),
    });
  expect(taking.stats().busy).toBeGreaterThan(0);
  large.destroy();
  await expect.poll(async () => (await post(taking)).status, { timeout: 10_000 }).toBe(202);
});

it('works for others while a sender does not read what it is answered', async () => {
  const taking = await start({ maxInFlight: 1 });
  const bad = { specversion: '1.0', type: 'x'.repeat(190), source: 's', id: 'i', more: 'x'.repeat(500) };
  const socket = await stall(taking, JSON.stringify(Array.from({ length: 9_999 }, () => bad)), 0);
  socket.pause();
  await expect.poll(() => taking.stats().events.setAside, { timeout: 20_000 }).toBe(9_999);
  await expect.poll(async () => (await post(taking)).status, { timeout: 20_000 }).toBe(202);
});
