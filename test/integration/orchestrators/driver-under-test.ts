/** What the conformance suite needs of a driver: a product that runs, a service on it, and real requests to count. */
import type { Problem } from '../../../src/domain/failure.ts';
import type { Configuration } from '../../../src/domain/orchestrator-wire.ts';
import type { Orchestrator } from '../../../src/ports/orchestrator.ts';
import type { FaultyGateway } from '../../support/faults/fault.ts';

export type Named = Configuration & { readonly model: string };

export interface DriverUnderTest {
  readonly orchestrator: Orchestrator;
  /** Puts a service with this configuration on the product, stable alone, at pair (1, 1) where the product knows pairs. */
  readonly createService: (serviceId: string, configuration: Configuration) => Promise<void>;
  /** How many requests the suites count a share by; 2,000 unless told. */
  readonly requests?: number;
  /** Sends `n` requests as different units and counts which model answered each. */
  readonly answers: (serviceId: string, n: number) => Promise<ReadonlyMap<string, number>>;
  /** Sends one request of each unit, and says which model answered it; for products that serve experiments. */
  readonly servedTo?: (serviceId: string, unitIds: readonly string[]) => Promise<readonly string[]>;
  /** What the suite deploys, where the product cannot serve its usual ones. */
  readonly configurations?: { readonly stable: Named; readonly candidate: Named };
  /** Puts faults between the driver and its product; left out for a product without a network. */
  readonly faulty?: () => Promise<{ readonly orchestrator: Orchestrator; readonly gateway: FaultyGateway }>;
  /** What somebody does at the product itself, past the optimizer: the candidate gets this weight. */
  readonly byHand: (serviceId: string, weightPct: number) => Promise<void>;
  /** For a product that knows no leases: one look of the watchdog. */
  readonly expire?: (serviceId: string) => Promise<unknown>;
  /** A configuration that the product cannot serve, and what is wrong with it. */
  readonly unservable: { readonly configuration: Configuration; readonly problem: Problem };
  readonly close: () => Promise<void>;
}

/** Starts the product. `name` is the driver's name in the settings. */
export interface DriverStart {
  readonly name: string;
  /** Whether there is a network between the driver and its product that can fail. */
  readonly network: boolean;
  /** Whether it claims to serve experiments; left out where another start tries the same driver. */
  readonly experiments?: boolean;
  readonly start: () => Promise<DriverUnderTest>;
}
