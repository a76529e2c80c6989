/** Changes of system prompts: ways to make them, checks, and which to try next. */
export { checkVariant, LENGTH_BOUNDS, type LengthBounds } from './check-variant.ts';
export type { Example, PromptContext, PromptGenerator, Rewritten } from './generator.ts';
export { GENERATORS, type GeneratorId } from './generators/index.ts';
export {
  proposePrompts,
  type PassedOver,
  type PromptProposal,
  type PromptQuestion,
  type ProposedPrompt,
} from './propose-prompts.ts';
export { tagsOf, variablesOf } from './variables.ts';
