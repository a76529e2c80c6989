/**
 * Which configuration a reader of the file serves to a unit. Sticky: a unit that is in the candidate at 5 % is in it at 25 %.
 *
 *     position = floor(first 8 bytes of SHA-256(service NUL salt NUL unit id), big-endian, / 2^11) / 2^53
 *     candidate when position < weight_pct / 100 and now < lease_expires_at, else stable
 *
 * The same rule as the reference gateway's, whose test vectors hold here too.
 */
import { createHash } from 'node:crypto';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import type { ConfigurationFile } from './configuration-file.ts';

/** @param nowMs milliseconds since the epoch: a lease that has run out ends the candidate by the reader's own clock */
export function chooseFromFile(file: ConfigurationFile, unitId: string, nowMs: number): Configuration {
  const { candidate, lease_expires_at: leaseEndMs } = file;
  if (candidate === null || (leaseEndMs !== null && nowMs >= leaseEndMs)) return file.stable;
  return positionOf(file, unitId) < file.weight_pct / 100 ? candidate : file.stable;
}

function positionOf({ service_id, salt }: ConfigurationFile, unitId: string): number {
  const digest = createHash('sha256').update([service_id, salt, unitId].join('\0')).digest();
  return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53;
}
