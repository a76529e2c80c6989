/**
 * `chainOfThought`: steps before the answer (Kojima et al., arXiv 2205.11916). Not where a program reads the answer: visible steps would break
 * it. It costs tokens in every answer.
 */
import { addParagraph } from '../add-paragraph.ts';
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { readsAsEnglish } from '../sentences.ts';

const INSTRUCTION =
  'Think step by step: work through the problem first, then give the final answer on a line of its own that begins with "Answer:".';
const ASKED =
  /\bstep[- ]by[- ]step\b|\bchain of thought\b|\bthink (?:carefully|aloud|out loud)\b|\bshow your (?:work|reasoning)\b/iu;
const READ_BY_PROGRAMS =
  /\b(?:json|xml|yaml|csv)\b|\bonly (?:the|with|one|a)\b[^.\n]{0,40}\b(?:label|word|number|letter|code|answer|name|category|translation)\b|\b(?:no|without(?: any)?) (?:explanation|reasoning|comment)s?\b/iu;

export const chainOfThought: PromptGenerator<'chainOfThought'> = {
  id: 'chainOfThought',
  about: 'steps before the answer',
  apply: rewriting((text, { taskType }, kept) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    if (ASKED.test(text)) return notApplicable('steps are asked for already');
    if (READ_BY_PROGRAMS.test(text) || taskType === 'extraction') {
      return notApplicable('the answer is read by a program, and steps would break it');
    }
    return {
      kind: 'variant',
      text: addParagraph(text, kept, INSTRUCTION),
      notes: ['steps asked for before the answer'],
    };
  }),
};
