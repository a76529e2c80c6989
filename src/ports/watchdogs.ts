/** The watchdogs that keep the leases of products without any, as whoever relies on one sees them. */

/** What a watchdog says of one service. Times by its own clock, so that two clocks need not agree. */
export interface Watched {
  /** Since it last read the product without a failure; null when it never has. */
  readonly ageMs: number | null;
  /** Between two looks. */
  readonly everyMs: number;
  /** What it found: the same product shows the same stable configuration. */
  readonly stableHash: string | null;
  /** Why its last look failed; null when it did not. */
  readonly failure: string | null;
}

export interface Watchdogs {
  /** @throws Failure OrchestratorUnavailable when it does not answer, UnknownService when it does not watch this service */
  ask(url: string, serviceId: string): Promise<Watched>;
}
