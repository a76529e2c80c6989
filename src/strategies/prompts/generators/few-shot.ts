/** `fewShot`: shows requests with good answers. It invents none: the examples are the service's. */
import { addParagraph } from '../add-paragraph.ts';
import { notApplicable, rewriting, type Example, type PromptGenerator } from '../generator.ts';
import { counted } from '../wording.ts';

/** More show little that three do not (Brown et al., arXiv 2005.14165, figure 1.2), and each is paid for in every request. */
const MOST_EXAMPLES = 3;
const SHOWN = /^\s*(?:#+\s*)?(?:\*\*)?examples?\b[^\n]*:?\s*(?:\*\*)?\s*$|<examples?>|^\s*input:[ \t]*\S/imu;

const block = ({ input, output }: Example): string => `Input: ${input.trim()}\nOutput: ${output.trim()}`;

/** Braces and tags of an example would be read by a template as its own. */
const isPlain = ({ input, output }: Example): boolean => !/[{}<>]|%[(sd]/u.test(input + output);

export const fewShot: PromptGenerator<'fewShot'> = {
  id: 'fewShot',
  about: 'examples of requests with good answers',
  apply: rewriting((text, { examples }, kept) => {
    if (SHOWN.test(text) || kept.some((part) => /^<examples?\b/iu.test(part))) {
      return notApplicable('it shows examples already');
    }
    if (examples.length === 0) return notApplicable('the service names no examples (tuning.examples)');
    const isTemplate = kept.some((part) => /^(?:\$?\{|<|%)/u.test(part));
    const usable = examples.filter((example) => !isTemplate || isPlain(example)).slice(0, MOST_EXAMPLES);
    if (usable.length === 0) {
      return notApplicable('the prompt is a template, and every example holds braces or tags');
    }
    return {
      kind: 'variant',
      text: addParagraph(text, kept, ['Examples:', ...usable.map(block)].join('\n\n')),
      notes: [`${counted(usable.length, 'example')} shown`],
    };
  }),
};
