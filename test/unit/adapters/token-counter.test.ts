/** Token counts of known texts. The counts are OpenAI's own (cookbook, "How to count tokens with tiktoken", encodings compared). */
import { describe, expect, it } from 'vitest';
import { createTokenCounter, encodingOf } from '../../../src/adapters/gpt-tokenizer/index.ts';

const counter = createTokenCounter();

describe('tokens', () => {
  it.each([
    ['antidisestablishmentarianism', 'gpt-4', 6],
    ['antidisestablishmentarianism', 'gpt-4o-2024-08-06', 6],
    ['2 + 2 = 4', 'gpt-3.5-turbo', 7],
    ['2 + 2 = 4', 'gpt-4o-mini', 7],
    ['お誕生日おめでとう', 'gpt-4', 9],
    ['お誕生日おめでとう', 'gpt-4o', 8],
    ['tiktoken is great!', 'gpt-4', 6],
    ['', 'gpt-4o', 0],
  ])('of %j for %s are %i', async (text, model, tokens) => {
    expect(await counter.count(text, model)).toMatchObject({ tokens, isExact: true });
  });

  it('of what looks like a control token are those of its letters', async () => {
    const { tokens } = await counter.count('<|endoftext|>', 'gpt-4o');
    expect(tokens).toBeGreaterThan(3);
  });

  it.each([
    ['gpt-5-mini', 'o200k_base', true],
    ['o3-mini', 'o200k_base', true],
    ['openai/gpt-4.1', 'o200k_base', true],
    ['gpt-4-turbo', 'cl100k_base', true],
    ['claude-3-5-haiku', 'o200k_base', false],
    ['ollama', 'o200k_base', false],
    ['', 'o200k_base', false],
  ])('of %s are counted with %s, exactly: %s', (model, encoding, isExact) => {
    expect(encodingOf(model)).toEqual({ encoding, isExact });
  });
});
