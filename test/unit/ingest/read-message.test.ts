import { expect, it } from 'vitest';
import { readMessage } from '../../../src/ingest/log/read-message.ts';

const of = (value: string | null, headers: Record<string, string> = {}) =>
  readMessage({ value: value === null ? null : Buffer.from(value), headers });

it('reads a structured event, a raw alert and a list as they are', () => {
  expect(of('{"specversion":"1.0"}')).toEqual({ ok: true, values: [{ specversion: '1.0' }], isText: true });
  expect(of('{"alert_id":"a"}')).toEqual({ ok: true, values: [{ alert_id: 'a' }], isText: true });
  expect(of(JSON.stringify(Array(10_000).fill(1)))).toMatchObject({ ok: true });
  expect(of('[1,2]')).toEqual({ ok: true, values: [1, 2], isText: false });
});

it('reads binary mode from headers, which are not per cent encoded in Kafka', () => {
  const headers = {
    ce_specversion: '1.0',
    ce_id: 'caf%C3%A9',
    'content-type': 'application/json',
    other: 'x',
  };
  const value = { specversion: '1.0', id: 'caf%C3%A9', datacontenttype: 'application/json', data: [1] };
  expect(of('[1]', headers)).toEqual({ ok: true, values: [value], isText: false });
});

it.each([
  ['no value', null, {}],
  ['nothing', '', {}],
  ['half of it', '{"a":', {}],
  ['an empty list', '[]', {}],
  ['more events than are taken at once', JSON.stringify(Array(10_001).fill(1)), {}],
  ['more bytes than are taken at once', `"${'x'.repeat(8 * 1024 * 1024)}"`, {}],
  ['a batch that is no list', '{}', { 'content-type': 'application/cloudevents-batch+json' }],
])('refuses %s with a reason', (_, value, headers) => {
  expect(of(value, headers)).toEqual({ ok: false, reason: expect.stringMatching(/^value: ./u) });
});
