/**
 * Which arm a unit belongs to. Pure and stable: the same service, salt and unit always land in the same place of [0, 1),
 * so a unit that is in the candidate at 5 % is still in it at 25 %, and other gateways can compute the same arm.
 *
 *     position = floor(first 8 bytes of SHA-256(service NUL salt NUL unit id), big-endian, / 2^11) / 2^53
 *     candidate when position < weight, else stable
 *
 * Test vectors (salt `salt`), which `test/unit/gateway/assignment.test.ts` holds:
 *
 *     support-bot, request-1   0.7439782976800164
 *     support-bot, request-2   0.2917497212400978
 *     code-help,   request-1   0.5863339817475313
 */
import { createHash } from 'node:crypto';
import type { Unit } from '../domain/orchestrator-wire.ts';
import type { Arm } from '../domain/window.ts';

const MAX_ID_LENGTH = 200;

/** A position in [0, 1), uniform over texts: the top 53 bits of the SHA-256 of the parts, joined by NUL. */
export function unitInterval(...parts: readonly string[]): number {
  const digest = createHash('sha256').update(parts.join('\0')).digest();
  return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53;
}

/** The arm of a unit when the candidate serves `candidateWeight` (0..1) of all units. */
export function assignArm(
  service: { readonly serviceId: string; readonly salt: string },
  unitId: string,
  candidateWeight: number,
): Arm {
  return unitInterval(service.serviceId, service.salt, unitId) < candidateWeight ? 'candidate' : 'stable';
}

/**
 * Whether a request is one of the share `copied` (0..1) that a shadow's candidate gets a copy of. Drawn anew for every request,
 * whatever its unit, and apart from the assignment: the copied ones are a fair sample of the traffic.
 */
export function isCopied(
  service: { readonly serviceId: string; readonly salt: string },
  requestId: string,
  copied: number,
): boolean {
  return copied > 0 && unitInterval(service.serviceId, service.salt, 'shadow', requestId) < copied;
}

/** The id of the unit that a request belongs to; null when the request does not name one (or one of over 200 characters). */
export function unitIdOf(
  unit: Unit,
  request: {
    readonly requestId: string;
    readonly sessionId: string | undefined;
    readonly user: string | undefined;
  },
): string | null {
  const ids = { request: request.requestId, session: request.sessionId, user: request.user };
  const id = ids[unit];
  return id === undefined || id === '' || id.length > MAX_ID_LENGTH ? null : id;
}
