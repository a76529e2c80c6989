/** The pause of the whole fleet: one record. */
export interface FleetPause {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface FleetStore {
  /** Null while nothing is paused. */
  paused(): Promise<FleetPause | null>;
  /** Pauses, or replaces who paused and why. */
  pause(pause: FleetPause): Promise<void>;
  /** Lets everything go on. Nothing happens when nothing is paused. */
  resume(): Promise<void>;
}
