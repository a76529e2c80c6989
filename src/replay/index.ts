/**
 * Replay of recorded LLM outcomes and traffic (`data/README.md`): what decisions may read, an upstream for the gateway,
 * and traffic that asks it. Nothing in here knows which model is good.
 */
export { loadRecordedOutcomes } from './recorded-outcomes.ts';
export type { RecordedOutcomes } from './recorded-outcomes.ts';
export type { RecordedAnswer } from './recordings.ts';
export type { ReplayOptions } from './replay-upstream.ts';
export { DEFAULT_SPEED, startTraffic } from './traffic.ts';
export type { Traffic, TrafficOptions, TrafficStats } from './traffic.ts';
