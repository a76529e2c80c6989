/** What a bench is: it measures the whole program on real servers, or its functions, tells how far it is, and ends in a few figures. */

export interface BenchOptions {
  readonly seed: number;
  /** Gets one line at a time while it runs. */
  readonly onProgress: (line: string) => void;
}

export interface BenchResult {
  /** Rows for people; the first is the head. */
  readonly table: readonly (readonly string[])[];
  /** Null where a figure could not be had here; the table says why. */
  readonly figures: Readonly<Record<string, number | null>>;
}

export interface Bench {
  readonly summary: string;
  readonly run: (options: BenchOptions) => Promise<BenchResult>;
}
