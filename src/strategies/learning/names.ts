/**
 * Names of the experiments that are proposed here, from which is read back what they tried: `prompts-chat-1f3a` with variants such as
 * `chain-of-thought`. An experiment that a person named otherwise teaches nothing.
 */
import { TASK_TYPES, type TaskType } from '../../domain/task-type.ts';
import type { LearnedWhat } from './learned.ts';

const NAME = new RegExp(`^(prompts|parameters)-(${TASK_TYPES.join('|')})-[0-9a-f]{1,12}$`, 'u');

/** `mark` (a whole number from 0) keeps two experiments of a service apart. */
export const experimentName = (what: LearnedWhat, taskType: TaskType, mark: number): string =>
  `${what}-${taskType}-${mark.toString(16)}`;

export function triedIn(name: string): { readonly what: LearnedWhat; readonly taskType: TaskType } | null {
  const [, what, taskType] = NAME.exec(name) ?? [];
  if (what === undefined || taskType === undefined) return null;
  return { what: what as LearnedWhat, taskType: taskType as TaskType };
}

/** `chainOfThought` -> `chain-of-thought`. */
export const kebab = (id: string): string => id.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);

/** `chain-of-thought` -> `chainOfThought`. */
export const camel = (id: string): string =>
  id.replaceAll(/-([a-z])/gu, (_all, letter: string) => letter.toUpperCase());
