/** The public names of the bandits: policies as pure functions, and what can be said of their logs. */
export type { BanditPolicy, Choice } from './policy.ts';
