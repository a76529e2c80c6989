/** What a golden family needs of the product: a function from a case's input to an answer in the words of `expected`. */
import type { GoldenCase, GoldenFamily, Tolerance } from './load.ts';

/** Numbers, words, flags, and lists or records of them. A field that the family does not ask for is not compared. */
export type Answer = Readonly<Record<string, unknown>>;

/** A property that a case must have, with how far off it is as a share of what is allowed. */
export interface PropertyFinding {
  readonly problem: string | null;
  readonly shareOfAllowed: number;
}

/**
 * One file of `families/` exports one of these as `adapter`.
 * `answer` throws a RangeError or TypeError, or gives `{undefined: reason}`, where there is no number. `expected` is there for
 * the families that put part of their question into it (the q of the quantiles); an answer must never be taken from it.
 */
export interface GoldenAdapter<I = never, E = never> {
  readonly family: string;
  readonly answer: (input: I, expected: E) => Answer;
  /** In place of comparing fields: for families that state a property. */
  readonly properties?: (goldenCase: GoldenCase<I, E>) => readonly PropertyFinding[];
  /** Fields of `expected` that the product gives no answer to, each with the reason. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** How far the reference itself may be off in a field of a case, where that is known, in the field's unit; 0 elsewhere. */
  readonly referenceError?: {
    readonly why: string;
    readonly bound: (input: I, field: string) => number;
  };
  /** Cases that the product refuses on purpose though the reference answers, each with the reason. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Replaces the reading of a file that is not a list of cases (the regret references). */
  readonly casesOf?: (file: Readonly<Record<string, unknown>>) => GoldenFamily<I, E>;
}

/** Types an adapter by its input and expectation. */
export const goldenAdapter = <I, E = Answer>(adapter: GoldenAdapter<I, E>): GoldenAdapter<I, E> => adapter;

/** How a case came out: no problems is a pass. `worst` is the largest error as a share of what is allowed, `worstError` the error itself. */
export interface CaseResult {
  readonly family: string;
  readonly id: string;
  readonly problems: readonly string[];
  readonly worst: number;
  readonly worstError: number;
}

export type { GoldenCase, GoldenFamily, Tolerance };
