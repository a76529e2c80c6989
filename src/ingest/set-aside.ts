/** How what could not be read is kept: as text, and not all of a long one. */
import { isTooDeep } from './nesting.ts';

const MAX_BODY = 16_384;

/** The body of a set-aside item: as text, cut. */
export const bodyOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : textOf(value);
  return text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}...` : text;
};

const textOf = (value: unknown): string =>
  isTooDeep(value) ? '(nested too deeply to be kept)' : (JSON.stringify(value) ?? String(value));
