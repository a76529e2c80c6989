/**
 * Recorded outcomes of models on a service's queries: what offline evaluation, shadow traffic or earlier experiments left.
 */
export interface RecordedOutcome {
  readonly queryId: string;
  readonly taskType: string;
  readonly quality: number;
  readonly costUsd: number;
}

export interface OutcomeCatalogue {
  /** Outcomes per model for those of `models` that have any. Order within a model is by queryId. */
  outcomes(
    serviceId: string,
    models: readonly string[],
  ): Promise<Readonly<Record<string, readonly RecordedOutcome[]>>>;
  /** Replaces all outcomes of a service in one transaction. */
  replace(serviceId: string, outcomes: Readonly<Record<string, readonly RecordedOutcome[]>>): Promise<void>;
}
