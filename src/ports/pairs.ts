/** Pairs of a shadow: written by ingest, read by its looks. */
import type { PairBlock } from '../domain/pair-block.ts';
import type { PairData } from '../domain/shadow-pair.ts';

/** A pair event with its identity. (source, id) is counted once, whatever happens. */
export interface PairEvent {
  readonly source: string;
  readonly id: string;
  readonly data: PairData;
}

/** A side that took longer than its limit was slow. */
export interface SlowLimits {
  readonly stableMs: number;
  readonly candidateMs: number;
}

export interface PairStore {
  /** Freezes what counts as slow, before the first pair comes. Key: service and generation; a second call changes nothing. */
  freezeLimits(serviceId: string, generation: number, limits: SlowLimits): Promise<void>;
  /** The same limits for a run that goes on under another generation; nothing where none were frozen. */
  carryLimits(serviceId: string, from: number, to: number): Promise<void>;
  /**
   * Pairs of a candidate in blocks `fromNo..toNo` (both included) of `blockMs`, by the time at which they arrived, in order, empty
   * blocks left out.
   */
  blocks(request: {
    readonly serviceId: string;
    readonly generation: number;
    readonly blockMs: number;
    readonly fromNo: number;
    readonly toNo: number;
  }): Promise<readonly PairBlock[]>;
}
