/** What a bench is: it measures the whole program on real servers, tells how far it is, and ends in a few figures. */

export interface BenchOptions {
  readonly seed: number;
  /** Gets one line at a time while it runs. */
  readonly onProgress: (line: string) => void;
}

export interface BenchResult {
  /** Rows for people; the first is the head. */
  readonly table: readonly (readonly string[])[];
  readonly figures: Readonly<Record<string, number>>;
}

export interface Bench {
  readonly summary: string;
  readonly run: (options: BenchOptions) => Promise<BenchResult>;
}
