/** `deduplicated`: a sentence that was said before is not said again. Any language. Sentences with code, variables or quotations stay. */
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { isHeading, itemOf, sentencesOf } from '../sentences.ts';
import { holdsKept } from '../shield.ts';
import { counted } from '../wording.ts';

/** Shorter sentences ("Yes.", "Be brief.") are repeated for rhythm or as answers of examples. */
const LEAST_WORDS = 3;
const OPENERS =
  /^(?:please|kindly|note that|remember(?: to| that)?|(?:make|be) sure (?:to|that you)|again|also|and|importantly)\b[\s,:]*/u;
/** Then numbers of items mean something. */
const NAMES_NUMBERS = /\b(?:steps?|items?|points?|rules?|numbers?)\s+\d+/iu;

/** What two sentences that say the same have in common: words and their order, without openers and punctuation. */
function said(sentence: string): string | null {
  if (holdsKept(sentence)) return null;
  let words = sentence.toLowerCase().replaceAll(/\s+/gu, ' ').trim();
  for (let before = ''; before !== words;) [before, words] = [words, words.replace(OPENERS, '')];
  const bare = words.match(/[\p{L}\p{N}\p{M}'’-]+/gu) ?? [];
  return bare.length < LEAST_WORDS ? null : bare.join(' ');
}

export const deduplicated: PromptGenerator<'deduplicated'> = {
  id: 'deduplicated',
  about: 'no sentence twice',
  apply: rewriting((text) => {
    const seen = new Set<string>();
    let dropped = 0;
    const isNew = (sentence: string): boolean => {
      const key = said(sentence);
      if (key === null) return true;
      const known = seen.has(key);
      seen.add(key);
      dropped += known ? 1 : 0;
      return !known;
    };
    const numbersCount = NAMES_NUMBERS.test(text);
    const lines = text.split('\n').flatMap((line) => {
      const { marker, body } = itemOf(line);
      if (body.trim() === '' || isHeading(line) || (numbersCount && /\d/u.test(marker))) return [line];
      const sentences = sentencesOf(body);
      const left = sentences.filter(isNew);
      if (left.length === sentences.length) return [line];
      return left.length === 0 ? [] : [`${marker}${left.join(' ')}`];
    });
    if (dropped === 0) return notApplicable('nothing is said twice');
    const tidy = renumbered(lines)
      .join('\n')
      .replaceAll(/\n{3,}/gu, '\n\n')
      .trim();
    return {
      kind: 'variant',
      text: tidy,
      notes: [`${counted(dropped, 'repeated sentence')} dropped`],
    };
  }),
};

/** Numbers of consecutive items rise by one again. */
function renumbered(lines: readonly string[]): readonly string[] {
  let last: number | null = null;
  return lines.map((line) => {
    const [, indent = '', digits, rest = ''] = /^(\s*)(\d+)([.)][ \t].*)$/su.exec(line) ?? [];
    if (digits === undefined) {
      if (line.trim() === '') last = null;
      return line;
    }
    const given = Number(digits);
    const no: number = last !== null && given > last + 1 ? last + 1 : given;
    last = no;
    return `${indent}${no}${rest}`;
  });
}
