import { expect, it } from 'vitest';
import { isTooDeep } from '../../../src/ingest/nesting.ts';
import { bodyOf } from '../../../src/ingest/set-aside.ts';

const lists = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
const objects = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

it.each([
  ['a number', 1, false],
  ['null', null, false],
  ['64 lists', lists(64), false],
  ['65 lists', lists(65), true],
  ['64 objects', objects(64), false],
  ['65 objects', objects(65), true],
  ['a great many lists', lists(20_000), true],
])('%s: too deep or not', (_, value, deep) => {
  expect(isTooDeep(value)).toBe(deep);
});

it('keeps words in place of what is nested too deeply to be written down', () => {
  expect(bodyOf(lists(20_000))).toBe('(nested too deeply to be kept)');
  expect(bodyOf({ a: 1 })).toBe('{"a":1}');
});
