/** What a service's configuration (flat strings) means as parameters of a chat completion. */
import type { Problem } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';

interface Range {
  readonly fits: (value: number) => boolean;
  readonly expected: string;
}

const NUMBERS: Readonly<Record<string, Range>> = {
  temperature: { fits: (x) => x >= 0 && x <= 2, expected: 'a number from 0 to 2' },
  top_p: { fits: (x) => x > 0 && x <= 1, expected: 'a number above 0, at most 1' },
  max_tokens: { fits: (x) => Number.isInteger(x) && x > 0, expected: 'a whole number above 0' },
  frequency_penalty: { fits: (x) => x >= -2 && x <= 2, expected: 'a number from -2 to 2' },
  presence_penalty: { fits: (x) => x >= -2 && x <= 2, expected: 'a number from -2 to 2' },
};

/** Handled apart: `model` is the target's, `system_prompt` becomes a message. */
const OTHERS = ['model', 'system_prompt'];

/** What cannot be sent, by key. An unknown key is a problem: it would be dropped in silence. */
export function parameterProblems(configuration: Configuration): readonly Problem[] {
  return Object.entries(configuration).flatMap(([field, value]) => {
    const range = NUMBERS[field];
    if (range) {
      return value.trim() !== '' && range.fits(Number(value))
        ? []
        : [{ field, value, expected: range.expected }];
    }
    if (OTHERS.includes(field)) return [];
    const known = [...OTHERS, ...Object.keys(NUMBERS)].join(', ');
    return [{ field, value, expected: `no such key; known are ${known}` }];
  });
}

/** Parameters of the request, with the model. For configurations without problems. */
export function overrideParams(configuration: Configuration): Readonly<Record<string, string | number>> {
  const numbers = Object.entries(configuration).filter(([key]) => Object.hasOwn(NUMBERS, key));
  return {
    model: configuration['model'] ?? '',
    ...Object.fromEntries(numbers.map(([key, value]) => [key, Number(value)])),
  };
}
