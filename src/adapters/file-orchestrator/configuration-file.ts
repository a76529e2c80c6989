/**
 * One JSON file per service, for daemons and edge deployments that read their configuration from disk. Written so that a reader
 * sees the old file or the new one, never half of one: temporary file, fsync, rename, fsync of the folder.
 *
 * What a reader has to do: serve `stable`; serve `candidate` to `weight_pct` of the units, or the arms of `experiment` to the units that
 * they get (`choose.ts` says which), while the time is before `lease_expires_at`; read the file again when it changes. A reader that knows
 * no experiments serves `stable` during one. The rest is for the optimizer.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { liveExperiment, serviceStateSchema, type ServiceState } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import {
  configurationSchema,
  experimentDeploymentSchema,
  unitSchema,
} from '../../domain/orchestrator-wire.ts';
import { replaceFile } from '../../gateway/durable-file.ts';

/** The part for readers, and the optimizer's own mark. `lease_expires_at` is in milliseconds since the epoch. */
export const configurationFileSchema = z.object({
  format: z.literal(1),
  service_id: z.string().min(1),
  unit: unitSchema,
  salt: z.string(),
  stable: configurationSchema,
  candidate: configurationSchema.nullable(),
  weight_pct: z.number().min(0).max(100),
  lease_expires_at: z.number().nullable(),
  /** The arms of an experiment and the generation that they are told under; none beside a candidate. Left out while there is none. */
  experiment: experimentDeploymentSchema.extend({ generation: z.int().min(0) }).optional(),
  /** Under which each was written: what a reader behind a gateway chooses by. Left out by older writers. */
  stable_generation: z.int().min(0).optional(),
  candidate_generation: z.int().min(0).nullable().optional(),
  optimizer: serviceStateSchema.optional(),
});
export type ConfigurationFile = z.output<typeof configurationFileSchema>;

/** Configurations hold prompts; the readers belong to the owner's group. */
const OWNER_AND_GROUP = 0o640;

export const pathOf = (folder: string, serviceId: string): string => join(folder, `${serviceId}.json`);

/** The file and its text; null when there is none. @throws Failure OrchestratorRejected naming the file that cannot be read as one */
export async function readConfigurationFile(
  folder: string,
  serviceId: string,
): Promise<{ readonly file: ConfigurationFile; readonly text: string } | null> {
  const path = pathOf(folder, serviceId);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Failure(
      'OrchestratorUnavailable',
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  if (text === null) return null;
  const parsed = configurationFileSchema.safeParse(parsedJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the file';
    throw new Failure('OrchestratorRejected', `${path}: ${where}: ${issue?.message ?? 'cannot be read'}`);
  }
  if (parsed.data.service_id !== serviceId) {
    throw new Failure('OrchestratorRejected', `${path}: is the configuration of ${parsed.data.service_id}`);
  }
  return { file: parsed.data, text };
}

/** What the file says for this state. */
export const fileOf = (state: ServiceState): ConfigurationFile => ({
  format: 1,
  service_id: state.serviceId,
  unit: state.unit,
  salt: state.salt,
  stable: state.stable.configuration,
  candidate: state.candidate?.version.configuration ?? null,
  weight_pct: state.candidate?.initialPct ?? 0,
  lease_expires_at: (state.candidate ?? state.experiment)?.leaseExpiresAtMs ?? null,
  ...(state.experiment && { experiment: liveExperiment(state.experiment) }),
  stable_generation: state.stable.generation,
  candidate_generation: state.candidate?.version.generation ?? null,
  optimizer: state,
});

/** Returns once the file is on disk. Calls for one service must not overlap. */
export async function writeConfigurationFile(folder: string, file: ConfigurationFile): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(pathOf(folder, file.service_id), `${JSON.stringify(file, null, 2)}\n`, OWNER_AND_GROUP);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
