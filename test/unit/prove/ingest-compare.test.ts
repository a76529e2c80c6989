// The comparison of `prove -- ingest` must see one event that is lost and one that is doubled, wherever that shows.
import { expect, it } from 'vitest';
import { compareIdentities, compareRows, compareSignals, together } from '../../prove/ingest/compare.ts';
import { compareLetters, type ReadMessage } from '../../prove/ingest/dead-letters.ts';
import { Ledger } from '../../prove/ingest/ledger.ts';
import { feedbackEvent } from '../../support/feedback.ts';

const window = { count: 2, sum: 3, first_count: 1 };

it('sees nothing where all is as it must be', () => {
  const same = together([
    compareIdentities('event', ['a', 'b'], new Set(['a', 'b'])),
    compareRows('window', new Map([['w', window]]), new Map([['w', window]]), 'count'),
  ]);
  expect(same).toEqual({ lost: 0, doubled: 0, differ: [] });
});

it.each([
  ['lost', ['a'], { lost: 1, doubled: 0 }],
  ['doubled', ['a', 'b', 'b'], { lost: 0, doubled: 1 }],
  ['one that nobody sent', ['a', 'b', 'c'], { lost: 0, doubled: 1 }],
  ['one lost and another doubled', ['a', 'a'], { lost: 1, doubled: 1 }],
])('sees an event that is %s', (_, found, expected) => {
  const compared = compareIdentities('event', found, new Set(['a', 'b']));
  expect(compared).toMatchObject(expected);
  expect(compared.differ).toHaveLength(expected.lost + expected.doubled);
});

it.each([
  ['lost', { ...window, count: 1 }, { lost: 1, doubled: 0 }],
  ['doubled', { ...window, count: 3 }, { lost: 0, doubled: 1 }],
  ['counted right with a wrong sum', { ...window, sum: 4 }, { lost: 0, doubled: 0 }],
  ["wrongly a unit's first", { ...window, first_count: 2 }, { lost: 0, doubled: 0 }],
])('sees in a window that an observation is %s', (_, found, expected) => {
  const compared = compareRows('window', new Map([['w', found]]), new Map([['w', window]]), 'count');
  expect(compared).toMatchObject(expected);
  expect(compared.differ).toHaveLength(1);
});

it('sees a window that is missing, and one too many', () => {
  const [one, other] = [new Map([['w', window]]), new Map([['v', window]])];
  expect(compareRows('window', one, other, 'count')).toMatchObject({ lost: 2, doubled: 2 });
});

it('counts nothing as doubled of which no count is expected', () => {
  const compared = compareRows('metric', new Map([['m', window]]), new Map([['m', { sum: 3 }]]), 'count');
  expect(compared).toEqual({ lost: 0, doubled: 0, differ: [] });
});

const message = (place: string, value: string, headers: ReadMessage['headers'] = {}): ReadMessage => ({
  place,
  value,
  headers,
});
const letter = (offset: number, value: string, id = `t/0/${offset}/i`): ReadMessage => {
  const told = { id, topic: 't', partition: '0', offset: String(offset), reason: 'value: no JSON at all' };
  const named = Object.entries(told).map(([name, text]) => [`llm-optimizer-dlq-${name}`, Buffer.from(text)]);
  return message(`t.dlq/0/${offset}`, value, Object.fromEntries(named) as ReadMessage['headers']);
};
const topic = [message('t/0/0', '{'), message('t/0/1', 'fine'), message('t/0/2', '{{')];
const garbage = new Set(['{', '{{']);

it.each([
  ['all of it once', [letter(0, '{'), letter(2, '{{')], { lost: 0, doubled: 0, again: 0 }, 0],
  ['one of it again', [letter(0, '{'), letter(2, '{{'), letter(2, '{{')], { lost: 0, again: 1 }, 0],
  ['one under two ids', [letter(0, '{'), letter(2, '{{'), letter(2, '{{', 'x')], { doubled: 1 }, 1],
  ['one of it missing', [letter(0, '{')], { lost: 1, doubled: 0 }, 1],
  ['another text', [letter(0, '}'), letter(2, '{{')], { lost: 0 }, 1],
  ['what can be read', [letter(0, '{'), letter(2, '{{'), letter(1, 'fine')], { doubled: 1 }, 2],
])('holds the dead letters against the garbage of a topic: %s', (_, letters, expected, differences) => {
  const compared = compareLetters(topic, letters, garbage);
  expect(compared).toMatchObject(expected);
  expect(compared.differ).toHaveLength(differences);
});

it("counts a session's first exposure and first label once an hour, in the order in which they were sent", () => {
  const ledger = new Ledger();
  const send = (id: string, minute: number, quality: number | null, cost_usd: number) =>
    ledger.feedback(
      feedbackEvent(id, {
        timestamp: new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString(),
        unit: { kind: 'session', id: 's' },
        quality,
        cost_usd,
      }),
    );
  send('a', 1, null, 1);
  send('a', 1, null, 1);
  send('b', 2, 1, 2);
  send('c', 3, 0, 4);
  send('d', 61, 0, 8);
  const firsts = (metric: string) =>
    [...ledger.windows()]
      .filter(([key]) => key.includes(`|${metric}|`))
      .map(([, cell]) => [cell['count'], cell['first_count'], cell['first_sum']]);
  expect(firsts('costUsd')).toEqual([
    [1, 1, 1],
    [1, 0, 0],
    [1, 0, 0],
    [1, 1, 8],
  ]);
  expect(firsts('quality')).toEqual([
    [1, 1, 1],
    [1, 0, 0],
    [1, 1, 0],
  ]);
  expect(ledger.events().size).toBe(4);
});

const signal = (id: string, alerts: number, security = false) => ({ id, alerts, security });

it.each([
  ['as they were sent', [signal('a', 2), signal('b', 1), signal('c', 3, true)], [0, 0, 0]],
  ['of which one came again', [signal('a', 3), signal('a', 3), signal('c', 3, true)], [0, 0, 1]],
  ['of which one is lost', [signal('a', 2), signal('c', 3, true)], [1, 0, 0]],
  [
    'of which one has another id the second time',
    [signal('a', 3), signal('b', 3), signal('c', 3, true)],
    [0, 3, 0],
  ],
  [
    'of which one says something else the second time',
    [signal('a', 3), signal('a', 1), signal('c', 3, true)],
    [0, 1, 0],
  ],
  ['that are not told to be security alerts', [signal('a', 3), signal('c', 3)], [3, 3, 0]],
])('sees signals %s', (_, got, [lost, doubled, again]) => {
  const compared = compareSignals(got, { security: 3, other: 3 });
  expect(compared).toMatchObject({ lost, doubled, again });
  expect(compared.differ.length > 0).toBe(lost !== 0 || doubled !== 0);
});
