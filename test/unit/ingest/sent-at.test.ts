// An event that has no time of its own takes that of its message, also after a replay.
import { expect, it } from 'vitest';
import { sentAtMs, SENT_HEADER } from '../../../src/ingest/log/sent-at.ts';

it.each([
  ['the time of the log', {}, 5, 5],
  ['what a replay says it was before', { [SENT_HEADER]: '3' }, 5, 3],
  ['the time of the log where a replay says nothing that is a time', { [SENT_HEADER]: '-3' }, 5, 5],
  ['no time where nobody knows', {}, null, null],
  ['no time beyond what is told exactly', {}, 2 ** 60, null],
])('a message is of %s', (_, headers, timestampMs, expected) => {
  expect(sentAtMs({ headers, timestampMs })).toBe(expected);
});
