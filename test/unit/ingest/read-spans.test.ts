/** Spans as instrumentations write them: which are requests to a model, what they add, whose they are, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { Serving } from '../../../src/ports/windows.ts';
import { traceExportSchema } from '../../../src/ingest/otlp/traces/export-schema.ts';
import { readSpans, toEvent } from '../../../src/ingest/otlp/traces/read-spans.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const nanos = (msAgo: number): string => `${NOW - msAgo}000000`;

type Value = string | number | readonly string[];
const valueOf = (value: Value): object => {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
};
const attributesOf = (values: Readonly<Record<string, Value>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));

const spanOf = (attributes: Readonly<Record<string, Value>>, more: object = {}) => ({
  traceId: 'A'.repeat(32),
  spanId: '00f067aa0ba902b7',
  name: 'chat gpt-4o',
  startTimeUnixNano: nanos(2_500),
  endTimeUnixNano: nanos(1_000),
  attributes: attributesOf(attributes),
  ...more,
});
const read = (...spans: readonly object[]) =>
  readSpans(
    traceExportSchema.parse({
      resourceSpans: [
        { resource: { attributes: attributesOf({ 'service.name': 'bot' }) }, scopeSpans: [{ spans }] },
      ],
    }),
    NOW,
  );
const NEW = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' };

/** `{metric: sum}` of the only request among the spans. */
const addedBy = (attributes: Readonly<Record<string, Value>>, more: object = {}) => {
  const { requests, rejections } = read(spanOf(attributes, more));
  expect(rejections).toEqual([]);
  const { data, stats, further = [] } = toEvent(requests[0]!, new Map());
  const added = [{ metric: data.metric, stats }, ...further];
  const sums: Record<string, number> = {};
  for (const { metric, stats: each } of added) sums[metric] = (sums[metric] ?? 0) + each.sum;
  return sums;
};

describe('a request to a model', () => {
  it('adds seconds, tokens, whether it failed, and its finish reasons under few names', () => {
    expect(
      addedBy({
        ...NEW,
        'gen_ai.usage.input_tokens': 120,
        'gen_ai.usage.output_tokens': 30,
        'gen_ai.response.finish_reasons': ['stop', 'max_tokens', 'LENGTH', 'made-up', 'constructor'],
      }),
    ).toEqual({
      'span.gen_ai.client.operation.duration': 1.5,
      'span.gen_ai.client.operation.error': 0,
      'span.gen_ai.client.token.usage{input}': 120,
      'span.gen_ai.client.token.usage{output}': 30,
      'span.gen_ai.response.finish_reasons{stop}': 1,
      'span.gen_ai.response.finish_reasons{length}': 2,
      'span.gen_ai.response.finish_reasons{other}': 2,
    });
  });

  it.each([
    [
      'the older names',
      { 'gen_ai.usage.prompt_tokens': 7, 'gen_ai.usage.completion_tokens': 5 },
      { input: 7, output: 5 },
    ],
    [
      'the oldest names',
      { 'llm.request.type': 'chat', 'llm.usage.prompt_tokens': 7, 'llm.usage.completion_tokens': 5 },
      { input: 7, output: 5 },
    ],
    [
      'both: the newest counts, once',
      { ...NEW, 'gen_ai.usage.input_tokens': 7, 'gen_ai.usage.prompt_tokens': 9 },
      { input: 7 },
    ],
  ])('is read by %s', (_, attributes, tokens) => {
    const sums = addedBy(attributes);
    const told = Object.entries(tokens).map(([type, n]) => [`span.gen_ai.client.token.usage{${type}}`, n]);
    expect(sums).toEqual({
      'span.gen_ai.client.operation.duration': 1.5,
      'span.gen_ai.client.operation.error': 0,
      ...(Object.fromEntries(told) as object),
    });
  });

  it('adds what it states under the own names of this product', () => {
    const own = { 'llm.request.cost': 0.0125, 'llm.response.quality': 0.5 };
    expect(addedBy({ ...NEW, ...own })).toMatchObject({
      'span.llm.request.cost': 0.0125,
      'span.llm.response.quality': 0.5,
    });
  });

  it.each([
    ['a status', {}, { status: { code: 2 } }],
    ['a status by name', {}, { status: { code: 'STATUS_CODE_ERROR' } }],
    ['error.type', { 'error.type': 'timeout' }, {}],
  ])('has failed by %s', (_, attributes, more) => {
    expect(addedBy({ ...NEW, ...attributes }, more)).toMatchObject({
      'span.gen_ai.client.operation.error': 1,
    });
  });

  it.each([
    ['one text', { 'gen_ai.response.finish_reasons': 'tool_calls' }],
    ['a list as JSON', { 'gen_ai.response.finish_reasons': '["tool_use"]' }],
    ['the older name', { 'gen_ai.completion.0.finish_reason': 'function_call' }],
  ])('may give its finish reason as %s', (_, attributes) => {
    expect(addedBy({ ...NEW, ...attributes })).toMatchObject({
      'span.gen_ai.response.finish_reasons{tool_call}': 1,
    });
  });

  it('is known by trace and span, keeps no text of prompt or answer, and lies in the window of its start', () => {
    const { requests } = read(
      spanOf({ ...NEW, 'gen_ai.input.messages': 'secret', 'gen_ai.prompt': 'secret' }),
    );
    const event = toEvent(requests[0]!, new Map());
    expect(event).toMatchObject({
      source: 'otlp/spans/bot',
      id: `${'a'.repeat(32)}/00f067aa0ba902b7`,
      data: { service: 'bot', timestamp: '2026-03-01T11:59:57.500Z', arm: 'stable', generation: 0 },
    });
    expect(JSON.stringify(event)).not.toContain('secret');
  });
});

describe('whose it is', () => {
  const serving: Serving = {
    stable: { generation: 4, model: 'gpt-4o' },
    candidate: { generation: 5, model: 'gpt-4o-mini' },
  };
  it.each([
    ['its model', { 'gen_ai.request.model': 'gpt-4o-mini' }, 'candidate', 5],
    ['the stable one where no arm serves the model', { 'gen_ai.request.model': 'other' }, 'stable', 4],
    ['its arm, and that arm its generation', { 'llm.optimizer.arm': 'candidate' }, 'candidate', 5],
    [
      'itself',
      { 'llm.optimizer.arm': 'stable', 'llm.optimizer.generation': 3, 'gen_ai.request.model': 'gpt-4o-mini' },
      'stable',
      3,
    ],
  ])('is told by %s', (_, attributes, arm, generation) => {
    const { requests } = read(spanOf({ ...NEW, ...attributes }));
    expect(toEvent(requests[0]!, new Map([['bot', serving]])).data).toMatchObject({ arm, generation });
  });
});

it.each([
  ['an HTTP request', { 'http.request.method': 'GET' }],
  [
    'an agent, whose requests have spans of their own',
    {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.usage.output_tokens': 5,
    },
  ],
  ['a tool', { 'gen_ai.operation.name': 'execute_tool' }],
  ['embeddings', { 'gen_ai.operation.name': 'embeddings', 'gen_ai.usage.input_tokens': 5 }],
])('ignores %s', (_, attributes) => {
  expect(read(spanOf(attributes as Record<string, Value>))).toEqual({
    requests: [],
    ignored: 1,
    rejections: [],
  });
});

it.each([
  ['no trace', {}, { traceId: '' }, 'traceId is not 16 bytes'],
  ['a trace of zeros', {}, { traceId: '0'.repeat(32) }, 'traceId is not 16 bytes'],
  ['a span in base64', {}, { spanId: 'APBnqgupArc=' }, 'spanId is not 8 bytes'],
  ['no end', {}, { endTimeUnixNano: undefined }, 'endTimeUnixNano is before startTimeUnixNano, or not given'],
  ['an old start', {}, { startTimeUnixNano: '5' }, 'startTimeUnixNano is not a time within the last 7 days'],
  ['a far end', {}, { endTimeUnixNano: nanos(-7_200_000) }, 'endTimeUnixNano is not a time within'],
  [
    'half a token',
    { 'gen_ai.usage.output_tokens': 1.5 },
    {},
    'gen_ai.usage.output_tokens is not a whole number',
  ],
  [
    'tokens as text',
    { 'gen_ai.usage.input_tokens': 'many' },
    {},
    'gen_ai.usage.input_tokens is not a whole number',
  ],
  ['a cost below zero', { 'llm.request.cost': -0.5 }, {}, 'llm.request.cost is not a number from 0'],
  ['an unknown arm', { 'llm.optimizer.arm': 'third' }, {}, 'llm.optimizer.arm is "third"'],
  ['a model that cannot be stored', { 'gen_ai.request.model': 'a\0b' }, {}, 'the model is not a text'],
])('refuses %s, by name, and takes the span beside it', (_, attributes, more, reason) => {
  const { requests, rejections } = read(spanOf({ ...NEW, ...attributes }, more), spanOf(NEW));
  expect(requests).toHaveLength(1);
  expect(rejections).toEqual([
    { reason: expect.stringContaining(reason) as string, spans: 1, example: expect.any(String) as string },
  ]);
});
