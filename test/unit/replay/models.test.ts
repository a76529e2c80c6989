import { describe, expect, it } from 'vitest';
import { expectedModel, findModel, RECORDED_MODELS } from '../../../src/replay/models.ts';

describe('model names', () => {
  it('are known exactly', () => {
    expect(RECORDED_MODELS.map((name) => findModel(name)?.name)).toEqual(RECORDED_MODELS);
  });

  it.each([
    ['claude-3-5-haiku', 'claude-3-5-haiku-20241022'],
    ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'],
    ['gpt-4o', 'gpt-4o-2024-08-06'],
    ['claude-3-5-sonnet', 'claude-3-5-sonnet-20241022'],
    ['gpt-3.5-turbo', 'gpt-3.5-turbo-0125'],
  ])('without a date mean the newest: %s is %s', (alias, name) => {
    expect(findModel(alias)?.name).toBe(name);
  });

  it.each([
    ['cluade-3-5-haiku', 'claude-3-5-haiku'],
    ['gpt-4o-2024-05-31', 'gpt-4o-2024-05-13'],
    ['GPT-4O-MINI', 'gpt-4o-mini'],
  ])('mistyped as %s are answered with "did you mean %s?" and the whole list', (typed, meant) => {
    expect(findModel(typed)).toBeUndefined();
    expect(expectedModel(typed)).toContain(`did you mean ${meant}?`);
    expect(expectedModel(typed)).toContain(RECORDED_MODELS.join(', '));
  });

  it('far from all are not guessed at', () => {
    expect(expectedModel('something-else-entirely')).not.toContain('did you mean');
  });
});
