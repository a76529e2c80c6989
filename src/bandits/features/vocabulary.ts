/** The categories that a service's requests may have: fixed when its policy starts, because they fix the length of the contexts. */

/** Names per category, in the order of their slots. An empty list leaves the category out: services without regions spend no slots on them. */
export interface FeatureVocabulary {
  readonly taskTypes: readonly string[];
  readonly regions: readonly string[];
  readonly userTiers: readonly string[];
}

/** The slot of every value that is not in the vocabulary. */
export const OTHER = 'other';

const LARGEST_CATEGORY = 100;

/** @throws RangeError beginning with `name`. */
export const requireCategory = (name: string, values: readonly string[]): void => {
  if (!Array.isArray(values) || values.length > LARGEST_CATEGORY) {
    throw new RangeError(`${name} must be a list of at most ${LARGEST_CATEGORY} names`);
  }
  values.forEach((value: unknown, i) => {
    if (typeof value !== 'string' || value === '' || value === OTHER) {
      throw new RangeError(
        `${name}[${i}] must be a name other than "" and "${OTHER}", got ${JSON.stringify(value)}`,
      );
    }
    if (values.indexOf(value) !== i) throw new RangeError(`${name}[${i}] must be there once, got ${value}`);
  });
};
