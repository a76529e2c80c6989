/**
 * Takes a candidate away whose lease has run out, in a product that knows no leases: what a gateway of the contract does by itself. Called
 * by the watchdog. Not by a worker: it must work when there is none.
 *
 * Which pair it writes: the pair that is live. A lease that runs out is nobody's write, so a workflow that returns finds its own
 * generation and `leaseExpired`, and applies its step again, as with a gateway that keeps leases. Nothing is written while the lease
 * lasts, and nothing over what somebody changed by hand but for our own candidate.
 */
import { configurationHash, settle, type ServiceState } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import type { Configuration } from '../../domain/orchestrator-wire.ts';
import { driftOf, isOurLateWrite, servesMarkedCandidate } from './drift.ts';
import type { Loaded, MarkedProduct } from './marked-product.ts';
import { servedAgain } from './taken-away.ts';

/** A write of ours that has not ended after this long has stopped half-way. */
const LEFT_BEHIND_MS = 30_000;

/** What there was to do. `leaseEndsAtMs` is null when no candidate of ours is served, or it has no lease. */
export type Expiry =
  | {
      readonly kind: 'idle' | 'watching';
      readonly leaseEndsAtMs: number | null;
      readonly stable: Configuration;
    }
  | { readonly kind: 'tookAway'; readonly leaseEndsAtMs: number; readonly mark: ServiceState };

/**
 * One look, and one write when a lease has run out; reads back. A second run is harmless.
 * @throws Failure as the orchestrator port says; OrchestratorUnavailable also when the candidate is still there after the write
 */
export async function expireLease(
  product: MarkedProduct,
  serviceId: string,
  clock: () => number,
): Promise<Expiry> {
  const found = await readService(product, serviceId);
  const end = leaseEndOf(found);
  const { stable } = found.served;
  if (end === null) return { kind: 'idle', leaseEndsAtMs: null, stable };
  if (clock() < end) return { kind: 'watching', leaseEndsAtMs: end, stable };
  return product.exclusive(serviceId, async () => {
    const before = await readService(product, serviceId);
    const { mark } = before;
    const leaseEndsAtMs = leaseEndOf(before);
    if (mark === null || leaseEndsAtMs === null || clock() < leaseEndsAtMs) {
      return { kind: 'watching', leaseEndsAtMs, stable: before.served.stable };
    }
    const after = withoutCandidate(mark, before, clock());
    await product.store(serviceId, before, after);
    const back = await readService(product, serviceId);
    if (back.served.candidate !== null) {
      throw new Failure(
        'OrchestratorUnavailable',
        `${serviceId}: the candidate whose lease ran out is still served at ${back.served.weightPct} % when read back`,
      );
    }
    return { kind: 'tookAway', leaseEndsAtMs, mark: after };
  });
}

async function readService(product: MarkedProduct, serviceId: string): Promise<Loaded> {
  const found = await product.load(serviceId);
  if (found) return found;
  throw new Failure('UnknownService', `the product serves no service ${serviceId}`);
}

/**
 * When there is something to take away: at the end of our candidate's lease, if it is served. A write of ours that stopped half-way and
 * that nobody came back to is completed: a removal (or promotion) some time after it was begun, a weight when its lease ends. A candidate
 * that was taken away and is served again, by a write that landed late, was over when it was taken away.
 */
function leaseEndOf(loaded: Loaded): number | null {
  const { mark, served, unfinished } = loaded;
  if (mark === null) return null;
  const stopped = unfinished !== undefined && driftOf(mark, served, unfinished) === null;
  if (mark.candidate === null && stopped) return mark.lastChange.atMs + LEFT_BEHIND_MS;
  if (mark.candidate !== null && (stopped || servesMarkedCandidate(mark, served))) {
    return mark.candidate.leaseExpiresAtMs;
  }
  return servedAgain(loaded)?.atMs ?? null;
}

/** The state when the lease has run out. A stable configuration that was changed by hand is kept as it was found. */
function withoutCandidate(mark: ServiceState, loaded: Loaded, nowMs: number): ServiceState {
  const { served, unfinished } = loaded;
  const settled = withoutLease(settle(mark, nowMs), nowMs);
  if (driftOf(mark, served, unfinished) === null || isOurLateWrite(mark, loaded)) return settled;
  const hash = configurationHash(served.stable);
  return { ...settled, stable: { configuration: served.stable, generation: mark.stable.generation, hash } };
}

/** One that came back has pushed the marked candidate out: that one's step is applied again by its workflow, as after a lease. */
const withoutLease = (state: ServiceState, nowMs: number): ServiceState =>
  state.candidate === null
    ? state
    : { ...state, candidate: null, lastChange: { kind: 'leaseExpired', atMs: nowMs } };
