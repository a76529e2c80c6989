// The one error of the embedded stack: a sentence of one line that says what is wrong and what to do about it.

/** Thrown by `startEmbeddedStack` and its parts. `message` is one line, fit to be shown to a person as it is. */
export class EmbeddedStackError extends Error {
  override readonly name = 'EmbeddedStackError';

  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
  }
}

/** Folds white space and line ends into single spaces. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** What a caught value has to say, in one line. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return oneLine(error instanceof Error ? error.message : String(error));
}
