/** The messages of the gRPC contract in TypeScript, and their translation to the words of the REST contract. */
import type {
  ConfigurationWrite,
  ExperimentDeployment,
  LiveConfiguration,
  LiveExperiment,
  RollbackWrite,
} from '../domain/orchestrator-wire.ts';
import type { Problem } from '../domain/failure.ts';

type Strategy = LiveConfiguration['strategy'];
type Pairs = Readonly<Record<string, string>>;

/** As proto-loader gives and takes it with `longs: Number`, `enums: String`, `defaults: true`. */
export interface UpdateRequest {
  readonly serviceId: string;
  readonly configuration: Pairs;
  readonly strategy: Strategy;
  readonly rolloutPercentage: number;
  readonly generation: number;
  readonly leaseSeconds: number;
  readonly idempotencyKey: string;
  readonly revision: number;
  readonly experiment: ExperimentMessage | null;
}

export interface ExperimentMessage {
  readonly id: string;
  readonly salt: string;
  readonly exposedPct: number;
  readonly arms: readonly {
    readonly id: string;
    readonly weight: number;
    readonly configuration: Pairs;
  }[];
  readonly forced: Pairs;
  /** 0 in an update: its own generation says it. */
  readonly generation: number;
}

export interface VersionMessage {
  readonly configuration: Pairs;
  readonly generation: number;
  readonly hash: string;
}

export interface LiveMessage {
  readonly serviceId: string;
  readonly unit: string;
  readonly generation: number;
  readonly revision: number;
  readonly stable: VersionMessage | null;
  readonly candidate: VersionMessage | null;
  readonly weightPct: number;
  readonly strategy: string;
  readonly leaseExpiresAtMs: number;
  readonly lastChange: string;
  readonly lastChangeAtMs: number;
  readonly copyPct: number;
  readonly experiment: ExperimentMessage | null;
}

export interface RollbackMessage {
  readonly serviceId: string;
  readonly generation: number;
  readonly revision: number;
  readonly idempotencyKey: string;
  readonly reason: string;
}

export interface ProblemMessage {
  readonly field: string;
  readonly valueJson: string;
  readonly expected: string;
}

/** The REST body that says the same. Nothing is checked here: the REST schema does that. */
export const updateToWrite = (message: UpdateRequest): ConfigurationWrite => ({
  service_id: message.serviceId,
  configuration: message.configuration,
  deployment: {
    strategy: message.strategy,
    initial_percentage: message.rolloutPercentage,
    ...(message.experiment && { experiment: deploymentOf(message.experiment) }),
  },
  ...(message.leaseSeconds === 0 ? {} : { lease_seconds: message.leaseSeconds }),
  generation: message.generation,
  revision: message.revision,
  idempotency_key: message.idempotencyKey,
});

/** `generation` is told of what is live; an update has it itself. */
export const experimentToMessage = ({
  id,
  salt,
  exposed_pct,
  arms,
  forced = {},
  generation = 0,
}: ExperimentDeployment & Partial<Pick<LiveExperiment, 'generation'>>): ExperimentMessage => ({
  id,
  salt,
  exposedPct: exposed_pct,
  arms,
  forced,
  generation,
});

const deploymentOf = ({ id, salt, exposedPct, arms, forced }: ExperimentMessage): ExperimentDeployment => ({
  id,
  salt,
  exposed_pct: exposedPct,
  arms: [...arms],
  ...(Object.keys(forced).length > 0 && { forced }),
});

export const rollbackToWrite = (message: RollbackMessage): RollbackWrite => ({
  generation: message.generation,
  revision: message.revision,
  idempotency_key: message.idempotencyKey,
  ...(message.reason === '' ? {} : { reason: message.reason }),
});

export const liveToMessage = (live: LiveConfiguration): LiveMessage => ({
  serviceId: live.service_id,
  unit: live.unit,
  generation: live.generation,
  revision: live.revision,
  stable: live.stable,
  candidate: live.candidate,
  weightPct: live.weight_pct,
  strategy: live.strategy,
  leaseExpiresAtMs: live.lease_expires_at ?? 0,
  lastChange: live.last_change.kind,
  lastChangeAtMs: live.last_change.at,
  copyPct: live.copy_pct ?? 0,
  experiment: live.experiment ? experimentToMessage(live.experiment) : null,
});

/** Still to be read with `liveConfigurationSchema`: the sender may be anybody's gateway. */
export const messageToLive = (message: LiveMessage): unknown => ({
  service_id: message.serviceId,
  unit: message.unit,
  generation: message.generation,
  revision: message.revision,
  stable: message.stable,
  candidate: message.candidate,
  weight_pct: message.weightPct,
  ...(message.copyPct > 0 && { copy_pct: message.copyPct }),
  ...(message.experiment && {
    experiment: { ...deploymentOf(message.experiment), generation: message.experiment.generation },
  }),
  strategy: message.strategy,
  lease_expires_at: message.leaseExpiresAtMs === 0 ? null : message.leaseExpiresAtMs,
  last_change: { kind: message.lastChange, at: message.lastChangeAtMs },
});

export const problemToMessage = ({ field, value, expected }: Problem): ProblemMessage => ({
  field,
  valueJson: value === undefined ? '' : JSON.stringify(value),
  expected,
});

export const messageToProblem = ({ field, valueJson, expected }: ProblemMessage): Problem => {
  let value: unknown = valueJson;
  try {
    value = valueJson === '' ? undefined : JSON.parse(valueJson);
  } catch {
    // Somebody's gateway that does not send JSON: the text as it is.
  }
  return { field, value, expected };
};
