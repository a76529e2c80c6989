/** `structured`: the sentences of a prompt under headings: role, context, instructions, output. Every sentence is kept, word for word. */
import { notApplicable, rewriting, type PromptGenerator } from '../generator.ts';
import { isHeading, isInstruction, isListItem, readsAsEnglish, sentencesOf } from '../sentences.ts';
import { tagsOf } from '../variables.ts';

const SECTIONS = ['Role', 'Context', 'Instructions', 'Output'] as const;
type Section = (typeof SECTIONS)[number];

const ROLE = /^(?:you are|you're|act as|as an? [\w -]+, you|your (?:role|job|task|goal))\b/iu;
const OUTPUT = /\b(?:json|markdown|xml|yaml|csv|bullet|format|words?|sentences?|characters?|paragraphs?)\b/iu;
/** Such a sentence leans on the one before, and stays with it. */
const LEANS =
  /^(?:this|that|these|those|it|they|then|also|however|otherwise|therefore|for example|e\.g\.|if so|if not|in that case)\b/iu;
const LEAST_SENTENCES = 3;

interface Part {
  readonly text: string;
  readonly isBlock: boolean;
}

function sectionOf(sentence: string, before: Section | null): Section {
  if (before !== null && LEANS.test(sentence)) return before;
  if (ROLE.test(sentence)) return 'Role';
  if (isInstruction(sentence)) return OUTPUT.test(sentence) ? 'Output' : 'Instructions';
  return 'Context';
}

/** Lists, code and variables on lines of their own stay whole, behind the sentence that they follow. */
function sorted(text: string): ReadonlyMap<Section, Part[]> {
  const parts = new Map<Section, Part[]>();
  let last: Section | null = null;
  const add = (section: Section, part: Part): void => {
    parts.set(section, [...(parts.get(section) ?? []), part]);
    last = section;
  };
  for (const block of text.split(/\n[ \t]*\n+/u).filter((each) => each.trim() !== '')) {
    for (const line of block.split('\n')) {
      const isBlock = isListItem(line) || /^\s/u.test(line) || /^[\u{F0000}-\u{FFFFD}\s]+$/u.test(line);
      if (isBlock) add(last ?? 'Context', { text: line, isBlock });
      else {
        for (const sentence of sentencesOf(line.trimEnd()).filter((each) => each !== '')) {
          add(sectionOf(sentence, last), { text: sentence, isBlock });
        }
      }
    }
  }
  return parts;
}

function written(section: Section, parts: readonly Part[]): string {
  const asList =
    (section === 'Instructions' || section === 'Output') && parts.every(({ isBlock }) => !isBlock);
  const body = asList
    ? parts.map(({ text }) => `- ${text}`).join('\n')
    : parts.reduce((sofar, { text, isBlock }, i) => {
        const inLine = i > 0 && !isBlock && parts[i - 1]?.isBlock === false;
        return sofar === '' ? text : `${sofar}${inLine ? ' ' : '\n'}${text}`;
      }, '');
  return `# ${section}\n${body}`;
}

export const structured: PromptGenerator<'structured'> = {
  id: 'structured',
  about: 'its sentences under headings: role, context, instructions, output',
  apply: rewriting((text, _context, kept) => {
    if (!readsAsEnglish(text)) return notApplicable('the prompt does not read as English');
    if (text.split('\n').some(isHeading) || /^\*\*[^*\n]+\*\*:?\s*$/mu.test(text)) {
      return notApplicable('it is in sections already');
    }
    if (kept.some((part) => tagsOf(part).length > 0)) {
      return notApplicable('it has tags, which moving sentences could tear apart');
    }
    const parts = sorted(text);
    const sentences = [...parts.values()].flat().filter(({ isBlock }) => !isBlock).length;
    if (parts.size < 2 || sentences < LEAST_SENTENCES) {
      return notApplicable('there are too few sentences to sort');
    }
    const present = SECTIONS.filter((section) => parts.has(section));
    return {
      kind: 'variant',
      text: present.map((section) => written(section, parts.get(section) ?? [])).join('\n\n'),
      notes: [`sections ${present.map((section) => section.toLowerCase()).join(', ')}`],
    };
  }),
};
