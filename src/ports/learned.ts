/** What experiments have taught. Methods throw `Failure('StoreUnavailable')` when the database cannot be reached. */
import type { LearnedOutcome, LearnedWhat } from '../strategies/learning/index.ts';

export interface LearnedStore {
  /** Key: (experiment, variant): what is known already stays as it was. */
  record(outcomes: readonly LearnedOutcome[]): Promise<void>;
  /** Of all services, oldest first. Of those older than `sinceMs` none. */
  list(what: LearnedWhat, sinceMs: number): Promise<readonly LearnedOutcome[]>;
}
