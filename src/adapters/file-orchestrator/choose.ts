/**
 * Which configuration a reader of the file serves to a unit. Sticky: a unit that is in the candidate at 5 % is in it at 25 %.
 *
 *     position = floor(first 8 bytes of SHA-256(service NUL salt NUL unit id), big-endian, / 2^11) / 2^53
 *     candidate when position < weight_pct / 100 and now < lease_expires_at, else stable
 *
 * The rules are the contract's (`src/contract/assignment.ts`, for an experiment `experiment-assignment.ts`, each with test vectors), for
 * readers in any language.
 */
import { assignArm, assignExperiment } from '../../contract/index.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { ConfigurationFile } from './configuration-file.ts';

/**
 * For a target behind a gateway that has chosen already (`x-optimizer-generation`): the candidate when it is of this generation and its
 * lease lasts, else stable. It never draws.
 * @param nowMs milliseconds since the epoch
 */
export function chooseByGeneration(
  file: ConfigurationFile,
  generation: number,
  nowMs: number,
): Configuration {
  const { candidate, candidate_generation: held } = file;
  return candidate !== null && held === generation && isLeased(file, nowMs) ? candidate : file.stable;
}

/** @param nowMs milliseconds since the epoch: a lease that has run out ends candidate and experiment by the reader's own clock */
export function chooseFromFile(file: ConfigurationFile, unitId: string, nowMs: number): Configuration {
  const { candidate, experiment, service_id: serviceId, salt, stable } = file;
  if (!isLeased(file, nowMs)) return stable;
  if (experiment !== undefined) {
    const assigned = assignExperiment(experiment, serviceId, unitId);
    if (assigned.kind === 'outside') return stable;
    return experiment.arms.find(({ id }) => id === assigned.armId)?.configuration ?? stable;
  }
  if (candidate === null) return stable;
  const arm = assignArm({ serviceId, salt }, unitId, file.weight_pct / 100);
  return arm === 'candidate' ? candidate : stable;
}

function isLeased({ lease_expires_at: leaseEndMs }: ConfigurationFile, nowMs: number): boolean {
  return leaseEndMs === null || nowMs < leaseEndMs;
}
