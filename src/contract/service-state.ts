/**
 * What the gateway keeps of one service, and the schema its file is read back with. Decides nothing: `reducer.ts` says
 * how a write changes it, `live.ts` what is served at a given moment.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  configurationSchema,
  deploymentSchema,
  experimentDeploymentSchema,
  liveConfigurationSchema,
  unitSchema,
} from '../domain/orchestrator-wire.ts';
import type { Configuration, ExperimentDeployment } from '../domain/orchestrator-wire.ts';

const counter = z.int().min(0);
const timeMs = z.number().min(0);
const versionSchema = z.strictObject({
  configuration: configurationSchema,
  generation: counter,
  hash: z.string(),
});

const progressionSchema = z.strictObject({
  stepsPct: z.array(z.number()).min(1),
  intervalMs: z.number().positive(),
  startedAtMs: timeMs,
});

const candidateSchema = z.strictObject({
  version: versionSchema,
  strategy: deploymentSchema.shape.strategy,
  initialPct: z.number().min(0).max(100),
  /** Null: serve until told otherwise. */
  leaseExpiresAtMs: timeMs.nullable(),
  progression: progressionSchema.nullable(),
  /** 0..1; null: the gateway does not judge errors by itself. */
  maxErrorRate: z.number().min(0).max(1).nullable(),
});

/** Under the generation that wrote it. It has a lease always. */
const experimentSchema = experimentDeploymentSchema.extend({
  generation: counter,
  leaseExpiresAtMs: timeMs,
});

/** One service. After `DELETE` it stays as a tombstone (`deleted`), so that its pair is never forgotten. */
export const serviceStateSchema = z.strictObject({
  serviceId: z.string().min(1),
  unit: unitSchema,
  /** Mixed into the assignment hash; fixed for the life of the service, so a unit keeps its bucket while weights ramp. */
  salt: z.string().min(1),
  generation: counter,
  revision: counter,
  /** Content hash of the write that set the pair: the same write again is no change. */
  writeHash: z.string(),
  strategy: deploymentSchema.shape.strategy,
  stable: versionSchema,
  candidate: candidateSchema.nullable(),
  /** Left out while there is none, as in the files of before there were experiments: their checksums still hold. */
  experiment: experimentSchema.optional(),
  lastChange: z.strictObject({ kind: liveConfigurationSchema.shape.last_change.shape.kind, atMs: timeMs }),
  deleted: z.boolean(),
});

export type ServiceState = Readonly<z.output<typeof serviceStateSchema>>;
export type Version = Readonly<z.output<typeof versionSchema>>;
export type CandidateState = Readonly<z.output<typeof candidateSchema>>;
export type ExperimentState = Readonly<z.output<typeof experimentSchema>>;
export type Progression = Readonly<z.output<typeof progressionSchema>>;

/** SHA-256 (hex) of the configuration with its keys sorted: equal content, equal hash, whatever the order of keys. */
export function configurationHash(configuration: Configuration): string {
  const sorted = Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** SHA-256 (hex) of an experiment's content, whatever the order of keys. The order of arms is content: it decides who gets which. */
export function experimentHash({ id, salt, exposed_pct, arms, forced = {} }: ExperimentDeployment): string {
  const content = [
    id,
    salt,
    exposed_pct,
    arms.map((arm) => [arm.id, arm.weight, configurationHash(arm.configuration)]),
    configurationHash(forced),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** The same state with no experiment in it. */
export function withoutExperiment(state: ServiceState): ServiceState {
  const { experiment, ...rest } = state;
  return experiment === undefined ? state : rest;
}

/** Whether units are served something else than the stable configuration, or copied to it. Pass a settled state. */
export function servesChange(state: ServiceState): boolean {
  return state.candidate !== null || state.experiment !== undefined;
}
