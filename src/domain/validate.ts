/**
 * Turns a zod parse into a value or an `InvalidInput` failure that lists every problem by field. Not for workflow code.
 */
import type { z } from 'zod';
import { Failure, invalidInput, type Problem } from './failure.ts';

/** Of so many problems each is told with its value; of more the first so many, and how many more there are. */
const MOST_PROBLEMS = 20;

/**
 * Parses `value` or throws `Failure('InvalidInput')` naming each field, the value given and what was expected.
 * @param what what is being read, for the message, such as "input of canaryRollout"
 */
export function parseOrFail<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  // Reporting the input takes zod's slow way: only what has problems is read again for them.
  const quick = schema.safeParse(value);
  if (quick.success) return quick.data;
  const more = quick.error.issues.length - MOST_PROBLEMS;
  if (more > 0) {
    const told = invalidInput(what, firstProblems(quick.error, value));
    throw new Failure(told.type, `${told.message}; and ${more} more problems`, told.problems);
  }
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const text = malformedJson(value);
  if (text !== null) throw invalidInput(what, [{ field: '', value: text, expected: 'well-formed JSON' }]);
  throw invalidInput(
    what,
    parsed.error.issues.flatMap((issue) => toProblems(issue, issue.input)),
  );
}

/** Without a second reading, which would take as long as all of them. */
const firstProblems = ({ issues }: z.ZodError, value: unknown): readonly Problem[] =>
  issues
    .slice(0, MOST_PROBLEMS)
    .flatMap((issue) => toProblems(issue, issue.path.reduce<unknown>(valueAt, value)))
    .slice(0, MOST_PROBLEMS);

/** What was typed when it was no JSON: the payload converter of the workflows hands it on under this key. */
function malformedJson(value: unknown): string | null {
  const text =
    typeof value === 'object' && value !== null && 'malformedJson' in value ? value.malformedJson : null;
  return typeof text === 'string' ? text : null;
}

/** @param input what is at the issue's path */
function toProblems(issue: z.core.$ZodIssue, input: unknown): Problem[] {
  const field = fieldPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: field ? `${field}.${key}` : key,
      value: valueAt(input, key),
      expected: 'no such key (unknown keys are errors)',
    }));
  }
  return [{ field, value: input, expected: expectedOf(issue) }];
}

/** What a schema says by itself, without its first words; a list of choices is one that a person would write. */
function expectedOf({ message }: z.core.$ZodIssue): string {
  const choices = /^Invalid option: expected one of (?<list>.*)$/u.exec(message)?.groups?.['list'];
  return choices === undefined
    ? message.replace(/^Invalid input: expected /u, '')
    : choices
        .split('|')
        .join(', ')
        .replace(/, (?=[^,]*$)/u, ' or ');
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text ? `${text}.${String(part)}` : String(part);
  }, '');
}

function valueAt(input: unknown, key: PropertyKey): unknown {
  return typeof input === 'object' && input !== null
    ? (input as Record<PropertyKey, unknown>)[key]
    : undefined;
}
