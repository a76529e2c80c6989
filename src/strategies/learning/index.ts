/** What concluded experiments teach about ways to change a service. */
export {
  dueAtMs,
  LEARNED_OPTIONS,
  learnedFrom,
  NOTHING_LEARNED,
  RETRY_OPTIONS,
  type Learned,
  type LearnedOptions,
  type LearnedOutcome,
  type LearnedResult,
  type LearnedWhat,
  type RetryOptions,
} from './learned.ts';
export { learnFrom, type ConcludedExperiment, type VariantEnd } from './learn-from.ts';
export { experimentName, triedIn } from './names.ts';
export { settingBetween } from './setting-between.ts';
export { settingKey } from './setting-key.ts';
