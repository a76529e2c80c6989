/** `concise`: fewer words in the prompt where phrases have a short form, and short answers asked for. Answers are most of what a request costs. */
import { addParagraph } from '../add-paragraph.ts';
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { wordyRules } from '../phrases.ts';
import { readsAsEnglish } from '../sentences.ts';
import { counted, replacePhrases } from '../wording.ts';

const INSTRUCTION =
  'Keep the answer as short as the task allows: no introduction, no repetition of the question, no closing summary.';
const ASKED = /\b(?:concise(?:ly)?|brief(?:ly)?|succinct(?:ly)?|terse(?:ly)?|as short as|keep it short)\b/iu;

export const concise: PromptGenerator<'concise'> = {
  id: 'concise',
  about: 'short forms for wordy phrases, and short answers asked for',
  apply: rewriting((text, _context, kept) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    if (ASKED.test(text)) return notApplicable('short answers are asked for already');
    const { text: short, count } = replacePhrases(text, wordyRules);
    return {
      kind: 'variant',
      text: addParagraph(short, kept, INSTRUCTION),
      notes: [
        'short answers are asked for',
        ...(count > 0 ? [`${counted(count, 'wordy phrase')} shortened`] : []),
      ],
    };
  }),
};
