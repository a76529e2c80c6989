/** `constrained`: bounds on the answer: its length, and that nothing is invented. */
import type { TaskType } from '../../../domain/task-type.ts';
import { addParagraph, says } from '../add-paragraph.ts';
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { readsAsEnglish } from '../sentences.ts';

const LIMIT: Readonly<Record<TaskType, string>> = {
  general: 'Use at most 150 words',
  chat: 'Use at most 100 words',
  code: 'Give the code in one block and at most three sentences of explanation',
  creative: 'Keep to the length that was asked for, and to 500 words if none was',
  extraction: 'Give the fields alone',
  classification: 'Give the label alone',
  summarization: 'Use at most five sentences',
  reasoning: 'Use at most ten steps',
  translation: 'Give the translation alone',
};
const FACTS: Readonly<Partial<Record<TaskType, string>>> = {
  code: 'Use no library that was not named, unless it is part of the language.',
  creative: 'Do not explain the text.',
};
const GIVEN = 'If you do not know something, say so; invent no facts, names or numbers.';
const LIMITED =
  /\b(?:at most|no more than|not more than|maximum(?: of)?|up to|within|under|fewer than|less than|limit(?:ed)?(?: \w+){0,4} to)\s+(?:\d+|one|two|three|four|five|six|ten)\s+(?:words?|sentences?|lines?|characters?|tokens?|paragraphs?|bullets?|steps?|items?)/iu;

export const constrained: PromptGenerator<'constrained'> = {
  id: 'constrained',
  about: 'bounds on the answer',
  apply: rewriting((text, { taskType }, kept) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    const limits = `Limits: ${LIMIT[taskType]}. ${FACTS[taskType] ?? GIVEN}`;
    if (says(text, limits)) return notApplicable('the limits are there already');
    if (LIMITED.test(text)) return notApplicable('it limits the length already');
    return {
      kind: 'variant',
      text: addParagraph(text, kept, limits),
      notes: [`${LIMIT[taskType].charAt(0).toLowerCase()}${LIMIT[taskType].slice(1)}`],
    };
  }),
};
