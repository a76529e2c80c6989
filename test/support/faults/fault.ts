/** What a gateway can be made to do wrong on its way to a driver. */

/**
 * `gap`: it is restarting, nothing answers. `unauthorized`, `broken`: every call is answered 401, or 500. `disagreeing`: every other
 * read is answered by a replica that has not seen what was written since.
 */
export type Fault = 'none' | 'gap' | 'unauthorized' | 'broken' | 'disagreeing';

export interface FaultyGateway {
  /** The address for the driver. */
  readonly url: string;
  set(fault: Fault): void;
  /** Calls that got through to the real gateway and may have changed it. */
  readonly written: () => number;
  close(): Promise<void>;
}
