/** What a variant must not do to the prompt that it comes from. */
import { describe, expect, it } from 'vitest';
import { checkVariant, variablesOf } from '../../../src/strategies/prompts/index.ts';

const BASELINE = 'Greet {name} (politely).\n\n<rules>\nNever guess.\n</rules>\n\n```\n{code}\n```';

describe('a variant', () => {
  it.each([
    ['that says it otherwise', BASELINE.replace('Greet', 'Always greet'), []],
    ['without a word', '  ', ['it is empty']],
    ['with other white space only', BASELINE.replace('\n\n', '\n'), ['it does not differ from the baseline']],
    ['that lost a variable', BASELINE.replace('{name}', 'them'), ['it has lost {name}']],
    [
      'with a variable of its own',
      BASELINE.replace('Greet', 'Greet {{title}}'),
      ['it names {{title}}, which the baseline does not'],
    ],
    [
      'that lost a tag',
      BASELINE.replace('</rules>', ''),
      ['its tags are not those of the baseline, in their order'],
    ],
    ['with a bracket that does not close', BASELINE.replace(')', ''), ['() do not match']],
    [
      'that changes code',
      BASELINE.replace('{code}', '{code} '),
      ['it does not differ from the baseline', 'a block of code was changed'],
    ],
    ['that leaves a block of code open', `${BASELINE}\n\n\`\`\`\nmore`, ['a block of code is not closed']],
  ])('%s: %j', (_what, variant, problems) => {
    expect(checkVariant(BASELINE, variant)).toEqual(problems);
  });

  it('is neither a stump nor a book', () => {
    const long = 'Answer the question. '.repeat(40);
    expect(checkVariant(long, 'Answer.')).toEqual(['it has 7 characters, expected at least 168']);
    expect(checkVariant('Answer.', 'Answer it. '.repeat(1_000))).toEqual([
      'it has 11000 characters, expected at most 8007',
    ]);
  });

  it('may have the lonely bracket that the baseline has', () => {
    expect(checkVariant('1) Be kind :)', '1) Be very kind :)')).toEqual([]);
  });
});

describe('variables', () => {
  it.each([
    ['{name} {{ user.name }} {{{raw}}} ${cost} %(id)s [[slot]] {total:.2f} {0}', 8],
    ['{ "json": 1 } {} 100 % (x) [y] a < b {{#if x}}{{/if}}', 0],
  ])('of %j: %i', (text, count) => {
    expect(variablesOf(text)).toHaveLength(count);
  });
});
