/** Ways to change a prompt: what each does, what none may touch, and that none has anything to do on its own result. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_TYPES } from '../../../src/domain/task-type.ts';
import {
  checkVariant,
  GENERATORS,
  tagsOf,
  variablesOf,
  type GeneratorId,
} from '../../../src/strategies/prompts/index.ts';
import { promptText } from './prompt-texts.ts';

const context = {
  taskType: 'general' as const,
  examples: [
    { input: 'Where is my order?', output: 'It left on Monday.' },
    { input: 'As JSON?', output: '{"a": 1}' },
  ],
};

const generator = (id: GeneratorId) => GENERATORS.find((each) => each.id === id)!;
const textOf = (id: GeneratorId, prompt: string, more: object = {}) => {
  const result = generator(id).apply(prompt, { ...context, ...more });
  return result.kind === 'variant' ? result.text : `not applicable: ${result.reason}`;
};

describe('a generator', () => {
  it.each<[GeneratorId, string, string]>([
    [
      'deduplicated',
      'Answer in English. Never guess a price. Please answer in English!',
      'Answer in English. Never guess a price.',
    ],
    [
      'deduplicated',
      '1. Read it.\n2. Never guess a price.\n3. Never guess a price.\n4. Stop.',
      '1. Read it.\n2. Never guess a price.\n3. Stop.',
    ],
    ['deduplicated', 'Greet {name} by name. Greet {name} by name.', 'not applicable: nothing is said twice'],
    [
      'deduplicated',
      '1. Read it well.\n2. Read it well.\n3. Go back to step 2.',
      'not applicable: nothing is said twice',
    ],
    [
      'compressed',
      'Please make sure to answer the user very politely.  In order to help, use the “very good” list.\n\n\n\nThank you very much!',
      'Answer the user politely. To help, use the “very good” list.',
    ],
    ['compressed', 'Answer the question of the user.', 'not applicable: there is no filler in it'],
    [
      'concise',
      'Answer the user in order to help.',
      'Answer the user to help.\n\nKeep the answer as short as the task allows: no introduction, no repetition of the question, no closing summary.',
    ],
    ['concise', 'Be brief when you answer the user.', 'not applicable: short answers are asked for already'],
    [
      'clear',
      'You are an agent. Always answer the user. Never guess. Utilize the list prior to an answer.',
      'You are an agent.\n- Always answer the user.\n- Never guess.\n- Use the list before an answer.',
    ],
    ['clear', 'You might want to check the order. It is late.', 'Check the order. It is late.'],
    [
      'specific',
      'Give a few reasons for the answer.',
      'Give two or three reasons for the answer.\n\nA complete answer addresses every part of the request. If something that you need is missing, say what it is.',
    ],
    [
      'structured',
      'You are a support agent. The shop sells shoes. Always answer politely. Answer in at most 80 words.',
      '# Role\nYou are a support agent.\n\n# Context\nThe shop sells shoes.\n\n# Instructions\n- Always answer politely.\n\n# Output\n- Answer in at most 80 words.',
    ],
    [
      'structured',
      'Your job is to help. If the order is late, apologize. The list:\n- a\n- b\nOtherwise stop.',
      '# Role\nYour job is to help.\n\n# Context\nThe list:\n- a\n- b\nOtherwise stop.\n\n# Instructions\n- If the order is late, apologize.',
    ],
    [
      'structured',
      '# Rules\nYou are an agent. Answer. Stop now.',
      'not applicable: it is in sections already',
    ],
    [
      'fewShot',
      'Answer.',
      'Answer.\n\nExamples:\n\nInput: Where is my order?\nOutput: It left on Monday.\n\nInput: As JSON?\nOutput: {"a": 1}',
    ],
    [
      'fewShot',
      'Help {name}.\n\nQuestion: {question}',
      'Help {name}.\n\nExamples:\n\nInput: Where is my order?\nOutput: It left on Monday.\n\nQuestion: {question}',
    ],
    [
      'chainOfThought',
      'Solve the problem of the user.',
      'Solve the problem of the user.\n\nThink step by step: work through the problem first, then give the final answer on a line of its own that begins with "Answer:".',
    ],
    [
      'chainOfThought',
      'Return JSON to the user.',
      'not applicable: the answer is read by a program, and steps would break it',
    ],
    [
      'constrained',
      'Answer the user.',
      'Answer the user.\n\nLimits: Use at most 150 words. If you do not know something, say so; invent no facts, names or numbers.',
    ],
    [
      'constrained',
      'Answer the user in at most 3 sentences.',
      'not applicable: it limits the length already',
    ],
  ])('%s makes of %j: %j', (id, prompt, expected) => {
    expect(textOf(id, prompt)).toBe(expected);
  });

  it('without examples shows none', () => {
    expect(textOf('fewShot', 'Answer.', { examples: [] })).toContain('names no examples');
  });

  it.each(GENERATORS)(
    '$id leaves an empty prompt alone, and German to those that know no English',
    ({ apply, id }) => {
      expect(apply(' \n ', context)).toMatchObject({ kind: 'notApplicable' });
      const german = apply('Du bist ein Helfer. Antworte immer kurz und freundlich auf die Frage.', context);
      expect(german.kind).toBe(id === 'fewShot' ? 'variant' : 'notApplicable');
    },
  );

  it('leaves variables, tags, code and quotations of 500 prompts as they are, and its own result alone', () => {
    let applied = 0;
    fc.assert(
      fc.property(promptText, fc.constantFrom(...TASK_TYPES), (prompt, taskType) => {
        const wrong = GENERATORS.flatMap(({ id, apply }) => {
          const result = apply(prompt, { ...context, taskType });
          if (result.kind === 'notApplicable') return [];
          applied += 1;
          const { text } = result;
          const again = apply(text, { ...context, taskType });
          return [
            ...(sameSet(variablesOf(text), variablesOf(prompt)) ? [] : [`${id}: variables of ${text}`]),
            ...(tagsOf(text).join() === tagsOf(prompt).join() ? [] : [`${id}: tags of ${text}`]),
            ...literalsOf(prompt)
              .filter((literal) => !text.includes(literal))
              .map((literal) => `${id}: ${literal} in ${text}`),
            ...(/[\u{F0000}-\u{FFFFD}]/u.test(text) ? [`${id}: something kept did not come back`] : []),
            ...checkVariant(prompt, text).map((problem) => `${id}: ${problem}`),
            ...(again.kind === 'variant' ? [`${id}: again ${again.text}`] : []),
          ];
        });
        expect(wrong).toEqual([]);
      }),
      { seed: 20_261_127, numRuns: 500 },
    );
    expect(applied).toBeGreaterThan(1_000);
  });
});

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.toSorted().join() === b.toSorted().join();

/** Fenced code, quoted phrases, code in a line, objects. */
const literalsOf = (prompt: string): readonly string[] =>
  [/```[\s\S]*?```/gu, /"[^"\n]+"/gu, /“[^”\n]+”/gu, /`[^`\n]+`/gu, /^>.*$/gmu, /\{"[^\]\n]*\]\}/gu].flatMap(
    (pattern) => [...prompt.matchAll(pattern)].map(([found]) => found),
  );
