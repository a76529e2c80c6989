/** All built-in ways to change a prompt. */
import type { PromptGenerator } from '../generator.ts';
import { chainOfThought } from './chain-of-thought.ts';
import { clear } from './clear.ts';
import { compressed } from './compressed.ts';
import { concise } from './concise.ts';
import { constrained } from './constrained.ts';
import { deduplicated } from './deduplicated.ts';
import { fewShot } from './few-shot.ts';
import { specific } from './specific.ts';
import { structured } from './structured.ts';

export const GENERATORS = [
  deduplicated,
  compressed,
  concise,
  clear,
  specific,
  structured,
  fewShot,
  chainOfThought,
  constrained,
] as const satisfies readonly PromptGenerator[];
export type GeneratorId = (typeof GENERATORS)[number]['id'];
