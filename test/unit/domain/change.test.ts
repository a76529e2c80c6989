/** A change as somebody types it, and what it makes of a configuration. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyChange,
  changeSchema,
  problemsOfSettings,
  sameConfiguration,
  type Change,
} from '../../../src/domain/change.ts';

const STABLE = { model: 'gpt-4o', temperature: '0.7', cache_ttl: '60' };

describe('a change', () => {
  it('sets what it names under the wire names and keeps the rest, known or not', () => {
    expect(
      applyChange(STABLE, {
        model: 'gpt-4o-mini',
        systemPrompt: 'be brief',
        topP: 0.9,
        topK: 40,
        maxTokens: 256,
        temperature: 0,
        frequencyPenalty: -0.5,
        presencePenalty: 2,
      }),
    ).toEqual({
      model: 'gpt-4o-mini',
      temperature: '0',
      cache_ttl: '60',
      system_prompt: 'be brief',
      top_p: '0.9',
      top_k: '40',
      max_tokens: '256',
      frequency_penalty: '-0.5',
      presence_penalty: '2',
    });
  });

  it('leaves the configuration that it was given alone', () => {
    applyChange(STABLE, { model: 'other' });
    expect(STABLE.model).toBe('gpt-4o');
  });

  it('applied twice is applied once', () => {
    const change = fc.record(
      {
        model: fc.string({ minLength: 1 }),
        systemPrompt: fc.string(),
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
        maxTokens: fc.integer({ min: 1, max: 4_096 }),
      },
      { requiredKeys: ['model'] },
    ) as fc.Arbitrary<Change>;
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), change, (configuration, given) => {
        const once = applyChange(configuration, given);
        expect(sameConfiguration(applyChange(once, given), once)).toBe(true);
      }),
      { seed: 20_260_105 },
    );
  });

  it('sets keys that a target owns, as texts, and no others', () => {
    const targets = [
      { name: 'cache', keys: ['cacheTtlSeconds'] },
      { name: 'prompts', keys: ['system_prompt', 'locale'] },
    ];
    const change = changeSchema.parse({ settings: { cacheTtlSeconds: 600, locale: 'de' } });
    expect(applyChange(STABLE, change)).toEqual({ ...STABLE, cacheTtlSeconds: '600', locale: 'de' });
    expect(problemsOfSettings(change, targets)).toEqual([]);
    const wrong = changeSchema.parse({ settings: { ttl: 5, system_prompt: 'x' } });
    expect(problemsOfSettings(wrong, targets)).toEqual([
      {
        field: 'change.settings.ttl',
        value: 5,
        expected: 'a key that a target of this service owns: cacheTtlSeconds (cache), locale (prompts)',
      },
      { field: 'change.settings.system_prompt', value: 'x', expected: 'it as change.systemPrompt' },
    ]);
    expect(problemsOfSettings(wrong, [])[0]?.expected).toBe(
      'no such key: no target of this service owns any',
    );
  });

  it.each([
    [{}],
    [{ settings: {} }],
    [{ settings: { ttl: null } }],
    [{ model: '' }],
    [{ model: 7 }],
    [{ temperature: 2.1 }],
    [{ temperature: -0.1 }],
    [{ topP: 0 }],
    [{ topP: 1.1 }],
    [{ maxTokens: 0 }],
    [{ maxTokens: 1.5 }],
    [{ topK: 0 }],
    [{ topK: 2.5 }],
    [{ frequencyPenalty: -2.1 }],
    [{ presencePenalty: 2.1 }],
    [{ max_tokens: 256 }],
    [{ model: 'm', provider: 'openai' }],
    [null],
    ['gpt-4o-mini'],
  ])('of %j is refused', (given) => {
    expect(changeSchema.safeParse(given).success).toBe(false);
  });
});

describe('two configurations', () => {
  it.each([
    [{ a: '1', b: '2' }, { b: '2', a: '1' }, true],
    [{ a: '1' }, { a: '2' }, false],
    [{ a: '1' }, { a: '1', b: '2' }, false],
    [{ a: '1', b: '2' }, { a: '1' }, false],
    [{ a: '1' }, { b: '1' }, false],
    [{}, {}, true],
  ] as const)('%j and %j are the same: %s', (a, b, same) => {
    expect(sameConfiguration(a, b)).toBe(same);
  });
});
