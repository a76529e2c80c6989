/** `compressed`: the same instructions in fewer tokens: without filler, politeness and idle white space. It adds nothing. */
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { fillerRules } from '../phrases.ts';
import { readsAsEnglish } from '../sentences.ts';
import { counted, replacePhrases } from '../wording.ts';

/** A sentence that says nothing to a model. */
const COURTESY =
  /(?<=^|[.!?][ \t]+|\n)(?:thank you(?: very much)?(?: in advance)?|thanks(?: in advance)?|good luck|i appreciate (?:it|your help))[.!]+[ \t]*/giu;

/** Two blanks at the end of a line are a line break in Markdown, and still say nothing to a model. */
const squeezed = (text: string): string =>
  text
    .replaceAll(/[ \t]+$/gmu, '')
    .replaceAll(/(?<=\S)[ \t]{2,}(?=\S)/gu, ' ')
    .replaceAll(/\n{3,}/gu, '\n\n')
    .replaceAll(/!{2,}/gu, '!')
    .trim();

export const compressed: PromptGenerator<'compressed'> = {
  id: 'compressed',
  about: 'the same instructions without filler',
  apply: rewriting((text) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    // Once a phrase is gone, another may stand where it stood ("please note that").
    let [sofar, removed] = [text.replaceAll(COURTESY, ''), 0];
    for (;;) {
      const { text: next, count } = replacePhrases(sofar, fillerRules);
      [sofar, removed] = [next, removed + count];
      if (count === 0) break;
    }
    const short = squeezed(sofar);
    const saved = text.length - short.length;
    if (saved <= 0) return notApplicable('there is no filler in it');
    return {
      kind: 'variant',
      text: short,
      notes: [
        `${counted(saved, 'character')} shorter`,
        ...(removed > 0 ? [`${counted(removed, 'phrase')} removed or shortened`] : []),
      ],
    };
  }),
};
