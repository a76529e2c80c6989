/**
 * One rollout that is played by a script, as a real workflow: the product's own writes to a real gateway, looks that find what the script says, and
 * messages sent as signals while an activity runs. It tells where the workflow did something else than the script foretold.
 */
import { activityInfo, Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { ActivityPorts, Admission, ControlActivities } from '../../../activities/index.ts';
import { startEvidence } from '../../../src/analysis/index.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type { LeaseHolder } from '../../../src/ports/stores.ts';
import type { RolloutPlan, RolloutState } from '../../../src/state/rollout/index.ts';
import {
  lookOf,
  REFUSED,
  SOMEBODY_ELSES,
  tooLateMs,
  type Bodies,
  type Ending,
  type Point,
  type Script,
  type Scripted,
  type Sent,
} from './script.ts';

type Write = Parameters<ControlActivities['promoteCandidate']>[0];
type Looking = Write & { readonly state: RolloutState };

export class Stage {
  readonly plan: RolloutPlan;
  readonly script: Script;
  readonly problems: string[] = [];
  /** The state that the workflow ended with, as its last activity was told. */
  finished: RolloutState | null = null;
  readonly #bodies: Bodies;
  readonly #ports: ActivityPorts;
  readonly #client: Client;
  #at = 0;
  #admitted = false;

  constructor(plan: RolloutPlan, bodies: Bodies, script: Script, ports: ActivityPorts, client: Client) {
    this.plan = plan;
    this.#bodies = bodies;
    this.script = script;
    this.#ports = ports;
    this.#client = client;
  }

  /** The run that follows a replacement is not part of the sequence. */
  async admit(holder: LeaseHolder): Promise<Admission> {
    if (this.#admitted) throw new Failure('PolicyDenied', 'the sequence is over');
    this.#admitted = true;
    const { serviceId, generation } = this.plan;
    const request = { serviceId, holder, gatewayGeneration: generation - 1, nowMs: Date.now() };
    const lease = await this.#ports.leases.acquire(request);
    if (lease.kind !== 'acquired' || lease.generation !== generation) {
      this.problems.push(`the lease is ${JSON.stringify(lease)} in place of generation ${generation}`);
    }
    const { candidateHash: hash } = this.plan;
    await this.#ports.configurations.record(
      { serviceId, generation, body: this.#bodies.candidate, hash, status: 'trying', source: 'sequence' },
      Date.now(),
    );
    return { plan: this.plan, evidence: startEvidence(this.plan.guardrails, this.plan.steps) };
  }

  /** Runs a write of the product as the script says. A second try of the same activity only does it again. */
  async writes<T>(activity: Scripted, run: () => Promise<T>): Promise<T> {
    if (Context.current().info.attempt > 1) return run();
    const ending = await this.#enter(activity);
    if (ending.kind === 'refused') throw new Failure('OrchestratorRejected', REFUSED);
    const done = await run();
    if (ending.kind === 'answerLost') throw new Failure('OrchestratorUnavailable', 'the answer got lost');
    return done;
  }

  async look(request: Looking) {
    const ending = await this.#enter('look');
    if (ending.kind === 'lookFailed') throw new Failure('InvalidInput', REFUSED);
    const gateway = this.#ports.orchestratorFor(this.plan.target);
    const live = await gateway.read(this.plan.serviceId);
    if (live.generation !== this.plan.generation) throw new Failure('StaleGeneration', REFUSED);
    if (ending.kind !== 'looked' || ending.move.live === 'ours') {
      const candidate = live.candidate ?? live.stable;
      await gateway.setCandidate({
        ...request,
        configuration: candidate.configuration,
        weightPct: request.state.weightPct,
        leaseMs: this.plan.leaseMs,
      });
    }
    const atMs = ending.kind === 'tooLate' ? tooLateMs(this.plan) : Date.now();
    return lookOf(request.state, ending, atMs);
  }

  /** The next point, when it is one at which nothing goes on without a message. */
  get waiting(): Extract<Point, { readonly kind: 'wait' }> | null {
    const point = this.script.points[this.#at];
    return point?.kind === 'wait' ? point : null;
  }

  get isOver(): boolean {
    return this.#at >= this.script.points.length;
  }

  async wake(message: Sent): Promise<void> {
    this.#at += 1;
    await this.#send(message);
  }

  async #enter(activity: Scripted): Promise<Ending> {
    const point = this.script.points[this.#at];
    this.#at += 1;
    if (point?.kind !== 'activity' || point.activity !== activity) {
      const foretold = point?.kind === 'activity' ? point.activity : (point?.kind ?? 'the end');
      this.problems.push(
        `point ${this.#at}: ${activity} in place of ${foretold} (${activityInfo().activityId})`,
      );
      return { kind: 'done' };
    }
    if (point.ending.kind === 'overtaken') await this.#overtake();
    for (const message of point.messages) await this.#send(message);
    return point.ending;
  }

  async #send({ name, payload }: Sent): Promise<void> {
    await this.#client.workflow.getHandle(`rollout/${this.plan.serviceId}`).signal(name, payload);
  }

  async #overtake(): Promise<void> {
    const { serviceId, target } = this.plan;
    const gateway = this.#ports.orchestratorFor(target);
    const { generation } = await gateway.read(serviceId);
    await gateway.setStable({
      serviceId,
      generation: generation + 1,
      revision: 1,
      idempotencyKey: `somebody/${generation}`,
      configuration: SOMEBODY_ELSES,
    });
  }
}
