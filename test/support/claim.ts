/**
 * Assertions that cost nothing while they hold: for properties that are checked a million times. One that does not hold is put before
 * vitest's `expect`, which decides and says what differs; so nothing passes here that would fail there.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

export interface Claim<T> {
  readonly toBe: (wanted: T) => void;
  readonly toEqual: (wanted: unknown) => void;
  readonly toBeOneOf: (allowed: readonly T[]) => void;
}

export const claim = <T>(actual: T): Claim<T> => ({
  toBe: (wanted) => {
    if (!Object.is(actual, wanted)) expect(actual).toBe(wanted);
  },
  toEqual: (wanted) => {
    if (!isDeepStrictEqual(actual, wanted)) expect(actual).toEqual(wanted);
  },
  toBeOneOf: (allowed) => {
    if (!allowed.includes(actual)) expect(allowed).toContain(actual);
  },
});
