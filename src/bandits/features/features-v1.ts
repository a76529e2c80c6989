/**
 * Version 1 of what a request looks like to a policy: a fixed list of numbers of about one, from what is known before it is answered.
 * The answer's own tokens are never among them.
 *
 * A change of any slot, scale or default is a new version with a new id: states and models keep the id of the encoding they were
 * learned from, and are refused under another.
 */
import { OTHER, requireCategory, type FeatureVocabulary } from './vocabulary.ts';

/** What may be known of a request. Null and left out are the same: missing. */
export interface RequestFeatures {
  readonly taskType?: string | null;
  readonly region?: string | null;
  readonly userTier?: string | null;
  /** Arrival, milliseconds since 1970 UTC; hour and day are those of UTC. */
  readonly timeMs?: number | null;
  /** Length of the request in tokens, from 0. */
  readonly inputTokens?: number | null;
  /** 0 (trivial) to 1. */
  readonly complexity?: number | null;
  readonly needsReasoning?: boolean | null;
}

/** An encoding: pure, and the same for ever under the same id. */
export interface FeatureEncoding {
  /** Version and vocabulary in words: what states and models keep. */
  readonly id: string;
  /** The slots in order. */
  readonly names: readonly string[];
  /** @throws RangeError naming the field that is not finite or not within its range. */
  readonly encode: (request: RequestFeatures) => readonly number[];
}

/** A request of this length has a scaled length of 0, and so has one whose length is missing. */
export const TYPICAL_TOKENS = 400;
/** Complexity of a request of which it is not known. */
export const TYPICAL_COMPLEXITY = 0.5;
/** Lengths that differ by this factor of e differ by one. */
const LENGTH_SCALE = 2;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

/** One slot per name and one for all others; all 0 when missing. */
const oneHot = (
  field: string,
  names: readonly string[],
  value: string | null | undefined,
): readonly number[] => {
  if (!isMissing(value) && typeof value !== 'string') {
    throw new RangeError(`${field} must be a string or null, got ${String(value)}`);
  }
  if (names.length === 0) return [];
  const slots = [...names, OTHER].map(() => 0);
  if (isMissing(value)) return slots;
  const at = names.indexOf(value);
  slots[at === -1 ? names.length : at] = 1;
  return slots;
};

const turn = (share: number): readonly [number, number] => [
  Math.sin(2 * Math.PI * share),
  Math.cos(2 * Math.PI * share),
];

/** Hour of the day and day of the week as points on a circle, so that midnight is next to 23:59; its centre when missing. */
const cyclic = (timeMs: number | null | undefined): readonly number[] => {
  if (isMissing(timeMs)) return [0, 0, 0, 0];
  if (!Number.isFinite(timeMs)) throw new RangeError(`timeMs must be a finite number, got ${timeMs}`);
  const within = (period: number): number => (timeMs % period) / period;
  return [...turn(within(DAY_MS)), ...turn(within(7 * DAY_MS))];
};

const scaledLength = (inputTokens: number | null | undefined): number => {
  if (isMissing(inputTokens)) return 0;
  if (!(inputTokens >= 0 && inputTokens < Infinity)) {
    throw new RangeError(`inputTokens must be a finite number from 0, got ${inputTokens}`);
  }
  return (Math.log1p(inputTokens) - Math.log1p(TYPICAL_TOKENS)) / LENGTH_SCALE;
};

const complexityOf = (complexity: number | null | undefined): number => {
  if (isMissing(complexity)) return TYPICAL_COMPLEXITY;
  if (!(complexity >= 0 && complexity <= 1)) {
    throw new RangeError(`complexity must be from 0 to 1, got ${complexity}`);
  }
  return complexity;
};

const reasoningOf = (needsReasoning: boolean | null | undefined): number => {
  if (!isMissing(needsReasoning) && typeof needsReasoning !== 'boolean') {
    throw new RangeError(`needsReasoning must be true, false or null, got ${String(needsReasoning)}`);
  }
  return needsReasoning === true ? 1 : 0;
};

/**
 * The encoding of a vocabulary. Slots: `bias` 1; one per task type, region and user tier, with `other` for names that are not in the
 * vocabulary; `hour` and `day` as sine and cosine; `length` (ln(1 + tokens) - ln(1 + 400)) / 2; `complexity` 0..1; `needsReasoning` 0 or 1.
 * Missing: 0 in every slot of a category, 0 for time, length and needsReasoning, .5 for complexity.
 * @throws RangeError naming `taskTypes`, `regions` or `userTiers`: a name twice, empty, or "other".
 */
export const featuresV1 = ({ taskTypes, regions, userTiers }: FeatureVocabulary): FeatureEncoding => {
  requireCategory('taskTypes', taskTypes);
  requireCategory('regions', regions);
  requireCategory('userTiers', userTiers);
  const named = (prefix: string, names: readonly string[]): readonly string[] =>
    names.length === 0 ? [] : [...names, OTHER].map((name) => `${prefix}:${name}`);
  return {
    id: `featuresV1 ${JSON.stringify([taskTypes, regions, userTiers])}`,
    names: [
      'bias',
      ...named('task', taskTypes),
      ...named('region', regions),
      ...named('tier', userTiers),
      'hour:sin',
      'hour:cos',
      'day:sin',
      'day:cos',
      'length',
      'complexity',
      'needsReasoning',
    ],
    encode: (request) => [
      1,
      ...oneHot('taskType', taskTypes, request.taskType),
      ...oneHot('region', regions, request.region),
      ...oneHot('userTier', userTiers, request.userTier),
      ...cyclic(request.timeMs),
      scaledLength(request.inputTokens),
      complexityOf(request.complexity),
      reasoningOf(request.needsReasoning),
    ],
  };
};
