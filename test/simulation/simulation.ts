/** What a simulation is: a name's worth of seeded runs that end in a few figures. */

export interface SimulationOptions {
  readonly runs: number;
  readonly seed: number;
  /** Gets one line at a time while it runs. */
  readonly onProgress: (line: string) => void;
}

export interface SimulationResult {
  readonly table: readonly string[];
  readonly figures: Readonly<Record<string, number | null>>;
}

export interface Simulation {
  readonly summary: string;
  readonly defaultRuns: number;
  readonly run: (options: SimulationOptions) => SimulationResult | Promise<SimulationResult>;
}

/** The lower order statistic x_(floor((n-1)q)); null for none. */
export const orderStatistic = (values: readonly number[], q: number): number | null =>
  values.length === 0 ? null : values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)]!;
