/** What a proof is: a long trial on real servers that either finds a promise broken or does not. */

export interface ProofOptions {
  readonly runs: number;
  readonly seed: number;
  /** Where given, only the parts whose name contains it. */
  readonly only: string | null;
  /** Gets one line at a time while it runs. */
  readonly onProgress: (line: string) => void;
}

export interface ProofResult {
  /** Rows for people; the first is the head. */
  readonly table: readonly (readonly string[])[];
  readonly figures: Readonly<Record<string, number | null>>;
  /** One line for each promise that was broken. The command ends with 1 when there is any. */
  readonly broken: readonly string[];
}

export interface Proof {
  readonly summary: string;
  readonly defaultRuns: number;
  readonly run: (options: ProofOptions) => Promise<ProofResult>;
}
