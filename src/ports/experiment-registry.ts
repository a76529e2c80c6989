/**
 * Where experiments are known beyond this program. Methods throw `Failure('RegistryUnavailable')` when it cannot be reached; whatever becomes of
 * that decides no experiment.
 */

export interface RegisteredExperiment {
  readonly id: string;
  readonly serviceId: string;
  readonly name: string;
  readonly hypothesis: string;
  readonly arms: readonly { readonly id: string; readonly summary: string; readonly hash: string }[];
  readonly startedAtMs: number;
  readonly requestedBy: string;
}

/** How it came out. `conclusion` has effect, interval, cost and latency; plain JSON. */
export interface ExperimentResults {
  readonly outcome: string;
  readonly winner: string | null;
  readonly reason: string;
  readonly conclusion: unknown;
  readonly totals: unknown;
  readonly endedAtMs: number;
}

export interface ExperimentRegistry {
  /** Key: the id; a second call changes nothing. */
  begun(experiment: RegisteredExperiment): Promise<void>;
  /** Key: the id; the last call stands. */
  ended(id: string, results: ExperimentResults): Promise<void>;
}
