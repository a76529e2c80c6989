/**
 * The break-glass rollback: takes a candidate, or an experiment, away at the gateway alone, with neither Temporal nor the database, and reads back until it
 * is gone. It never changes the stable configuration.
 *
 * Which pair it writes: (generation + 1, 1000), the generation being the greatest that is known: the gateway's, or the change lease's
 * when the database answers.
 * - Why a new generation: the workflow that runs the rollout writes under the live one, and raises its revision also while its
 *   gateway is away, without a bound. No revision beyond the live one is surely beyond its next write; a generation is. Whatever the
 *   workflow does when it comes back, a look, a weight, a promotion, a compensation, it reads or is answered a greater generation,
 *   ends `superseded` and writes nothing.
 * - Why revision 1000: a rollout that has been admitted, and has written nothing yet, may hold that next generation already. Its
 *   first writes are 1, 2, 3; they are fenced out too. `restoreConfiguration` draws a generation beyond or goes beyond the revision.
 * - The next change draws max(database, gateway) + 1, so the jump costs nothing.
 *
 * What it cannot fence out: with the database away, a rollout admitted two or more generations ahead that has written nothing yet.
 * It is written also when no candidate is served: its lease may just have run out, and its workflow would apply it again.
 */
import { comparePairs } from '../../contract/index.ts';
import { Failure } from '../../domain/failure.ts';
import { servesStableAlone, whatIsTried } from '../../domain/live-change.ts';
import type { LiveConfiguration } from '../../domain/orchestrator-wire.ts';
import type { Fence, Orchestrator } from '../../ports/orchestrator.ts';

export interface DirectRequest {
  readonly serviceId: string;
  readonly by: string;
  readonly reason: string;
  /** Generation of the change lease, when the database told it. */
  readonly leaseGeneration: number | null;
  readonly timeoutMs: number;
}

export interface DirectResult {
  readonly before: LiveConfiguration;
  readonly after: LiveConfiguration;
  readonly fence: Fence;
  readonly tries: number;
}

interface Clock {
  readonly nowMs: () => number;
  readonly delay: (ms: number) => Promise<void>;
}

const REVISION = 1_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Tries until the read-back shows stable alone under our pair or a greater one. Throws the gateway's own failure when that is final, and
 * OrchestratorUnavailable with the last one when time runs out; until then nobody knows what is served.
 */
export async function directRollback(
  gateway: Orchestrator,
  request: DirectRequest,
  clock: Clock,
): Promise<DirectResult> {
  const { serviceId, by, reason } = request;
  const endMs = clock.nowMs() + request.timeoutMs;
  let before: LiveConfiguration | null = null;
  let fence: Fence | null = null;
  let last = 'nothing was answered';
  for (let tries = 1; ; tries += 1) {
    try {
      const live = await gateway.read(serviceId);
      before ??= live;
      if (fence && isGone(live, fence)) return { before, after: live, fence, tries };
      fence = beyond(live, request.leaseGeneration);
      const idempotencyKey = `direct/${serviceId}/${fence.generation}/${fence.revision}`;
      await gateway.removeCandidate({ serviceId, ...fence, idempotencyKey, reason: `${by}: ${reason}` });
      const after = await gateway.read(serviceId);
      if (isGone(after, fence)) return { before, after, fence, tries };
      last = `the gateway is at (${after.generation}, ${after.revision}) and serves ${whatIsTried(after) ?? 'no candidate'}`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.final && error.type !== 'StaleGeneration') throw error;
      last = error.message;
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
    if (clock.nowMs() + pauseMs > endMs) {
      throw new Failure(
        'OrchestratorUnavailable',
        `${serviceId}: NOT verified after ${tries} tries, look at the gateway itself and try again: ${last}`,
      );
    }
    await clock.delay(pauseMs);
  }
}

function beyond(live: LiveConfiguration, leaseGeneration: number | null): Fence {
  return { generation: Math.max(live.generation, leaseGeneration ?? 0) + 1, revision: REVISION };
}

function isGone(live: LiveConfiguration, fence: Fence): boolean {
  return servesStableAlone(live) && comparePairs(live, fence) >= 0;
}
