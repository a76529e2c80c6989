/**
 * Usual feedback on its way to the store: events of `stable` and `candidate` whose request is its own unit, without further metrics. They are folded
 * as they are added, so that little of each is kept while the batch waits for the database.
 */
import type { FeedbackEvent } from './feedback-event.ts';

export interface PlainBatch {
  /** Of each (source, id) one; a second one is counted as repeated. */
  add(event: FeedbackEvent): void;
}
