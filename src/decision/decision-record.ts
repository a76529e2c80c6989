/**
 * What a decision leaves behind so that it can be judged again, bit for bit: evidence, limits, seed and the version of the judging code,
 * with a hash over all of them. It makes no decision and knows no hash function: the caller passes one in.
 */
import { canonicalJson } from './canonical-json.ts';

/** Everything the judging code was given. `seed` is null when nothing was drawn. */
export interface DecisionBasis<E, L> {
  readonly evidence: E;
  readonly limits: L;
  readonly seed: number | null;
  readonly codeVersion: string;
}

/** The basis and its hash. */
export interface DecisionRecord<E, L> extends DecisionBasis<E, L> {
  readonly hash: string;
}

/** A digest of a text, such as SHA-256 in hexadecimal. */
export type HashText = (text: string) => string;

/**
 * The record of a decision. Equal bases give equal hashes whatever the order of their keys.
 * @throws TypeError naming the field that holds what JSON cannot (see `canonicalJson`).
 */
export const recordDecision = <E, L>(basis: DecisionBasis<E, L>, hash: HashText): DecisionRecord<E, L> => {
  const { evidence, limits, seed, codeVersion } = basis;
  return {
    evidence,
    limits,
    seed,
    codeVersion,
    hash: hash(canonicalJson({ evidence, limits, seed, codeVersion }, '')),
  };
};

/** Whether a record still says what was hashed when it was made. */
export const isUntouched = <E, L>(record: DecisionRecord<E, L>, hash: HashText): boolean =>
  recordDecision(record, hash).hash === record.hash;
