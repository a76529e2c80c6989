/**
 * Which configuration a reader of the file serves to a unit. Sticky: a unit that is in the candidate at 5 % is in it at 25 %.
 *
 *     position = floor(first 8 bytes of SHA-256(service NUL salt NUL unit id), big-endian, / 2^11) / 2^53
 *     candidate when position < weight_pct / 100 and now < lease_expires_at, else stable
 *
 * The rule is the contract's (`src/contract/assignment.ts`, with test vectors), for readers in any language.
 */
import { assignArm } from '../../contract/index.ts';
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
  const { candidate, candidate_generation: held, lease_expires_at: leaseEndMs } = file;
  const isLeased = leaseEndMs === null || nowMs < leaseEndMs;
  return candidate !== null && held === generation && isLeased ? candidate : file.stable;
}

/** @param nowMs milliseconds since the epoch: a lease that has run out ends the candidate by the reader's own clock */
export function chooseFromFile(file: ConfigurationFile, unitId: string, nowMs: number): Configuration {
  const { candidate, lease_expires_at: leaseEndMs, service_id: serviceId, salt } = file;
  if (candidate === null || (leaseEndMs !== null && nowMs >= leaseEndMs)) return file.stable;
  const arm = assignArm({ serviceId, salt }, unitId, file.weight_pct / 100);
  return arm === 'candidate' ? candidate : file.stable;
}
