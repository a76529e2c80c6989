/** What is refused of an export: one point and not those beside it, with reasons that stay short whatever was sent. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { attribute, counter, metricsRequest, nanosBefore, postMetrics } from '../../support/otlp-json.ts';
import { useIngest } from '../../support/use-ingest.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
/** Bytes of a reason, and of an answer that holds one. */
const LONGEST_REASON = 2_048;
const LONGEST_ANSWER = 16_384;
const ingest = useIngest({ clock: () => NOW });

const times = { startTimeUnixNano: nanosBefore(NOW, 60), timeUnixNano: nanosBefore(NOW, 10) };
const point = (more: object = {}) => ({ ...times, asInt: '1', ...more });

async function postPacked(text: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${ingest().httpUrl}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(text)),
  });
  return { status: response.status, text: await response.text() };
}

const messageOf = (body: Record<string, unknown>): string =>
  (body['partialSuccess'] as { errorMessage: string }).errorMessage;

describe('a bad point', () => {
  const exponential = (more: object) => ({
    name: 'e',
    exponentialHistogram: {
      aggregationTemporality: 1,
      dataPoints: [
        { ...times, count: '1', sum: 1, scale: 0, positive: { offset: 0, bucketCounts: ['1'] }, ...more },
      ],
    },
  });

  it.each([
    ['flags', counter('e', [point({ flags: 'x' })]), 'flags is not a whole number'],
    ['a start', counter('e', [point({ startTimeUnixNano: 'x' })]), 'startTimeUnixNano is not nanoseconds'],
    ['a time', counter('e', [point({ timeUnixNano: -1 })]), 'timeUnixNano is not nanoseconds'],
    ['a scale', exponential({ scale: 25 }), 'scale is not a whole number from -10 to 20'],
    ['a scale', exponential({ scale: 'x' }), 'scale is not a whole number from -10 to 20'],
    [
      'an offset',
      exponential({ positive: { offset: 0.5, bucketCounts: ['1'] } }),
      'an offset is not a whole number',
    ],
    ['a temporality', counter('e', [point()], 'x'), 'temporality is not stated'],
    ['a name', counter(undefined, [point()]), 'a name is empty'],
    [
      'a count',
      {
        name: 'e',
        histogram: { aggregationTemporality: 1, dataPoints: [{ ...times, count: '9007199254740991' }] },
      },
      'a count is not a whole number from 0 to 1e15',
    ],
  ])('with %s that is none is told, and the one beside it counts', async (_, bad, reason) => {
    const answer = await postMetrics(ingest().httpUrl, metricsRequest([bad, counter('good', [point()])]));
    expect(answer).toMatchObject({ status: 200, body: { partialSuccess: { rejectedDataPoints: '1' } } });
    expect(messageOf(answer.body)).toContain(reason);
    expect(await ingest().totals('bot')).toEqual({ good: [1, 1] });
    expect(await ingest().setAside()).toMatchObject([{ reason: expect.stringContaining(reason) as string }]);
  });
});

describe('a reason', () => {
  it('is one for a hundred thousand points', async () => {
    const points = '{"flags":"x"},'.repeat(100_000).slice(0, -1);
    const answer = await postPacked(
      JSON.stringify(metricsRequest([{ name: 'a', gauge: { dataPoints: [] } }])).replace(
        '[]}}]',
        `[${points}]}}]`,
      ),
    );
    expect(answer.status).toBe(200);
    expect(answer.text.length).toBeLessThan(LONGEST_ANSWER);
    expect(ingest().stats().points.setAside).toBe(100_000);
    expect(await ingest().setAside()).toHaveLength(1);
  });

  it.each([
    [30, /resourceMetrics\[0\]\.resource\.attributes\[19\]: 5 is given, expected .*; and 10 more problems$/u],
    // Of so many the library may find no room for their list.
    [100_000, /more problems$|^more fields are wrong than can be told$/u],
  ])('tells the first of %i fields that are wrong', async (count, told) => {
    const wrong = '5,'.repeat(count).slice(0, -1);
    const answer = await postPacked(`{"resourceMetrics":[{"resource":{"attributes":[${wrong}]}}]}`);
    expect(answer.status).toBe(400);
    const { message } = JSON.parse(answer.text) as { message: string };
    expect(message.length).toBeLessThanOrEqual(LONGEST_REASON);
    expect(answer.text.length).toBeLessThan(LONGEST_ANSWER);
    const [kept] = await ingest().setAside();
    expect(kept?.reason).toBe(message);
    expect(message).toMatch(told);
  });

  it('is cut within a name that is too long, and of very many only the first are kept one by one', async () => {
    const long = 'ü'.repeat(100_000);
    const arms = Array.from({ length: 3_000 }, (_, i) =>
      point({ attributes: [attribute('llm.optimizer.arm', `no-arm-${i}`)] }),
    );
    const answer = await postMetrics(
      ingest().httpUrl,
      metricsRequest([counter(long, [point()]), counter('c', arms)]),
    );
    expect(answer).toMatchObject({ status: 200, body: { partialSuccess: { rejectedDataPoints: '3001' } } });
    expect(JSON.stringify(answer.body).length).toBeLessThan(LONGEST_ANSWER);
    const kept = await ingest().setAside();
    expect(kept).toHaveLength(101);
    expect(kept.at(-1)?.reason).toBe('2901 further reasons');
  });
});

describe('what the database refuses', () => {
  it('is put aside metric by metric, and the others count', async () => {
    // 9,300 observations of 1e15 each: more than a count of 64 bits holds.
    const dataPoints = Array.from({ length: 9_300 }, (_, i) => ({
      ...times,
      timeUnixNano: String(BigInt(times.timeUnixNano) + BigInt(i)),
      count: '1000000000000000',
      sum: 1,
    }));
    const evil = { name: 'evil', histogram: { aggregationTemporality: 1, dataPoints } };
    const metrics = [counter('a', [point()]), evil, counter('b', [point()], 1)];
    const answer = await postMetrics(ingest().httpUrl, metricsRequest(metrics));
    expect(answer).toMatchObject({ status: 200, body: { partialSuccess: { rejectedDataPoints: '9300' } } });
    expect(messageOf(answer.body)).toBe('evil: 9300 x the store cannot hold it');
    expect(await ingest().totals('bot')).toEqual({ a: [1, 1], b: [1, 1] });
    expect(await ingest().setAside()).toEqual([
      { reason: 'the store cannot hold it', body: '{"metric":"evil","points":9300}' },
    ]);
    expect(ingest().stats().points).toEqual({ counted: 2, unchanged: 0, setAside: 9_300 });
  });
});
