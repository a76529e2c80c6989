import { describe, expect, it } from 'vitest';
import { FEEDBACK_EVENT_TYPE } from '../../../src/domain/feedback.ts';
import { fromBinaryMode } from '../../../src/ingest/events/envelope.ts';
import { readEvent } from '../../../src/ingest/events/read-event.ts';
import { feedbackEvent } from '../../support/feedback.ts';

const NOW = Date.parse('2026-03-01T12:00:30Z');
const { source, id, data } = feedbackEvent('e-1');
const event = { specversion: '1.0', source, id, type: FEEDBACK_EVENT_TYPE, time: data.timestamp, data };

const fieldsOf = (value: unknown) => {
  const read = readEvent(value, NOW);
  return read.ok ? [] : read.problems.map((problem) => problem.field);
};

describe('an event', () => {
  it('is taken with extensions and attributes that are not read', () => {
    expect(readEvent({ ...event, subject: 'x', traceparent: '00-1-2-03' }, NOW)).toEqual({
      ok: true,
      kind: 'feedback',
      event: { source, id, data },
    });
  });

  it.each([
    ['no envelope', data, ['specversion', 'source']],
    ['another version', { ...event, specversion: '0.3' }, ['specversion']],
    ['no identity', { ...event, id: '', source: undefined }, ['id', 'source']],
    ['a NUL in its id', { ...event, id: 'a\0b' }, ['id']],
    ['data that is no JSON', { ...event, datacontenttype: 'text/plain' }, ['datacontenttype']],
    ['an unknown type', { ...event, type: 'com.llmdevops.observatory.unknown.v1' }, ['type']],
    ['no data', { ...event, data: undefined }, ['data']],
    ['a list', [event], ['']],
    ['null', null, ['']],
  ])('with %s is refused by field', (_, value, fields) => {
    expect(fieldsOf(value)).toEqual(fields);
  });

  it.each([
    ['quality above 1', { quality: 1.5 }, ['data.quality']],
    ['latency that is not a number', { latency_ms: 'fast' }, ['data.latency_ms']],
    ['infinite cost', { cost_usd: Number.POSITIVE_INFINITY }, ['data.cost_usd']],
    ['tokens beyond what a window holds', { input_tokens: 1e16 }, ['data.input_tokens']],
    ['an unknown key', { colour: 'blue' }, ['data.colour']],
    ['a metric that is no number', { metrics: { turns: 'many' } }, ['data.metrics.turns']],
    ['a metric of another form of name', { metrics: { 'a.b': 1 } }, ['data.metrics.a.b']],
    ['a metric beyond what a window holds', { metrics: { turns: 1e16 } }, ['data.metrics.turns']],
    [
      'too many metrics',
      { metrics: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`m${i}`, i])) },
      ['data.metrics'],
    ],
    ['an arm of no experiment', { arm: 'concise' }, ['data.experiment']],
    ['an experiment without an arm of it', { arm: 'stable', experiment: 'prompts' }, ['data.experiment']],
    [
      'a price below 0',
      { provider: { price_usd_per_mtok: { input: -1, output: 1 } } },
      ['data.provider.price_usd_per_mtok.input'],
    ],
    ['a NUL in what answered', { provider: { fingerprint: 'a\0b' } }, ['data.provider.fingerprint']],
    ['half a surrogate pair', { task_type: '\uD800' }, ['data.task_type']],
    ['a time of last month', { timestamp: '2026-02-01T00:00:00Z' }, ['data.timestamp']],
    ['a time of tomorrow', { timestamp: '2026-03-02T12:00:00Z' }, ['data.timestamp']],
    [
      'everything wrong at once',
      { arm: 'Third!', generation: -1, error: 0 },
      ['data.arm', 'data.generation', 'data.error'],
    ],
  ])('with %s is refused by field', (_, more, fields) => {
    expect(fieldsOf({ ...event, data: { ...data, ...more } })).toEqual(fields);
  });

  it('of an experiment keeps its arm, its region and what answered', () => {
    const provider = {
      fingerprint: 'fp_1',
      price_usd_per_mtok: { input: 2.5, output: 10 },
      latency_class: 'fast',
    };
    const more = { arm: 'concise', experiment: 'prompts', generation: 4, region: 'eu', provider };
    expect(readEvent({ ...event, data: { ...data, ...more } }, NOW)).toMatchObject({ event: { data: more } });
  });

  it('of an unknown type is told which types there are', () => {
    const read = readEvent({ ...event, type: 'com.llmdevops.observatory.unknown.v1' }, NOW);
    expect(read.ok ? '' : read.problems[0]?.expected).toContain('com.llmdevops.observatory.metric.v1');
  });
});

it('reads binary mode from headers, per cent encoded', () => {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'ce-specversion': '1.0',
    'ce-id': 'caf%C3%A9',
    'ce-source': '/gateway/100%',
    'ce-type': FEEDBACK_EVENT_TYPE,
  };
  expect(readEvent(fromBinaryMode(headers, data), NOW)).toEqual({
    ok: true,
    kind: 'feedback',
    event: { source: '/gateway/100%', id: 'café', data },
  });
});
