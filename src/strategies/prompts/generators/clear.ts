/** `clear`: plain words, wishes as instructions, and one instruction a line where a paragraph holds three or more. */
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { clearRules } from '../phrases.ts';
import { isHeading, isInstruction, isListItem, readsAsEnglish, sentencesOf } from '../sentences.ts';
import { counted, replacePhrases } from '../wording.ts';

/** From so many instructions in one line on, they become a list. */
const LEAST_FOR_A_LIST = 3;

/** The run of instructions in a line as list items; null when there are too few in a row. */
function listed(line: string): string | null {
  if (isListItem(line) || isHeading(line) || /^\s/u.test(line)) return null;
  const sentences = sentencesOf(line);
  const first = sentences.findIndex(isInstruction);
  if (first < 0) return null;
  const after = sentences.slice(first).findIndex((sentence) => !isInstruction(sentence));
  const end = after < 0 ? sentences.length : first + after;
  if (end - first < LEAST_FOR_A_LIST) return null;
  return [
    ...(first > 0 ? [sentences.slice(0, first).join(' ')] : []),
    ...sentences.slice(first, end).map((sentence) => `- ${sentence}`),
    ...(end < sentences.length ? ['', sentences.slice(end).join(' ')] : []),
  ].join('\n');
}

export const clear: PromptGenerator<'clear'> = {
  id: 'clear',
  about: 'plain words, direct instructions, one a line',
  apply: rewriting((text) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    const { text: plain, count } = replacePhrases(text, clearRules);
    let lists = 0;
    const lines = plain.split('\n').map((line) => {
      const list = listed(line);
      if (list !== null) lists += 1;
      return list ?? line;
    });
    if (count + lists === 0) return notApplicable('its words are plain and its instructions stand alone');
    return {
      kind: 'variant',
      text: lines.join('\n'),
      notes: [
        ...(count > 0 ? [`${counted(count, 'phrase')} said plainly`] : []),
        ...(lists > 0 ? [`${counted(lists, 'paragraph')} of instructions made a list`] : []),
      ],
    };
  }),
};
