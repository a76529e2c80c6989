/** Feedback with its identity, as it goes to the store. */
import type { FeedbackData } from '../domain/feedback.ts';

/** A feedback event with its identity. (source, id) is counted once, whatever happens. */
export interface FeedbackEvent {
  readonly source: string;
  readonly id: string;
  readonly data: FeedbackData;
  /** The event as it was sent, UTF-8 JSON in one line, when it holds nothing but what is kept. */
  readonly line?: Buffer;
}
