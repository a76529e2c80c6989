/** `specific`: vague amounts become numbers, and what a complete answer is for this kind of task is said. */
import type { TaskType } from '../../../domain/task-type.ts';
import { addParagraph, says } from '../add-paragraph.ts';
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { readsAsEnglish } from '../sentences.ts';
import { counted, replacePhrases, rulesOf } from '../wording.ts';

const amounts = rulesOf([
  ['a few', 'two or three'],
  ['some examples', 'two examples'],
  ['several', 'three to five'],
  ['a couple of', 'two'],
  ['a short paragraph', 'a paragraph of at most three sentences'],
  ['a short summary', 'a summary of at most three sentences'],
  ['a brief summary', 'a summary of at most three sentences'],
  ['a short explanation', 'an explanation of at most three sentences'],
  ['a brief explanation', 'an explanation of at most three sentences'],
  ['a short answer', 'an answer of at most three sentences'],
  ['a brief answer', 'an answer of at most three sentences'],
  ['a short description', 'a description of at most three sentences'],
  ['a brief description', 'a description of at most three sentences'],
]);

const COMPLETE: Readonly<Record<TaskType, string>> = {
  general:
    'A complete answer addresses every part of the request. If something that you need is missing, say what it is.',
  chat: 'A complete answer says what to do next. If something that you need is missing, ask for it in one question.',
  code: 'A complete answer is code that runs as it stands, with its imports, in the language that was asked for, and handles empty and wrong input.',
  creative:
    'A complete answer keeps to the form, length, tone and point of view that were asked for, from beginning to end.',
  extraction:
    'A complete answer gives every field that was asked for, in that order, word for word as it is in the text, and null for a field that is not there.',
  classification:
    'A complete answer is exactly one of the given labels, spelled as given. If several fit, it is the one that fits best.',
  summarization:
    'A complete answer names who did what, when and with which result, keeps all numbers, and adds nothing that is not in the text.',
  reasoning:
    'A complete answer states the result with its unit, and has been checked against every condition in the question.',
  translation:
    'A complete answer translates every sentence, keeps names, numbers and formatting as they are, and has the tone of the original.',
};

export const specific: PromptGenerator<'specific'> = {
  id: 'specific',
  about: 'numbers for vague amounts, and what a complete answer is',
  apply: rewriting((text, { taskType }, kept) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    const complete = COMPLETE[taskType];
    if (says(text, complete)) return notApplicable('what a complete answer is has been said already');
    const { text: exact, count } = replacePhrases(text, amounts);
    return {
      kind: 'variant',
      text: addParagraph(exact, kept, complete),
      notes: [
        `what a complete answer is, for ${taskType}`,
        ...(count > 0 ? [`${counted(count, 'vague amount')} made exact`] : []),
      ],
    };
  }),
};
