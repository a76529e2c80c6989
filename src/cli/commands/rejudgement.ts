/** What judging a recorded decision again comes to. Types only. */
import type { Difference } from './json-differences.ts';

/**
 * - `same`: the same verdict. `heldBack`: the recorded look held a healthy verdict back because nothing had arrived lately, which is not part of the
 *   evidence; everything else is the same.
 * - `differs`: another verdict by the same version of the judging code. `otherRules`: another verdict, but the record was judged by another version of
 *   that code, which says nothing against the record: the program that recorded it (or one of its version) reproduces it.
 * - `touched`: evidence or limits are not what was hashed; `unjudgeable`: no verdict can be had.
 */
export type Rejudgement = { readonly codeVersion: { readonly recorded: string; readonly now: string } } & (
  | { readonly kind: 'same'; readonly heldBack: string | null }
  | { readonly kind: 'differs' | 'otherRules'; readonly differences: readonly Difference[] }
  | { readonly kind: 'touched' | 'unjudgeable'; readonly why: string }
);
