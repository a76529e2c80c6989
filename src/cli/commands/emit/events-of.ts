/** The events of a file: a JSON list, one JSON document, or a document a line. They are sent as they are: whether they are right, ingest says. */
import { Failure } from '../../../domain/failure.ts';

/** @throws Failure('InvalidInput') with the number of each line that is no JSON object */
export function eventsOf(text: string): readonly unknown[] {
  const whole = parsed(text);
  if (Array.isArray(whole)) return named(whole, 'entry');
  if (whole !== undefined) return named([whole], 'entry');
  return named(
    text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parsed(line)])),
    'line',
  );
}

function named(values: readonly unknown[], what: string): readonly unknown[] {
  const problems = values.flatMap((value, i) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? []
      : [{ field: `${what} ${i + 1}`, value, expected: 'an event as a JSON object' }],
  );
  if (values.length === 0) {
    throw new Failure('InvalidInput', 'the file is empty, expected events as JSON', []);
  }
  if (problems.length === 0) return values;
  const lines = problems.map(({ field, expected }) => `${field}: expected ${expected}`);
  throw new Failure('InvalidInput', lines.join('; '), problems);
}

/** Undefined when it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
