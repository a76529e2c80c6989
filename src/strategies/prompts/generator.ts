/** What a way of changing a prompt is. Types, and what all of them share; the ways are in `generators`. */
import type { TaskType } from '../../domain/task-type.ts';
import { hasOpenFence, restore, shield } from './shield.ts';
import { squeezed } from './white-space.ts';

/** A request with a good answer. */
export interface Example {
  readonly input: string;
  readonly output: string;
}

/** What is known about the service whose prompt it is. */
export interface PromptContext {
  readonly taskType: TaskType;
  readonly examples: readonly Example[];
}

/** A rewritten prompt, with what was done to it; or why there is nothing to do. */
export type Rewritten =
  | { readonly kind: 'variant'; readonly text: string; readonly notes: readonly string[] }
  | { readonly kind: 'notApplicable'; readonly reason: string };

/**
 * One way to change a prompt. `apply` is pure, never throws, leaves code, variables, tags and quotations as they are, and has nothing to do
 * on its own result.
 */
export interface PromptGenerator<Id extends string = string> {
  readonly id: Id;
  /** What it does, in one line. */
  readonly about: string;
  readonly apply: (prompt: string, context: PromptContext) => Rewritten;
}

export const notApplicable = (reason: string): Rewritten => ({ kind: 'notApplicable', reason });

/** Longest prompt that is rewritten, in characters. */
export const LONGEST_REWRITTEN = 100_000;

/**
 * Lets `rewrite` work on the shielded text and puts the kept parts back. What comes out equal but for white space is `notApplicable`.
 */
export function rewriting(
  rewrite: (shielded: string, context: PromptContext, kept: readonly string[]) => Rewritten,
): PromptGenerator['apply'] {
  return (prompt, context) => {
    if (prompt.trim() === '') return notApplicable('the prompt is empty');
    if (hasOpenFence(prompt)) return notApplicable('a block of code in it is not closed');
    const shielded = prompt.length > LONGEST_REWRITTEN ? null : shield(prompt);
    if (shielded === null) return notApplicable('the prompt is too long to be rewritten');
    const rewritten = rewrite(shielded.text, context, shielded.kept);
    if (rewritten.kind === 'notApplicable') return rewritten;
    const text = restore(rewritten.text, shielded.kept);
    return squeezed(text) === squeezed(prompt)
      ? notApplicable('there is nothing to change but white space')
      : { ...rewritten, text };
  };
}
