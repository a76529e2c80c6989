// The quick reading takes nothing that the careful one refuses, and makes the same of what it takes.
import { expect, it } from 'vitest';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { readEvent } from '../../../src/ingest/events/read-event.ts';
import { PlainReader } from '../../../src/ingest/events/read-plain.ts';
import { feedbackEvent, randomFeedback, seededRandom } from '../../support/feedback.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');
type Fields = Record<string, unknown>;

const eventOf = ({ source, id, data }: ReturnType<typeof feedbackEvent>): Fields => ({
  specversion: '1.0',
  type: FEEDBACK_EVENT_TYPE,
  source,
  id,
  data: structuredClone(data),
});
const usual = (): Fields => eventOf(feedbackEvent('a'));
const read = (value: unknown, text: Buffer | null = null) => new PlainReader().read(value, NOW, text);
const careful = (value: unknown) => {
  const answer = readEvent(value, NOW);
  return answer.ok ? answer.event : null;
};

it('takes the usual event as the careful reading does', () => {
  for (const event of randomFeedback(1, 500, { startMs: NOW - 60_000, spanMs: 60_000 })) {
    const value = eventOf(event);
    expect(read(value)).toEqual(careful(value));
    expect(read(value)).not.toBeNull();
  }
  expect(read({ ...usual(), datacontenttype: 'application/json' })).toEqual(careful(usual()));
});

/** What a field may be changed into: most of it is wrong somewhere, some of it right. */
const VALUES: readonly unknown[] = [
  undefined, null, true, '', 'x', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(201), 'a\0b', '\uD800', 'ü😀', 'stable', 'candidate',
  'control', 'session', '1.0', -1, -0, 0, 0.5, 1, 1.5, 7, 1e15, 1e16, 2 ** 53, Infinity, [], [1], {}, { kind: 'request', id: 'r' },
  { kind: 'user', id: 'u' }, { kind: 'request' }, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z', '2026-03-01T12:00:00.000+00:00',
  '2026-02-30T12:00:00.000Z', '2025-03-01T12:00:00.000Z', '2026-03-01T14:00:00.000Z', '+02026-03-01T12:00:00.0Z', FEEDBACK_EVENT_TYPE,
]; // prettier-ignore

it('takes nothing that the careful reading refuses, with one and with two fields changed', () => {
  const names = [
    ...Object.keys(usual()),
    ...Object.keys(feedbackEvent('a').data),
    'region',
    'metrics',
    'time',
    '__proto__',
  ];
  const random = seededRandom(7);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const change = (value: Fields): void => {
    const name = pick(names);
    const inside = value['data'];
    const into = pick([value, inside, inside]);
    if (typeof into !== 'object' || into === null) return;
    if (random() < 0.1) Reflect.deleteProperty(into, name);
    else
      Object.defineProperty(into, name, {
        value: pick(VALUES),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  };
  let taken = 0;
  for (let i = 0; i < 40_000; i += 1) {
    const value = usual();
    change(value);
    if (random() < 0.3) change(value);
    const quick = read(value);
    if (quick === null) continue;
    taken += 1;
    expect({ value, quick }).toEqual({ value, quick: careful(value) });
  }
  expect(taken).toBeGreaterThan(1_000);
});

it('keeps the text as it is when it is one line of UTF-8', () => {
  const text = Buffer.from(JSON.stringify(usual()));
  expect(read(usual(), text)?.line).toBe(text);
  expect(read(usual(), Buffer.from(JSON.stringify(usual(), null, 2)))).toEqual(read(usual()));
  expect(read(usual(), Buffer.concat([text, Buffer.from([0xff])]))).toEqual(read(usual()));
  // What a repeated key hides from JSON.parse may break what reads the line later.
  const hiding = (hidden: string) => Buffer.from(`{"source":${hidden},${String(text).slice(1)}`);
  for (const hidden of ['"\\u0000"', '"\\ud800"', '['.repeat(9_000) + ']'.repeat(9_000)])
    expect(read(usual(), hiding(hidden))).toEqual(read(usual()));
});
