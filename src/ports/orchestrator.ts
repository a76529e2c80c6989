/**
 * The gateway that serves a service's traffic, as the optimizer sees it. Drivers implement this port and are judged by
 * what they serve, not by what they answer.
 */
import type { Problem } from '../domain/failure.ts';
import type { GatewayTarget } from '../domain/gateway-target.ts';
import type { Configuration, ExperimentDeployment, LiveConfiguration } from '../domain/orchestrator-wire.ts';

/** The fencing pair: a write is accepted only when it is greater than the live one, generation first. */
export interface Fence {
  readonly generation: number;
  readonly revision: number;
}

interface Write extends Fence {
  readonly serviceId: string;
  /** `<workflowId>/<generation>/<revision>`: stable over retries and continue-as-new. */
  readonly idempotencyKey: string;
}

/**
 * Serve `configuration` to `weightPct` of the units beside the stable one, until the lease runs out. With `copyPct` it is a shadow: it
 * gets copies of that share of the requests and answers nobody, and `weightPct` is 0.
 */
export interface CandidateWrite extends Write {
  readonly configuration: Configuration;
  readonly weightPct: number;
  readonly copyPct?: number;
  readonly leaseMs: number;
  /** What a product that tells strategies apart is told; CANARY when left out. BLUE_GREEN goes with 100 % only. */
  readonly deployedAs?: 'CANARY' | 'BLUE_GREEN';
}

/**
 * Serve the arms of an experiment, in place of any candidate, until the lease runs out. The same experiment again with other weights keeps its
 * salt, so a unit changes its arm only where a boundary moves over it.
 */
export interface ExperimentWrite extends Write {
  readonly experiment: ExperimentDeployment;
  readonly leaseMs: number;
}

/** Make `configuration` the stable one and take any candidate away. */
export interface StableWrite extends Write {
  readonly configuration: Configuration;
  /**
   * Asked for by name, so it also replaces what somebody changed by hand at a product without a fence of its own. The pair is judged as
   * always. A gateway with a fence knows no such change and does not look at this.
   */
  readonly overHand?: boolean;
}

export interface RemoveCandidate extends Write {
  readonly reason: string;
}

export interface Capabilities {
  readonly compareAndSwap: boolean;
  readonly leased: boolean;
  readonly sticky: boolean;
  readonly live: boolean;
  readonly convergenceMs: number;
  readonly smallestWeightPct: number;
  /** Whether it can give a candidate copies of requests that the stable configuration answers. Left out: it cannot. */
  readonly shadow?: boolean;
  /** How many arms of an experiment it can serve beside each other. Left out: it serves none. */
  readonly experimentArms?: number;
}

/**
 * Every method throws `Failure`: `OrchestratorUnavailable` (try again), `StaleGeneration` (a greater pair is live),
 * `OrchestratorRejected` (it will never accept this), `Unauthorized`, `UnknownService`.
 */
export interface Orchestrator {
  readonly capabilities: Capabilities;
  /** Only where a service has several targets: each of them, in the order in which a change is applied. Undone in reverse. */
  readonly parts?: readonly OrchestratorPart[];
  /** What is live now. */
  read(serviceId: string): Promise<LiveConfiguration>;
  /** What is wrong with a configuration in the gateway's eyes; an empty list when nothing is. */
  validate(serviceId: string, configuration: Configuration): Promise<readonly Problem[]>;
  setCandidate(write: CandidateWrite): Promise<LiveConfiguration>;
  setStable(write: StableWrite): Promise<LiveConfiguration>;
  /** Where `capabilities.experimentArms` says so. */
  setExperiment?(write: ExperimentWrite): Promise<LiveConfiguration>;
  /** Takes the candidate, or the experiment, away: the stable configuration is live alone. */
  removeCandidate(write: RemoveCandidate): Promise<LiveConfiguration>;
}

/** One of several targets. It takes its share of a configuration, under the same pair as the others. */
export interface OrchestratorPart {
  /** Of the settings; `route` for the gateway that moves the traffic. It is the last part. */
  readonly name: string;
  readonly gateway: Orchestrator;
  /** What this target serves of a whole configuration. */
  readonly share: (configuration: Configuration) => Configuration;
}

/** Finds the driver for a service's gateway. */
export type OrchestratorFor = (target: GatewayTarget) => Orchestrator;
