/** A rollout as its workflow drives it, without the workflow: the same reducer and the same writes, one step at a time. */
import type { GatewayWrite } from '../../../activities/index.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import {
  reduceRollout,
  startRollout,
  type Look,
  type RolloutEvent,
  type RolloutState,
} from '../../../src/state/rollout/index.ts';
import { BEGIN_MS, CANDIDATE, SERVICE, type World } from './world.ts';

export const holderOf = (workflowId: string, runId = 'run-1'): LeaseHolder => ({
  workflowId,
  firstRunId: runId,
  runId,
});

export const ROLLOUT = holderOf(`rollout/${SERVICE}`);

export const BASELINE_LABELS = 1_500;

/** How long the baseline's traffic lasts. */
export const BASELINE_MS = 60_000;

/** A minute of traffic on the incumbent: enough labels for a baseline and for a finish within the hour. */
export async function withBaseline(world: World): Promise<void> {
  world.nowMs = BEGIN_MS + BASELINE_MS;
  await world.feed({ count: BASELINE_LABELS, fromMs: BEGIN_MS, toMs: world.nowMs });
}

export const admitRequest = (input: Record<string, unknown> = {}, holder: LeaseHolder = ROLLOUT) => ({
  input: { serviceId: SERVICE, change: { model: CANDIDATE }, by: 'ann', ...input },
  holder,
  parentWorkflowId: null,
});

export class Driver {
  readonly world: World;
  readonly holder: LeaseHolder;
  state: RolloutState;

  private constructor(world: World, holder: LeaseHolder, state: RolloutState) {
    this.world = world;
    this.holder = holder;
    this.state = state;
  }

  /** Feeds the baseline and is admitted. */
  static async admitted(
    world: World,
    input: Record<string, unknown> = {},
    holder: LeaseHolder = ROLLOUT,
  ): Promise<Driver> {
    await withBaseline(world);
    const admission = await world.activities.admitRollout(admitRequest(input, holder));
    return new Driver(world, holder, startRollout(admission.plan, admission.evidence, admission.shadow));
  }

  get generation(): number {
    return this.state.plan.generation;
  }

  happened(event: RolloutEvent): void {
    this.state = reduceRollout(this.state, event);
  }

  /** What the next write carries: the revision is raised first. */
  nextWrite(): GatewayWrite {
    this.happened({ kind: 'writeStarted', atMs: this.world.nowMs });
    const { plan, revision, leftNothing } = this.state;
    return {
      serviceId: plan.serviceId,
      target: plan.target,
      generation: plan.generation,
      revision,
      idempotencyKey: `${this.holder.workflowId}/${plan.generation}/${revision}`,
      stableHash: plan.stableHash,
      ...(plan.parts && { parts: plan.parts }),
      stableGeneration: plan.stableGeneration,
      candidateHash: plan.candidateHash,
      ...(plan.strategy === 'blueGreen' && { deployedAs: 'BLUE_GREEN' as const }),
      ...(plan.backup && { backupHash: plan.backup.hash }),
      ...(leftNothing === true && { leftNothing }),
    };
  }

  async setWeight(weightPct: number): Promise<void> {
    const { plan, weightPct: servedPct } = this.state;
    const { leaseMs } = plan;
    const set = await this.world.activities.setWeight({ ...this.nextWrite(), weightPct, leaseMs, servedPct });
    this.happened({
      kind: 'weightSet',
      atMs: set.atMs,
      weightPct,
      leaseExpiresAtMs: set.leaseExpiresAtMs,
    });
  }

  /** The first revision of two that a compensation reserves. */
  takeBackWrite(): GatewayWrite & { readonly reason: string } {
    const write = this.nextWrite();
    this.nextWrite();
    return { ...write, reason: 'complaints' };
  }

  lookRequest() {
    return { ...this.nextWrite(), state: this.state, holder: this.holder };
  }

  async look(): Promise<Look> {
    const found = await this.world.activities.look(this.lookRequest());
    this.happened({ kind: 'looked', look: found });
    return found;
  }

  /** Traffic of both arms for `ms` from now, `perSecond` requests in all; the clock ends where it is mature. */
  async traffic(
    ms: number,
    perSecond: number,
    candidate: { readonly quality?: number; readonly errors?: number; readonly latencyMs?: number } = {},
  ): Promise<void> {
    const { world, state } = this;
    const range = { fromMs: world.nowMs, toMs: world.nowMs + ms };
    const total = (perSecond * ms) / 1_000;
    const ofCandidate = Math.round((total * state.weightPct) / 100);
    await world.feed(...(ofCandidate < total ? [{ ...range, count: total - ofCandidate }] : []), {
      ...range,
      ...candidate,
      arm: 'candidate',
      generation: this.generation,
      count: ofCandidate,
      costUsd: 0.001,
    });
    world.nowMs = range.toMs + state.plan.matureAfterMs;
  }
}
