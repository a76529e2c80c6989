/** What the conformance suite needs of a driver: a product that runs, a service on it, and real requests to count. */
import type { Problem } from '../../../src/domain/failure.ts';
import type { Configuration } from '../../../src/domain/orchestrator-wire.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';

export interface DriverUnderTest {
  readonly orchestrator: Orchestrator;
  /** Puts a service with this configuration on the product, stable alone, at pair (1, 1) where the product knows pairs. */
  readonly createService: (serviceId: string, configuration: Configuration) => Promise<void>;
  /** Sends `n` requests as different units and counts which model answered each. */
  readonly answers: (serviceId: string, n: number) => Promise<ReadonlyMap<string, number>>;
  /** A configuration that the product cannot serve, and what is wrong with it. */
  readonly unservable: { readonly configuration: Configuration; readonly problem: Problem };
  readonly close: () => Promise<void>;
}

/** Starts the product. `name` is the driver's name in the settings. */
export interface DriverStart {
  readonly name: string;
  readonly start: () => Promise<DriverUnderTest>;
}
