/** What a gateway can be made to do wrong on its way to a driver. */

import { mulberry32At } from '../../../src/math/index.ts';

/**
 * `gap`: it is restarting, nothing answers. `unauthorized`, `broken`: every call is answered 401, or 500. `disagreeing`: half of the
 * reads, by lot, are answered by a replica that has not seen what was written since.
 */
export type Fault = 'none' | 'gap' | 'unauthorized' | 'broken' | 'disagreeing';

/** Whether the n-th read comes to the replica that is behind. In turns would not do: a driver reads twice for each write. */
export const isBehind = (n: number): boolean => mulberry32At(7, n) < 0.5;

export interface FaultyGateway {
  /** The address for the driver. */
  readonly url: string;
  set(fault: Fault): void;
  /** Calls that got through to the real gateway and may have changed it. */
  readonly written: () => number;
  close(): Promise<void>;
}
