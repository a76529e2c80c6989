/**
 * The replay as one thing: what decisions may read, and the upstream that answers live traffic from the other half.
 */
import type { Upstream } from '../gateway/upstream.ts';
import { findModel, RECORDED_MODELS } from './models.ts';
import { loadRecordings, type RecordedAnswer } from './recordings.ts';
import { createReplayUpstream, type ReplayOptions } from './replay-upstream.ts';

export interface RecordedOutcomes {
  /** Exact names of all recorded models. */
  readonly models: readonly string[];
  /** Outcomes of the evaluation half per exact model name, in the order of query ids; the same queries for every model. */
  readonly evaluation: Readonly<Record<string, readonly RecordedAnswer[]>>;
  /** The exact name for one that leaves out the date; undefined when the model was not recorded. */
  resolveModel(name: string): string | undefined;
  /** An upstream over the live half. */
  upstream(options: ReplayOptions): Upstream;
}

/**
 * Reads the recorded data (some 100 ms).
 * @param swap two models whose recorded rows change places (quality, cost, tokens, latency pool) and nothing else
 * @throws RangeError when `swap` names a model that was not recorded
 */
export function loadRecordedOutcomes(
  options: { readonly swap?: readonly [string, string] } = {},
): RecordedOutcomes {
  const recordings = loadRecordings(options);
  return {
    models: RECORDED_MODELS,
    evaluation: recordings.evaluation,
    resolveModel: (name) => findModel(name)?.name,
    upstream: (replay) => createReplayUpstream(recordings, replay),
  };
}
