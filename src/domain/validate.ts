/**
 * Turns a zod parse into a value or an `InvalidInput` failure that lists every problem by field. Not for workflow code.
 */
import type { z } from 'zod';
import { invalidInput, type Problem } from './failure.ts';

/**
 * Parses `value` or throws `Failure('InvalidInput')` naming each field, the value given and what was expected.
 * @param what what is being read, for the message, such as "input of canaryRollout"
 */
export function parseOrFail<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  // Reporting the input takes zod's slow way: only what has problems is read again for them.
  const quick = schema.safeParse(value);
  if (quick.success) return quick.data;
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const text = malformedJson(value);
  if (text !== null) throw invalidInput(what, [{ field: '', value: text, expected: 'well-formed JSON' }]);
  throw invalidInput(what, parsed.error.issues.flatMap(toProblems));
}

/** What was typed when it was no JSON: the payload converter of the workflows hands it on under this key. */
function malformedJson(value: unknown): string | null {
  const text =
    typeof value === 'object' && value !== null && 'malformedJson' in value ? value.malformedJson : null;
  return typeof text === 'string' ? text : null;
}

function toProblems(issue: z.core.$ZodIssue): Problem[] {
  const field = fieldPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: field ? `${field}.${key}` : key,
      value: valueAt(issue.input, key),
      expected: 'no such key (unknown keys are errors)',
    }));
  }
  return [{ field, value: issue.input, expected: expectedOf(issue) }];
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

function valueAt(input: unknown, key: string): unknown {
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[key] : undefined;
}
