/** Where a further paragraph of instructions goes in a prompt. */
import { restore } from './shield.ts';
import { tagsOf, variablesOf } from './variables.ts';
import { squeezed } from './white-space.ts';

/**
 * The end; before the last paragraph where that one holds a variable, as in "Question: {question}": instructions behind the question
 * would be taken for a part of it. A template with tags is not looked into.
 */
export function addParagraph(shielded: string, kept: readonly string[], paragraph: string): string {
  const text = shielded.trimEnd();
  const whole = restore(text, kept);
  const at = text.lastIndexOf('\n\n');
  const last = restore(text.slice(at + 2), kept);
  if (at > 0 && variablesOf(last).length > 0 && tagsOf(whole).length === 0) {
    return `${text.slice(0, at).trimEnd()}\n\n${paragraph}\n\n${text.slice(at + 2)}`;
  }
  return `${text}\n\n${paragraph}`;
}

/** Whether what is to be added is there already, whatever the white space. */
export const says = (text: string, paragraph: string): boolean =>
  squeezed(text).toLowerCase().includes(squeezed(paragraph).toLowerCase());
